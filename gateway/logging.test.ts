import { afterAll, beforeEach, expect, test } from "bun:test";
import { getLogger, resetSync } from "@logtape/logtape";
import { newApiKey, newSecret } from "../core/vault/secrets.ts";
import { configureLogging } from "./logging.ts";

let output = "";
const write = (line: string) => {
  output += line;
};
const log = getLogger(["metrika-gateway", "test"]);
const jsonLines = () =>
  output
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

beforeEach(() => {
  output = "";
});
afterAll(() => resetSync());

const secret = newSecret();
const { key } = newApiKey();
const planted = {
  yandex: "y0_AgAAAABpQkVZAAo1DQAAAADrJOF9YTQzNmE5OTg5NDQwMjk5OWE1YzRkYmNiNTZkMmYxMg",
  secret,
  key,
  jwt: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJl",
  email: "planted.person@example.com",
  phone: "+7 916 123-45-67",
};

function plantEverywhere(): void {
  for (const value of Object.values(planted)) {
    log.info(`In the text: ${value}`);
    log.info("In a blank: {value}", { value });
    log.info("In a nested fact", { answer: { body: [`said ${value}`] } });
    log.info("In a map", { headers: new Map([["x", value]]), set: new Set([value]) });
    log.info("As a key", { [value]: 1 });
    log.info`In a tagged template: ${value}`;
    const cause = new Error(`deep ${value}`);
    log.error("In an error: {error}", {
      error: Object.assign(new Error(`refused ${value}`, { cause }), { code: value }),
    });
  }
  const short = "planted-short";
  log.info("By field {token} {webhookSecret}", { token: short, webhookSecret: short, "x-webhook-secret": short });
  log.info("Headers {headers}", { headers: { Authorization: short, cookie: short }, password: short, e_mail: short });
  log.info("Map", { headers: new Map([["authorization", short]]) });
  log.info("Body {body}", { body: `{"token":"${short}"}` });
  log.info("Phone", { customerPhone: 79161234567, plantedNumber: "89161234567" });
}

for (const format of ["json", "pretty"] as const) {
  test(`no planted secret or personal value reaches the ${format} log`, () => {
    configureLogging({ level: "trace", format, write });
    plantEverywhere();
    expect(output).toContain("In an error");
    const hidden = [
      planted.yandex.slice(5),
      secret.slice(5),
      key.slice(13),
      "eyJzdWIi",
      "planted.person",
      "123-45",
      "1234567",
      "planted-short",
    ];
    for (const part of hidden) expect(output).not.toContain(part);
  });
}

test("a JSON line carries time, level, category, message and facts", () => {
  configureLogging({ level: "info", format: "json", write });
  log.info("Upload {uploadId} sent as {metrikaUploadId}", { uploadId: "u-1", metrikaUploadId: 79161234567, rows: 3n });
  log.debug("not logged");
  expect(jsonLines()).toEqual([
    {
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      level: "info",
      category: "metrika-gateway.test",
      message: expect.stringContaining("Upload u-1 sent as"),
      properties: { uploadId: "u-1", metrikaUploadId: 79161234567, rows: "3" },
    },
  ]);
});

test("an error is logged with its code, stack and causes", () => {
  configureLogging({ level: "info", format: "json", write });
  const error = Object.assign(new Error("disk full", { cause: new Error("ENOSPC") }), { code: "SQLITE_FULL" });
  log.error("Storing failed: {error}", { error });
  expect(jsonLines()[0]).toMatchObject({
    message: "Storing failed: Error: disk full",
    properties: { error: { code: "SQLITE_FULL", stack: expect.any(String), cause: { message: "ENOSPC" } } },
  });
});

test("a value cannot forge a line or move the terminal's cursor", () => {
  for (const format of ["json", "pretty"] as const) {
    output = "";
    configureLogging({ level: "info", format, write });
    log.info("Name {name}", { name: 'x\n{"level":"fatal"}\r\u001b[2J\u001b[31mred' });
    expect(output.trimEnd().split("\n")).toHaveLength(1);
    expect(output).not.toContain("\u001b[2J");
    expect(output).not.toContain("\r");
  }
});

test("a circular or very deep fact is cut, not a crash", () => {
  configureLogging({ level: "info", format: "json", write });
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  log.info("Circle", { circle });
  expect(output).toContain("Circle");
});

test("the same error is logged once a second, with the number left out, and different ones all", () => {
  let now = 1_000_000;
  configureLogging({ level: "info", format: "json", write, clock: () => now });
  const error = new Error("disk full");
  for (let i = 0; i < 50; i++) log.error("Request {requestId} failed: {error}", { requestId: `r-${i}`, error });
  for (let i = 0; i < 5; i++) log.warn("Upload {uploadId} failed", { uploadId: `u-${i}` });
  for (let i = 0; i < 5; i++) log.info("Started");
  const messages = jsonLines().map(({ message }) => message);
  expect(messages.filter((message) => message.includes("disk full"))).toHaveLength(1);
  expect(messages.filter((message) => message.startsWith("Upload"))).toHaveLength(5);
  expect(messages.filter((message) => message === "Started")).toHaveLength(5);
  now += 1000;
  log.error("Request {requestId} failed: {error}", { requestId: "r-50", error });
  expect(output).toContain("left out 49 times");
  expect(output).toContain("r-50");
});
