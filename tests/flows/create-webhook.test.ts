import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { codesOf, startTestGateway } from "../setup/gateway.ts";

const PATH = "/webhook/offline-conversions";
const wanted = { name: "CRM System", counter_id: demo.counterId, token: demo.token };

test("a webhook is created as specified, its address built from PUBLIC_URL", async () => {
  const { manage } = await startTestGateway({ env: { PUBLIC_URL: "https://api.example.com/" } });
  const { status, body } = await manage("POST", PATH, { ...wanted, description: "Webhook for CRM system" });
  expect(status).toBe(201);
  expect(Object.keys(body).sort()).toEqual(["secret", "url", "warnings", "webhook_id"]);
  expect(body.webhook_id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(body.url).toBe(`https://api.example.com/webhook/offline-conversions/${body.webhook_id}`);
  expect(body.warnings).toEqual([]);
});

test("the secret is 32 random bytes in base64url and is shown only once", async () => {
  const { manage } = await startTestGateway();
  const first = (await manage("POST", PATH, wanted)).body;
  const second = (await manage("POST", PATH, wanted)).body;
  expect(first.secret).toMatch(/^[\w-]{43}$/);
  expect(Buffer.from(first.secret, "base64url")).toHaveLength(32);
  expect(second.secret).not.toBe(first.secret);
  const shown = await manage("GET", `/v1/webhooks/${first.webhook_id}`);
  const listed = await manage("GET", "/v1/webhooks");
  expect(shown.text + listed.text).not.toContain(first.secret);
  expect(shown.text + listed.text).not.toContain(demo.token);
});

test("options that are not given come from the counter and from our defaults", async () => {
  const { manage } = await startTestGateway();
  const { body } = await manage("POST", PATH, wanted);
  expect((await manage("GET", `/v1/webhooks/${body.webhook_id}`)).body).toMatchObject({
    ...{ name: "CRM System", description: null, counter_id: demo.counterId, is_active: true, url: body.url },
    ...{ time_zone: "Europe/Moscow", time_zone_from: "counter", default_currency: "RUB", language: "ru" },
    ...{ default_currency_from: "default", dedupe_by: "exact", identifiers: "all", create_missing_goals: false },
    ...{ allow_personal_user_id: false, login: demo.login, sending: { paused_until: null, reason: null } },
  });
});

test("every option can be given", async () => {
  const { manage } = await startTestGateway();
  const options = {
    ...{ time_zone: "Asia/Yekaterinburg", default_currency: "KZT", language: "en", dedupe_by: "purchase" },
    ...{ identifiers: "best", create_missing_goals: true, allow_personal_user_id: true },
  };
  const { status, body } = await manage("POST", PATH, { ...wanted, ...options });
  expect(status).toBe(201);
  const shown = (await manage("GET", `/v1/webhooks/${body.webhook_id}`)).body;
  expect(shown).toMatchObject({ ...options, time_zone_from: "request", default_currency_from: "request" });
});

test("a token that Metrika refuses is a warning in the reader's language, not a refusal", async () => {
  const { manage } = await startTestGateway();
  const dead = { ...wanted, token: "y0_this-token-was-revoked" };
  const english = await manage("POST", PATH, dead, { "accept-language": "en" });
  const russian = await manage("POST", PATH, dead, { "accept-language": "ru" });
  expect([english.status, russian.status]).toEqual([201, 201]);
  expect(codesOf(english.body.warnings)).toEqual(["token_refused"]);
  expect(english.body.warnings[0]?.message).toContain("does not accept the token");
  expect(russian.body.warnings[0]?.message).toContain("Метрика не принимает токен");
  expect(english.text + russian.text).not.toContain(dead.token);
});

test("a Metrika out of reach is a warning, and the webhook gets our default zone", async () => {
  const { manage, simulator } = await startTestGateway();
  simulator.faults.add({ times: "always", fault: { kind: "unreachable" } });
  const { status, body } = await manage("POST", PATH, wanted, { "accept-language": "en" });
  simulator.faults.clear();
  expect(status).toBe(201);
  expect(codesOf(body.warnings)).toEqual(["metrika_unreachable"]);
  const shown = (await manage("GET", `/v1/webhooks/${body.webhook_id}`)).body;
  expect(shown).toMatchObject({ time_zone: "Europe/Moscow", time_zone_from: "default", login: null });
});

test("a counter that the token may only read, not know, or whose goals it may not read, is a warning", async () => {
  const { manage, simulator } = await startTestGateway();
  simulator.addToken("y0_of-an-analyst", { login: "analyst" });
  simulator.addToken("y0_uploads-and-nothing-else", { login: demo.login, scopes: ["metrika:offline_data"] });
  simulator.addCounter({ id: 222, name: "Shared", ownerLogin: "owner", grants: { analyst: "view" } });
  simulator.faults.add({
    match: { operation: "goals", counterId: demo.counterId },
    fault: { kind: "status", status: 403 },
  });
  const warningsOf = async (counter_id: number, token: string) =>
    codesOf((await manage("POST", PATH, { ...wanted, counter_id, token })).body.warnings);
  expect(await warningsOf(222, "y0_of-an-analyst")).toEqual(["counter_read_only"]);
  expect(await warningsOf(999, "y0_of-an-analyst")).toEqual(["counter_not_accessible"]);
  expect(await warningsOf(demo.counterId, demo.token)).toEqual(["goals_not_readable"]);
  expect(await warningsOf(demo.counterId, "y0_uploads-and-nothing-else")).toEqual(["counter_not_accessible"]);
});

test("a refusal lists every wrong field, and never repeats the token", async () => {
  const { manage } = await startTestGateway();
  const wrong = {
    ...{ counter_id: "12345678", token: "y0_two words in a token", time_zone: "Moscow", default_currency: "XYZ" },
    ...{
      language: "de",
      dedupe_by: "key",
      identifiers: "first",
      create_missing_goals: "yes",
      descripton: "typo",
      counterId: 1,
    },
  };
  const english = await manage("POST", PATH, wrong, { "accept-language": "en" });
  expect(english.status).toBe(422);
  expect(english.body).toMatchObject({ code: "invalid_field", status: 422, request_id: expect.any(String) });
  const faults = Object.fromEntries(english.body.errors.map(({ field, code }) => [field, code]));
  expect(faults).toEqual({
    ...{ name: "required", counter_id: "wrong_type", token: "token_format", time_zone: "time_zone_unknown" },
    ...{ default_currency: "currency_unknown", language: "not_one_of", dedupe_by: "not_one_of" },
    ...{
      identifiers: "not_one_of",
      create_missing_goals: "wrong_type",
      descripton: "unknown_field",
      counterId: "unknown_field",
    },
  });
  expect(english.text).not.toContain("two words");
  const russian = await manage("POST", PATH, wrong);
  expect(codesOf(russian.body.errors)).toEqual(codesOf(english.body.errors));
  for (const { message } of russian.body.errors) expect(message).toMatch(/[а-я]/i);
  for (const { message } of english.body.errors) expect(message).not.toMatch(/[а-я]/i);
});

test("a body that is no object is refused by name", async () => {
  const { manage } = await startTestGateway();
  const { status, body } = await manage("POST", PATH, [wanted]);
  expect([status, body.code]).toEqual([422, "invalid_field"]);
  expect((await manage("POST", PATH, "{")).body.code).toBe("malformed_json");
  expect((await manage("GET", "/v1/webhooks")).body.data).toEqual([]);
});

test("an address that nobody else can reach is told wherever a webhook is shown, until PUBLIC_URL is set", async () => {
  const { manage } = await startTestGateway({ env: { PUBLIC_URL: "" } });
  const english = { "accept-language": "en" };
  const created = await manage("POST", PATH, wanted, english);
  const id = created.body.webhook_id;
  const shown = await manage("GET", `/v1/webhooks/${id}`, undefined, english);
  const listed = await manage("GET", "/v1/webhooks", undefined, english);
  const changed = await manage("PATCH", `/v1/webhooks/${id}`, { name: "Other" }, english);

  const told = { code: "address_local", message: expect.stringContaining("PUBLIC_URL") };
  for (const { body } of [created, shown, changed]) expect(body.warnings).toEqual([told] as never);
  expect(listed.body.data).toMatchObject([{ warnings: [told] }]);
  expect(created.body.url).toStartWith("http://localhost:");
});
