import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { addWorkspace, connectAccount } from "../setup/connected-account.ts";
import { codesOf, sale, startTestGateway } from "../setup/gateway.ts";

const PATH = "/webhook/offline-conversions";
const UNKNOWN = "00000000-0000-4000-8000-000000000000";

async function start() {
  const gateway = await startTestGateway();
  const account = await connectAccount(gateway);
  const byAccount = { name: "CRM", counter_id: demo.counterId, account_id: account.uuid };
  const create = async (more: object = {}) => {
    const { body } = await gateway.manage("POST", PATH, { ...byAccount, ...more });
    return { id: body.webhook_id, secret: body.secret, url: body.url, path: `${PATH}/${body.webhook_id}` };
  };
  const read = async (id: string) => (await gateway.manage("GET", `/v1/webhooks/${id}`)).body;
  return { ...gateway, account, byAccount, create, read };
}

test("a webhook by account sends with the account's token, and its counter is attached", async () => {
  const { manage, byAccount, account, post, settle, status, read, sql } = await start();
  const { status: code, body } = await manage("POST", PATH, byAccount);
  expect([code, body.warnings]).toEqual([201, []]);
  expect(await read(body.webhook_id)).toMatchObject({
    ...{ account_id: account.uuid, login: demo.login, time_zone: demo.timeZone, time_zone_from: "counter" },
  });
  expect((await manage("GET", `/v1/counters/${demo.counterId}`)).body).toMatchObject({
    ...{ counter_id: demo.counterId, account_id: account.uuid, name: demo.counterName, state: "ready", advice: null },
  });
  const webhook = { id: body.webhook_id, secret: body.secret, url: body.url, path: `${PATH}/${body.webhook_id}` };
  const sent = await post(webhook, [sale(0)]);
  await settle();
  expect(await status(webhook, sent.body.batch_id)).toMatchObject({ status: "completed", linked: 1 });
  expect(await sql("select action, target_id from audit_events where target_kind = 'counter'")).toEqual([
    { action: "counter.attached", target_id: String(demo.counterId) },
  ]);
});

test("a second webhook by the same account attaches nothing anew and shares its credential", async () => {
  const { create, read, account, sql } = await start();
  const [first, second] = [await create(), await create({ name: "Second" })];
  expect([await read(first.id), await read(second.id)]).toMatchObject([
    { account_id: account.uuid },
    { account_id: account.uuid },
  ]);
  expect(await sql("select count(*) as n from credentials")).toEqual([{ n: 1 }]);
  expect(await sql("select count(*) as n from audit_events where target_kind = 'counter'")).toEqual([{ n: 1 }]);
});

test("the list of webhooks says which of them send through an account", async () => {
  const { create, createWebhook, manage, account } = await start();
  await create();
  await createWebhook({ name: "by token" });
  const { data } = (await manage("GET", "/v1/webhooks")).body;
  expect(data.map(({ name, account_id }) => [name, account_id])).toEqual([
    ["by token", null],
    ["CRM", account.uuid],
  ]);
});

test("naming both a token and an account, or neither, is a fault of that field beside all others", async () => {
  const { manage, byAccount, create } = await start();
  const faults = async (method: string, path: string, body: object) => {
    const answer = await manage(method, path, body, { "accept-language": "en" });
    return [answer.status, answer.body.errors.map(({ field, code }) => [field, code])];
  };
  const both = { ...byAccount, token: demo.token, name: "" };
  expect(await faults("POST", PATH, both)).toEqual([
    422,
    [
      ["name", "too_short"],
      ["account_id", "token_and_account"],
    ],
  ]);
  const { account_id: _, ...neither } = byAccount;
  expect(await faults("POST", PATH, neither)).toEqual([422, [["token", "token_or_account"]]]);
  expect(await faults("POST", PATH, { ...neither, account_id: 5 })).toEqual([422, [["account_id", "wrong_type"]]]);
  const { id } = await create();
  expect(await faults("PATCH", `/v1/webhooks/${id}`, { account_id: byAccount.account_id, token: demo.token })).toEqual([
    422,
    [["account_id", "token_and_account"]],
  ]);
});

test("an account that is unknown, disconnected or another workspace's is refused in the same words", async () => {
  const { manage, byAccount, gateway, config, clock, sql } = await start();
  const test = { gateway, config, clock };
  const foreign = await connectAccount(test, { workspaceId: await addWorkspace(test) });
  const gone = await connectAccount(test, { login: "gone", disconnectedAt: clock.now() });
  const told = async (account_id: string) => {
    const answer = await manage("POST", PATH, { ...byAccount, account_id });
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ field: "account_id", code: "account_unknown" }]);
    return answer.body.detail.replace(account_id, "");
  };
  const words = [await told(UNKNOWN), await told(foreign.uuid), await told(gone.uuid)];
  expect(new Set(words).size).toBe(1);
  expect(await sql("select count(*) as n from sources")).toEqual([{ n: 0 }]);
});

test("a counter that the account does not see is 404, whether it exists or not, and nothing is made", async () => {
  const { manage, byAccount, simulator, sql } = await start();
  simulator.addCounter({ id: 777, name: "Foreign", ownerLogin: "somebody-else" });
  const told = async (counter_id: number) => {
    const { status, body } = await manage("POST", PATH, { ...byAccount, counter_id });
    expect([status, body.code]).toEqual([404, "counter_not_accessible"]);
    return body.detail.replace(String(counter_id), "");
  };
  expect(await told(777)).toBe(await told(778));
  expect(await sql("select count(*) as n from sources")).toEqual([{ n: 0 }]);
});

test("a counter that the account may only read is a warning, as with a token", async () => {
  const { manage, byAccount, simulator, gateway, config, clock } = await start();
  simulator.addToken("y0_of-the-viewer", { login: demo.viewer });
  const viewer = await connectAccount({ gateway, config, clock }, { token: "y0_of-the-viewer", login: demo.viewer });
  const { status, body } = await manage("POST", PATH, { ...byAccount, account_id: viewer.uuid });
  expect([status, codesOf(body.warnings)]).toEqual([201, ["counter_read_only"]]);
});

test("Metrika out of reach is a warning where the counter is attached, and a wait where it is not", async () => {
  const { manage, byAccount, simulator } = await start();
  simulator.faults.add({ times: "always", fault: { kind: "unreachable" } });
  const refused = await manage("POST", PATH, byAccount);
  expect([refused.status, refused.body.code]).toEqual([503, "metrika_not_answering"]);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  simulator.faults.clear();
  await manage("POST", "/v1/counters", { account_id: byAccount.account_id, counter_id: demo.counterId });
  simulator.faults.add({ times: "always", fault: { kind: "unreachable" } });
  const taken = await manage("POST", PATH, byAccount);
  expect([taken.status, codesOf(taken.body.warnings)]).toEqual([201, ["metrika_unreachable"]]);
});

test("a token given to a webhook by account becomes its own and leaves the account alone", async () => {
  const { create, manage, read, account, gateway, simulator, post, work, settle, status } = await start();
  const [changed, other] = [await create(), await create()];
  const before = await gateway.store.credentials.get(account.credentialId);
  simulator.addToken("y0_the-new-token", { login: demo.login });
  const answer = await manage("PATCH", `/v1/webhooks/${changed.id}`, { token: "y0_the-new-token" });
  expect(answer.body).toMatchObject({ account_id: null, login: demo.login, warnings: [] });
  expect(await gateway.store.credentials.get(account.credentialId)).toEqual(before);
  expect(await read(other.id)).toMatchObject({ account_id: account.uuid });
  simulator.killToken(demo.token);
  const { body } = await post(changed, [sale(0)]);
  await work();
  await settle();
  expect(await status(changed, body.batch_id)).toMatchObject({ status: "completed", linked: 1 });
});

test("a file that was planned with the account goes on when the account works again", async () => {
  const { create, manage, post, work, settle, status, simulator } = await start();
  const webhook = await create();
  simulator.killToken(demo.token);
  const { body } = await post(webhook, [sale(0)]);
  await work();
  simulator.addToken("y0_the-new-token", { login: demo.login });
  await manage("PATCH", `/v1/webhooks/${webhook.id}`, { token: "y0_the-new-token" });
  const after = await post(webhook, [sale(1)]);
  await work();
  simulator.addToken(demo.token, { login: demo.login });
  await settle();
  expect(await status(webhook, body.batch_id)).toMatchObject({ status: "completed", linked: 1 });
  expect(await status(webhook, after.body.batch_id)).toMatchObject({ status: "completed", linked: 1 });
});

test("a webhook with a token of its own can be given an account, and a second token again", async () => {
  const { createWebhook, manage, account, sql } = await start();
  const webhook = await createWebhook();
  const path = `/v1/webhooks/${webhook.id}`;
  expect((await manage("PATCH", path, { account_id: account.uuid })).body).toMatchObject({ account_id: account.uuid });
  expect((await manage("PATCH", path, { token: demo.token })).body).toMatchObject({ account_id: null });
  const [{ n: credentials } = { n: 0 }] = await sql<{ n: number }>("select count(*) as n from credentials");
  expect((await manage("PATCH", path, { token: demo.token })).body).toMatchObject({ account_id: null });
  expect(await sql("select count(*) as n from credentials")).toEqual([{ n: credentials }]);
});

test("a webhook keeps its access when a new one is refused", async () => {
  const { create, manage, read, account, byAccount, simulator, gateway, config, clock } = await start();
  const { id } = await create();
  simulator.addToken("y0_of-a-stranger", { login: "stranger" });
  const stranger = await connectAccount({ gateway, config, clock }, { token: "y0_of-a-stranger", login: "stranger" });
  for (const [account_id, code] of [
    [stranger.uuid, "counter_not_accessible"],
    [UNKNOWN, "invalid_field"],
  ]) {
    const answer = await manage("PATCH", `/v1/webhooks/${id}`, { account_id, name: "Changed" });
    expect(answer.body.code).toBe(code as string);
  }
  expect(await read(id)).toMatchObject({ account_id: account.uuid, name: byAccount.name });
});
