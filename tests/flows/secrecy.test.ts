import { afterEach, expect, test } from "bun:test";
import { readdir, readFile, stat } from "node:fs/promises";
import { resetSync } from "@logtape/logtape";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { configureLogging } from "../../gateway/logging.ts";
import { serveGateway } from "../../gateway/serve.ts";
import { databaseFile, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";

afterEach(() => resetSync());

const planted = {
  token: "y0_AgAAAAplantedTOKENplantedTOKENplanted",
  email: "planted.person@example.com",
  // Its first part alone: however the rest is masked or encoded, this must not appear.
  emailName: "planted.person",
  phone: "+7 916 765-43-21",
  phoneDigits: "79167654321",
} as const;

/** Every file of the data folder, read as it lies on the disk. */
async function filesOf({ config }: TestGateway): Promise<string> {
  const names = await readdir(config.dataFolder, { recursive: true });
  const paths = names.map((name) => `${config.dataFolder}/${name}`);
  const files = await Promise.all(
    paths.map(async (path) => ((await stat(path)).isFile() ? readFile(path, "latin1") : "")),
  );
  return files.join("\n");
}

function log(): string[] {
  const lines: string[] = [];
  configureLogging({ level: "trace", format: "json", write: (line) => void lines.push(line) });
  return lines;
}

test("tokens, secrets, API keys, e-mails and phones are in clear in no file, log line or document, wherever they were put", async () => {
  const lines = log();
  const gateway = await startTestGateway();
  const { createWebhook, manage, post, request, work, settle, simulator, config } = gateway;
  simulator.addToken(planted.token, { login: demo.login });
  const webhook = await createWebhook({ token: planted.token });
  const quiet = await createWebhook();
  const rotated = (await manage("POST", `/v1/webhooks/${webhook.id}/rotate-secret`)).body.secret;
  const key = (await manage("POST", "/v1/api-keys", { name: "planted" })).body.key;
  const values = [planted.token, planted.email, planted.phone, planted.phoneDigits, webhook.secret, rotated, key];

  for (const value of values) {
    // Digits alone in a path are taken for an id, which a log must show; a phone that is written as one is not.
    const encoded = value === planted.phoneDigits ? "id" : encodeURIComponent(value);
    // In each field of a row, as the name of a field, beside the rows, and as the whole body.
    const misplaced = ["client_id", "yclid", "date_time", "price", "currency", "user_id"].map((field) =>
      sale(0, { target: 7.5, [field]: value }),
    );
    await post(webhook, [...misplaced, value, [value], { [value]: value }, sale(0, { target: ` ${value}` })]);
    await post(webhook, [sale(0, { [value]: value, comment: value, nested: { value } })]);
    await post(webhook, [], { body: `{"conversions":[{"user_id":"${value}"` });
    await post(webhook, [], { body: JSON.stringify({ [value]: value }) });
    await post(webhook, [], { body: value, headers: { "content-type": "text/plain" } });
    // In headers, paths and queries.
    await post(webhook, [sale(1)], { key: value.replaceAll(" ", "") });
    await post(webhook, [sale(1)], { mode: encoded });
    await post({ ...webhook, secret: value }, [sale(1)], { headers: { "x-request-id": value, cookie: value } });
    await post(webhook, [sale(1)], {
      headers: { authorization: `Bearer ${value}`, "user-agent": value, referer: value },
    });
    await request("GET", `/webhook/offline-conversions/${encoded}/status?batch_id=${encoded}&secret=${encoded}`);
    await request("GET", `${webhook.path}/status?batch_id=${encoded}`, {
      headers: { "x-webhook-secret": webhook.secret },
    });
    await request("GET", `/v1/webhooks/${encoded}`, { headers: { authorization: `Bearer ${key}` } });
    await request("GET", `/v1/uploads/${encoded}?cursor=${encoded}`, { headers: { authorization: `OAuth ${value}` } });
    // In management bodies, well and badly placed.
    await manage("PATCH", `/v1/webhooks/${webhook.id}`, { time_zone: value, [value]: 1, token: `${value} x` });
    await manage("POST", "/v1/api-keys", { name: "x", scopes: [value] });
    // Of acts that the audit keeps.
    const headers = { "user-agent": `agent ${value}`, "x-request-id": value.replaceAll(" ", "") };
    await manage("POST", `/v1/webhooks/${quiet.id}/cancel`, { dry_run: false }, headers);
    await manage("GET", `/v1/audit-events/export?text=${encoded}`, undefined, headers);
  }
  // Metrika refuses, quoting the token and a cell of the file.
  const message = `Bad token ${planted.token}`;
  simulator.faults.add({
    match: { operation: "upload" },
    fault: { kind: "status", status: 403, message, errorType: "invalid_token" },
  });
  await work();
  await settle();
  expect(simulator.ledger.total).toBeGreaterThan(0);

  const listening = await serveGateway(gateway.gateway, { ...config, port: 0, host: "127.0.0.1" });
  const audit = (await manage("GET", "/v1/audit-events/export?format=ndjson")).text;
  expect(audit).toContain("webhook.queue_cancelled");
  const documents = [(await request("GET", "/openapi.json")).text, (await request("GET", "/docs")).text, audit].join();
  const files = await filesOf(gateway);
  expect(files).toContain("operatorToken");
  expect((await stat(`${config.dataFolder}/running.json`)).mode & 0o077).toBe(0);
  await listening.stop();
  const everything = { files, documents, log: lines.join("") };
  expect(everything.log.length).toBeGreaterThan(1000);
  for (const value of [...values, planted.emailName, "765-43-21"]) {
    const found = Object.entries(everything).flatMap(([place, text]) =>
      text.includes(value) ? [`${value} in ${place}`] : [],
    );
    expect(found).toEqual([]);
  }
});

test("what an accepted conversion says is kept as it came, since it has to be sent: nothing else of the request is", async () => {
  const gateway = await startTestGateway({ store: "sqlite" });
  const webhook = await gateway.createWebhook({ allow_personal_user_id: true });
  const row = { user_id: planted.email, target: "purchase", date_time: 1795428000, note: "a-note-of-the-sender" };
  expect((await gateway.post(webhook, [row])).body).toMatchObject({ accepted_count: 1 });
  const files = await filesOf(gateway);
  expect(files).toContain(planted.email);
  expect(files).not.toContain("a-note-of-the-sender");
});

test("the content of a refused row is sealed, told to its sender, and forgotten after 30 days", async () => {
  const gateway = await startTestGateway();
  const { createWebhook, post, rows, advance, clock } = gateway;
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0, { price: "twelve-hundred" })], { language: "en" });
  expect(await filesOf(gateway)).not.toContain("twelve-hundred");
  expect((await rows(body.batch_id))[0]?.message).toContain("“twelve-hundred”");
  advance(30 * 86_400_000);
  await gateway.gateway.store.maintenance.purgeExpired(clock.now());
  const [row] = await rows(body.batch_id);
  expect(row).toMatchObject({ kind: "rejected", rejection: { code: "price_format", field: "price" } });
  expect(row?.message).not.toContain("twelve-hundred");
  expect(row?.message).not.toMatch(/\{\w+\}/);
});

test("the database, the master key and files on their way can be read by their owner only", async () => {
  const { config } = await startTestGateway({ store: "sqlite" });
  for (const path of [
    databaseFile(config),
    `${databaseFile(config)}-wal`,
    config.masterKeyFile,
    `${config.dataFolder}/uploads`,
  ]) {
    expect((await stat(path)).mode & 0o077).toBe(0);
  }
});
