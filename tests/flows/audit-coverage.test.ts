import { expect, test } from "bun:test";
import { auditActions } from "../../core/audit/actions.ts";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import openapi from "../../openapi/openapi.json" with { type: "json" };
import { applicationEnv, begin, consent, seedAccounts } from "../setup/accounts.ts";
import { MINUTE, sale, type TestGateway } from "../setup/gateway.ts";
import { startIdentityGateway } from "../setup/identity.ts";
import { type Given, guardedOperations, requestOf } from "../setup/operations.ts";
import { type GatewayWithPeople, startWithPeople } from "../setup/people.ts";
import { examples, type Place, placeOf } from "../setup/places.ts";

/** What a request needs so that it does what it is for, where the documented example and something of the place do not suffice. */
interface Prepared extends Partial<Given> {
  readonly headers?: Readonly<Record<string, string>>;
}

const application = { client_id: applicationEnv.YANDEX_CLIENT_ID, client_secret: applicationEnv.YANDEX_CLIENT_SECRET };
const really = async (): Promise<Prepared> => ({ body: { dry_run: false } });

async function setApplication({ gateway }: Place): Promise<Prepared> {
  const answer = await gateway.request("PUT", "/v1/oauth-application", {
    headers: gateway.operator,
    body: application,
  });
  expect(answer.status).toBe(200);
  return {};
}

const preparations: Readonly<Record<string, (place: Place) => Promise<Prepared>>> = {
  "POST /v1/webhooks/{webhook_id}/cancel": really,
  "POST /v1/sources/{source_id}/cancel": really,
  "POST /v1/sources/{source_id}/raw-intakes/replay": really,
  "POST /v1/batches/{batch_id}/cancel": really,
  "POST /v1/replays": really,
  "POST /v1/uploads/{upload_id}/resolve": async ({ gateway }) => ({
    path: { upload_id: await uncertainUpload(gateway) },
    body: { decision: "resend", metrika_upload_id: undefined },
  }),
  "PUT /v1/oauth-application": async () => ({ body: application }),
  "DELETE /v1/oauth-application": setApplication,
  "POST /v1/oauth-application/check": setApplication,
  "POST /v1/accounts": async () => ({ body: { token: demo.token } }),
  "POST /v1/accounts/callback": async (place) => {
    await setApplication(place);
    const { code, state } = consent(place.gateway, await begin(place.gateway));
    return { body: { code, state }, headers: { authorization: `Bearer ${place.gateway.apiKey}` } };
  },
  "POST /v1/counters": async (place) => {
    const counter_id = Number(await examples.counter_id?.(place));
    const accounts = await place.gateway.request("GET", "/v1/accounts", { headers: place.headers });
    return { body: { counter_id, account_id: accounts.body.data[0]?.account_id } };
  },
  "DELETE /v1/me/workspaces/{workspace_id}": async ({ gateway }) => ({ headers: await gateway.person("viewer") }),
  "POST /v1/setup": async ({ gateway }) => {
    const made = await gateway.request("POST", "/v1/setup-code", { headers: gateway.operator });
    return { body: { setup_code: made.body.setup_code } };
  },
  "POST /v1/invitations/accept": async ({ gateway, headers }) => {
    const body = { email: "guest@example.com", role: "viewer" };
    const invited = await gateway.request("POST", "/v1/invitations", { headers, body });
    return { body: { code: invited.body.code }, headers: gateway.signIn(body.email) };
  },
};

/** Operations that change nothing worth writing down, or are judged elsewhere, each with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  "POST /v1/accounts/connect": "begins a consent that may never come; the account is written down when it is connected",
  "POST /v1/sources/{source_id}/check": "asks a CRM: see source-check.test.ts",
  "POST /v1/sources/{source_id}/try": "stores nothing",
  "POST /v1/sources/{source_id}/runs": "asks a CRM or does nothing by the clock: see runs.test.ts",
  "POST /v1/key-rotations/steps": "one of many; the change is written down when it is begun and when it is done",
  "DELETE /v1/users/{user_id}/sessions": "where the gateway signs people in itself: see the end of this file",
  "POST /v1/users/{user_id}/recovery-links": "where the gateway signs people in itself: see the end of this file",
};

/** What only senders call: a batch, or a raw intake, is its own record. */
const intake = /^POST \/(?:webhook\/offline-conversions|sources)\/\S*\{\w+_id\}/;

/** An upload whose answer was lost. */
async function uncertainUpload(gateway: GatewayWithPeople): Promise<string> {
  gateway.simulator.faults.add({ fault: { kind: "reset_before_store" } });
  const webhook = await gateway.createWebhook({ uncertain_policy: "hold" });
  await gateway.post(webhook, [sale(3)]);
  for (let minute = 0; minute < 35; minute++) {
    await gateway.work();
    gateway.advance(MINUTE);
  }
  const uploads = await gateway.manage("GET", "/v1/uploads?state=uncertain");
  return String(uploads.body.data[0]?.upload_id);
}

const eventsOf = ({ sql }: TestGateway) =>
  sql<{ action: string; at: number; actor_kind: string; target_kind: string }>(
    "select action, actor_kind, target_kind from audit_events order by id",
  );

const changing = (await guardedOperations()).filter(({ method }) => method !== "GET");

for (const operation of changing) {
  const called = `${operation.method} ${operation.path}`;
  if (called in exceptions) continue;
  test(`${called} leaves an event in the audit`, async () => {
    const gateway = await startWithPeople({ env: { SIGN_UP: "open" }, seed: seedAccounts });
    const place = await placeOf(gateway, null);
    const path: Record<string, string> = {};
    for (const name of operation.pathNames) path[name] = (await examples[name]?.(place)) ?? "";
    const owner = await gateway.person("owner");
    const prepared = (await preparations[called]?.(place)) ?? {};
    const before = await eventsOf(gateway);
    const { path: address, ...rest } = requestOf(operation, { ...prepared, path: { ...path, ...prepared.path } });
    const headers = prepared.headers ?? (operation.permission === "operate" ? gateway.operator : owner);
    const { status, text } = await gateway.request(operation.method, address, { headers, ...rest });
    // Where the example does not do what the operation is for, `preparations` need a line.
    expect([Math.floor(status / 100), text]).toEqual([2, text]);
    const left = (await eventsOf(gateway)).slice(before.length);
    expect(left.length).toBeGreaterThan(0);
    for (const { action } of left) expect(Object.keys(auditActions)).toContain(action);
  });
}

test("what is excepted, prepared or only called by senders exists", () => {
  const operations = changing.map(({ method, path }) => `${method} ${path}`);
  for (const called of Object.keys({ ...exceptions, ...preparations })) expect(operations).toContain(called);
  const all = Object.entries(openapi.paths).flatMap(([path, methods]) =>
    Object.keys(methods).flatMap((method) => (method === "get" ? [] : [`${method.toUpperCase()} ${path}`])),
  );
  expect(all.filter((called) => !operations.includes(called) && !intake.test(called))).toEqual([]);
});

test("what the operator does to people whom the gateway signs in leaves an event", async () => {
  const gateway = await startIdentityGateway();
  await gateway.device().auth.signUp({ email: "anna@example.com", password: "correct horse battery" });
  const headers = { authorization: `Bearer ${gateway.gateway.operatorToken}` };
  const { body } = await gateway.request("GET", "/v1/users", { headers });
  const user = `/v1/users/${body.data[0]?.user_id}`;
  await gateway.request("POST", `${user}/recovery-links`, { headers });
  await gateway.request("DELETE", `${user}/sessions`, { headers });
  const events = await gateway.sql(
    "select action, actor_kind, target_name from audit_events where actor_kind = 'operator' and target_kind = 'user' order by id",
  );
  const by = { actor_kind: "operator", target_name: "anna@example.com" };
  expect(events).toEqual([
    { action: "user.recovery_link_created", ...by },
    { action: "user.signed_out", ...by },
  ]);
});
