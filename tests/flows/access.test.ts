import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Answer, codesOf, DAY, MINUTE, SECOND, sale, startTestGateway } from "../setup/gateway.ts";
import { startWithPeople } from "../setup/people.ts";

const UNKNOWN = "0192a3b4-0000-7000-8000-000000000000";
const says = ({ status, body }: Answer) => [status, body.code];

/** Everything a stranger could tell two refusals apart by. */
function visible({ status, body, headers }: Answer): unknown {
  const { request_id: _, ...rest } = body;
  const kept = [...headers].filter(([name]) => name !== "x-request-id");
  return { status, rest, kept };
}

test("without its secret a webhook answers 401, on both of its routes", async () => {
  const { createWebhook, request } = await startTestGateway();
  const { path } = await createWebhook();
  const body = { conversions: [sale(0)] };
  expect(says(await request("POST", path, { body }))).toEqual([401, "secret_missing"]);
  expect(says(await request("POST", path, { body, headers: { "x-webhook-secret": "" } }))).toEqual([
    401,
    "secret_missing",
  ]);
  expect(says(await request("GET", `${path}/status?batch_id=${UNKNOWN}`))).toEqual([401, "secret_missing"]);
});

test("a wrong secret and an unknown webhook are answered 403 in the very same words", async () => {
  const { createWebhook, post, request, sql } = await startTestGateway();
  const webhook = await createWebhook();
  const other = await createWebhook();
  const answers = [
    await post({ ...webhook, secret: other.secret }, [sale(0)]),
    await post({ ...webhook, path: `/webhook/offline-conversions/${UNKNOWN}` }, [sale(0)]),
    await post({ ...webhook, path: "/webhook/offline-conversions/no-uuid" }, [sale(0)]),
    await request("GET", `${webhook.path}/status?batch_id=${UNKNOWN}`, { headers: { "x-webhook-secret": "x" } }),
  ];
  expect(says(answers[0] as Answer)).toEqual([403, "secret_wrong"]);
  expect(answers.map(visible)).toEqual(answers.map(() => visible(answers[0] as Answer)));
  expect(await sql("select 1 from batches")).toEqual([]);
});

test("for every text that is not the secret, nobody gets in", async () => {
  const { createWebhook, post } = await startTestGateway();
  const webhook = await createWebhook();
  const { secret } = webhook;
  const near = fc.oneof(
    fc.nat(42).map((n) => secret.slice(0, n + 1).slice(0, 42)),
    fc.nat(42).map((n) => secret.slice(0, n) + (secret[n] === "A" ? "B" : "A") + secret.slice(n + 1)),
    fc.constantFrom(`${secret}A`, `${secret}=`, `A${secret}`, `${secret}, ${secret}`, `v1,${secret}`, secret.repeat(2)),
    fc.constantFrom(secret.toUpperCase(), secret.toLowerCase(), "null", "undefined", "[object Object]", "***"),
    fc.stringMatching(/^[!-~]{1,60}$/),
  );
  await fc.assert(
    fc.asyncProperty(near, async (guess) => {
      fc.pre(guess !== secret);
      expect(says(await post({ ...webhook, secret: guess }, [sale(0)]))).toEqual([403, "secret_wrong"]);
    }),
    { numRuns: 150 },
  );
  expect((await post(webhook, [sale(0)])).status).toBe(202);
});

test("a foreign and an unknown batch are both 404", async () => {
  const { createWebhook, post, request } = await startTestGateway();
  const [mine, foreign] = [await createWebhook(), await createWebhook()];
  const { body } = await post(foreign, [sale(0)]);
  const ask = (id: string) =>
    request("GET", `${mine.path}/status?batch_id=${id}`, { headers: { "x-webhook-secret": mine.secret } });
  expect(says(await ask(body.batch_id))).toEqual([404, "batch_not_found"]);
  expect(says(await ask(UNKNOWN))).toEqual([404, "batch_not_found"]);
  expect(says(await ask("not a uuid"))).toEqual([404, "batch_not_found"]);
  const headers = { "x-webhook-secret": mine.secret };
  expect(says(await request("GET", `${mine.path}/status`, { headers }))).toEqual([422, "invalid_field"]);
});

test("a webhook that is switched off says so, but only to whoever knows its secret", async () => {
  const { createWebhook, manage, post, sql } = await startTestGateway();
  const webhook = await createWebhook();
  await manage("PATCH", `/v1/webhooks/${webhook.id}`, { is_active: false });
  expect(says(await post(webhook, [sale(0)]))).toEqual([403, "webhook_disabled"]);
  expect(says(await post({ ...webhook, secret: "guess" }, [sale(0)]))).toEqual([403, "secret_wrong"]);
  expect(await sql("select 1 from batches")).toEqual([]);
  await manage("PATCH", `/v1/webhooks/${webhook.id}`, { is_active: true });
  expect((await post(webhook, [sale(0)])).status).toBe(202);
});

test("after a rotation both secrets are valid for 24 hours, then the old one is refused", async () => {
  const { createWebhook, manage, post, advance } = await startTestGateway();
  const old = await createWebhook();
  const rotated = await manage("POST", `/v1/webhooks/${old.id}/rotate-secret`);
  expect(rotated.status).toBe(200);
  expect(rotated.body.previous_valid_until).toBe("2026-11-24T12:00:00.000Z");
  expect(rotated.body.secret).toMatch(/^[\w-]{43}$/);
  const fresh = { ...old, secret: rotated.body.secret };
  expect([(await post(old, [sale(0)])).status, (await post(fresh, [sale(1)])).status]).toEqual([202, 202]);
  advance(DAY - SECOND);
  expect((await post(old, [sale(2)])).status).toBe(202);
  advance(2 * SECOND);
  expect(says(await post(old, [sale(3)]))).toEqual([403, "secret_wrong"]);
  expect((await post(fresh, [sale(3)])).status).toBe(202);
});

test("two rotations in a row leave two valid secrets, the last and the one before", async () => {
  const { createWebhook, manage, post } = await startTestGateway();
  const first = await createWebhook();
  const rotate = async () => ({
    ...first,
    secret: (await manage("POST", `/v1/webhooks/${first.id}/rotate-secret`)).body.secret,
  });
  const [second, third] = [await rotate(), await rotate()];
  const statuses = [await post(first, [sale(0)]), await post(second, [sale(0)]), await post(third, [sale(0)])];
  expect(statuses.map(({ status }) => status)).toEqual([403, 202, 202]);
});

/** Every management route with an id that exists nowhere. */
const managementRoutes: readonly (readonly [method: string, path: string, write: boolean])[] = [
  ["POST", "/webhook/offline-conversions", true],
  ["GET", "/v1/webhooks", false],
  ["GET", `/v1/webhooks/${UNKNOWN}`, false],
  ["PATCH", `/v1/webhooks/${UNKNOWN}`, true],
  ["DELETE", `/v1/webhooks/${UNKNOWN}`, true],
  ["POST", `/v1/webhooks/${UNKNOWN}/rotate-secret`, true],
  ["GET", `/v1/webhooks/${UNKNOWN}/batches`, false],
  ["GET", `/v1/batches/${UNKNOWN}`, false],
  ["GET", `/v1/batches/${UNKNOWN}/rows`, false],
  ["GET", "/v1/uploads", false],
  ["GET", `/v1/uploads/${UNKNOWN}`, false],
  ["GET", "/v1/api-keys", true],
  ["POST", "/v1/api-keys", true],
  ["DELETE", `/v1/api-keys/${UNKNOWN}`, true],
  ["GET", `/v1/accounts/${UNKNOWN}/counters`, false],
  ["POST", `/v1/accounts/${UNKNOWN}/counters`, true],
  ["GET", "/v1/counters", false],
  ["POST", "/v1/counters", true],
  ["GET", "/v1/counters/1", false],
  ["DELETE", "/v1/counters/1", true],
  ["POST", "/v1/counters/1/refresh", true],
  ["GET", "/v1/counters/1/goals", false],
  ["GET", "/v1/counters/1/goals/check?identifier=x", false],
  ["POST", "/v1/counters/1/goals", true],
  ["POST", "/v1/counters/1/goals/ensure", true],
  ["GET", "/v1/oauth-application", true],
  ["PUT", "/v1/oauth-application", true],
  ["DELETE", "/v1/oauth-application", true],
  ["POST", "/v1/oauth-application/check", true],
  ["GET", "/v1/accounts", false],
  ["POST", "/v1/accounts", true],
  ["POST", "/v1/accounts/connect", true],
  ["POST", "/v1/accounts/callback", true],
  ["GET", `/v1/accounts/${UNKNOWN}`, false],
  ["PATCH", `/v1/accounts/${UNKNOWN}`, true],
  ["DELETE", `/v1/accounts/${UNKNOWN}`, true],
];

for (const [method, path, write] of managementRoutes) {
  test(`${method} ${path} needs a key in force with the right to ${write ? "manage" : "read"}`, async () => {
    const { request, manage, advance, clock } = await startTestGateway();
    const keyOf = async (more: object) => (await manage("POST", "/v1/api-keys", { name: "k", ...more })).body;
    const weak = await keyOf({ scopes: write ? ["intake", "read"] : ["intake"] });
    const mortal = await keyOf({ expires_at: new Date(clock.now() + MINUTE).toISOString() });
    const revoked = await keyOf({});
    await manage("DELETE", `/v1/api-keys/${revoked.api_key_id}`);
    const ask = (authorization?: string) =>
      request(method, path, { headers: authorization === undefined ? {} : { authorization } });
    for (const nobody of [undefined, "", "Basic dXNlcjpwYXNz", "Bearer", weak.key]) {
      const answer = await ask(nobody);
      expect(says(answer)).toEqual([401, "unauthorized"]);
      expect(answer.headers.get("www-authenticate")).toStartWith("Bearer");
    }
    const near = `${weak.key.slice(0, -1)}${weak.key.endsWith("A") ? "B" : "A"}`;
    for (const wrong of ["x", near, revoked.key])
      expect(says(await ask(`Bearer ${wrong}`))).toEqual([401, "api_key_invalid"]);
    expect(says(await ask(`Bearer ${weak.key}`))).toEqual([403, "forbidden_scope"]);
    expect((await ask(`bearer ${mortal.key}`)).status).not.toBeOneOf([401, 403]);
    advance(MINUTE);
    expect(says(await ask(`Bearer ${mortal.key}`))).toEqual([401, "api_key_invalid"]);
  });
}

test("a key's end must be an instant to come: another one would make a key for ever, or for no time at all", async () => {
  const { manage, clock } = await startTestGateway();
  const create = (expires_at: string) =>
    manage("POST", "/v1/api-keys", { name: "k", expires_at }, { "accept-language": "en" });
  expect((await create("2027-02-20T00:00:00+03")).body.expires_at).toBe("2027-02-19T21:00:00.000Z");
  for (const [given, code] of [
    ["2027-02-30T00:00:00Z", "instant_format"],
    ["2027-02-20T00:00:00", "instant_format"],
    ["2027-02-20", "instant_format"],
    [new Date(clock.now()).toISOString(), "instant_past"],
    ["2001-01-01T00:00:00Z", "instant_past"],
  ] as const) {
    const { status, body } = await create(given);
    expect([status, body.errors?.[0]?.field, body.errors?.[0]?.code]).toEqual([422, "expires_at", code]);
    expect(body.detail).toContain(given);
  }
});

test("unknown ids are 404 on every management route that has one", async () => {
  const { manage } = await startTestGateway();
  const withId = managementRoutes.filter(([, path]) => path.includes(UNKNOWN));
  for (const [method, path] of withId) {
    const answer = await manage(method, path, method === "PATCH" ? {} : undefined);
    expect([method, path, ...says(answer)]).toEqual([method, path, 404, "not_found"]);
  }
});

test("a webhook's secret opens no management route, and an API key opens no webhook", async () => {
  const { createWebhook, request, post, apiKey } = await startTestGateway();
  const webhook = await createWebhook();
  const headers = { authorization: `Bearer ${webhook.secret}` };
  expect(says(await request("GET", "/v1/webhooks", { headers }))).toEqual([401, "api_key_invalid"]);
  expect(says(await post({ ...webhook, secret: apiKey }, [sale(0)]))).toEqual([403, "secret_wrong"]);
});

test("an API key is shown once, found by its prefix, and its last use is recorded", async () => {
  const { manage, request, advance } = await startTestGateway();
  const made = (await manage("POST", "/v1/api-keys", { name: "CRM", scopes: ["read"] })).body;
  expect(made.key).toMatch(/^mgw_[0-9a-z]{8}_[\w-]{43}$/);
  const shown = async () => {
    const answer = await manage("GET", "/v1/api-keys");
    expect(answer.text).not.toContain(made.key);
    return answer.body.data.find((key) => key.api_key_id === made.api_key_id);
  };
  expect(await shown()).toMatchObject({
    name: "CRM",
    prefix: made.key.slice(4, 12),
    scopes: ["read"],
    last_used_at: null,
  });
  advance(MINUTE);
  await request("GET", "/v1/webhooks", { headers: { authorization: `Bearer ${made.key}` } });
  expect(await shown()).toMatchObject({ last_used_at: "2026-11-23T12:01:00.000Z" });
});

test("a revoked key is refused at once here, and within five seconds by a process that had it in memory", async () => {
  const { manage, request, gateway, advance, clock } = await startTestGateway();
  const ask = async (key: string) =>
    (await request("GET", "/v1/webhooks", { headers: { authorization: `Bearer ${key}` } })).status;
  const here = (await manage("POST", "/v1/api-keys", { name: "here" })).body;
  expect(await ask(here.key)).toBe(200);
  expect((await manage("DELETE", `/v1/api-keys/${here.api_key_id}`)).status).toBe(204);
  expect(await ask(here.key)).toBe(401);
  expect(says(await manage("DELETE", `/v1/api-keys/${here.api_key_id}`))).toEqual([404, "not_found"]);

  const elsewhere = (await manage("POST", "/v1/api-keys", { name: "elsewhere" })).body;
  expect(await ask(elsewhere.key)).toBe(200);
  const { apiKeys, installation } = gateway.store;
  // As another machine on the same database would do it.
  await apiKeys.revoke(installation.workspaceId, String(elsewhere.api_key_id), clock.now());
  advance(5 * SECOND);
  expect(await ask(elsewhere.key)).toBe(401);
});

test("a new API key's faults are all listed", async () => {
  const { manage } = await startTestGateway();
  const { status, body } = await manage("POST", "/v1/api-keys", {
    name: " ",
    scopes: ["root"],
    expires_at: "soon",
    x: 1,
  });
  expect(status).toBe(422);
  expect(body.errors.map(({ field }) => field).sort()).toEqual(["expires_at", "name", "scopes.0", "x"]);
  expect(codesOf(body.errors)).toContain("not_one_of");
});

test("an API key with the right to intake, or an editor's session, stands in for the secret; of another workspace it is a wrong one", async () => {
  const gateway = await startWithPeople({ env: { SIGN_UP: "open" } });
  const { createWebhook, manage, person, request } = gateway;
  const webhook = await createWebhook();
  const send = (headers: Readonly<Record<string, string>>, path = webhook.path) =>
    request("POST", path, { headers, body: { conversions: [sale(0)] } });
  const keyTo = async (...scopes: readonly string[]) => {
    const { key } = (await manage("POST", "/v1/api-keys", { name: "sender", scopes })).body;
    return { authorization: `Bearer ${key}` };
  };
  expect((await send(await keyTo("intake"))).status).toBe(202);
  expect((await send(await person("editor"))).body).toMatchObject({ status: "accepted", duplicate_count: 1 });
  expect(says(await send(await keyTo("read", "manage")))).toEqual([403, "forbidden_scope"]);
  expect(says(await send(await person("viewer")))).toEqual([403, "forbidden_role"]);
  expect(says(await send({ authorization: "Bearer mgw_nothing" }))).toEqual([401, "api_key_invalid"]);
  const status = await request("GET", `${webhook.path}/status?batch_id=${UNKNOWN}`, { headers: await keyTo("intake") });
  expect(says(status)).toEqual([404, "batch_not_found"]);

  const { owner } = await gateway.otherWorkspace();
  const foreign = await send(owner);
  const unknown = await send(owner, `/webhook/offline-conversions/${UNKNOWN}`);
  expect(says(foreign)).toEqual([403, "secret_wrong"]);
  expect(visible(unknown)).toEqual(visible(foreign));
  // A secret that is shown must be right, whatever else is shown.
  expect(says(await send({ ...(await keyTo("intake")), "x-webhook-secret": "wrong" }))).toEqual([403, "secret_wrong"]);
});
