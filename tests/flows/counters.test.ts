import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import type { Fault } from "../../core/metrika/simulator/faults.ts";
import { addWorkspace, connectAccount } from "../setup/connected-account.ts";
import { codesOf, MINUTE, startTestGateway } from "../setup/gateway.ts";

const WEBHOOKS = "/webhook/offline-conversions";
const UNKNOWN = "00000000-0000-4000-8000-000000000000";
const NEW = { name: "Лавка", site: "lavka.example" };

async function start() {
  const gateway = await startTestGateway();
  const { manage } = gateway;
  const account = await connectAccount(gateway);
  const ofAccount = `/v1/accounts/${account.uuid}/counters`;
  const attach = (counter_id: number = demo.counterId, account_id = account.uuid) =>
    manage("POST", "/v1/counters", { account_id, counter_id }, { "accept-language": "en" });
  const refresh = () =>
    manage("POST", `/v1/counters/${demo.counterId}/refresh`, undefined, { "accept-language": "en" });
  const create = (body: object = NEW) => manage("POST", ofAccount, body);
  const made = async () => (await manage("GET", `${ofAccount}?search=${NEW.site}`)).body.data;
  return { ...gateway, account, ofAccount, attach, refresh, create, made };
}

test("the counters that an account sees are listed page by page, each with its right and whether it is attached", async () => {
  const { manage, ofAccount, attach, simulator } = await start();
  for (let id = 301; id <= 304; id++) {
    const grants = { [demo.login]: "view" } as const;
    simulator.addCounter({ id, name: `Клиент ${id}`, ownerLogin: "client", site: `c${id}.example`, grants });
  }
  simulator.addCounter({ id: 400, name: "Foreign", ownerLogin: "client" });
  await attach();
  const first = (await manage("GET", `${ofAccount}?limit=2`)).body;
  expect(first).toMatchObject({ total: 5 });
  expect(first.data[0]).toEqual({
    ...{ counter_id: demo.counterId, name: demo.counterName, site: demo.site, time_zone: demo.timeZone },
    ...{ permission: "own", writable: true, owner_login: demo.login, status: "Active", attached: true },
  });
  const second = (await manage("GET", `${ofAccount}?limit=2&cursor=${first.next_cursor}`)).body;
  const third = (await manage("GET", `${ofAccount}?limit=2&cursor=${second.next_cursor}`)).body;
  expect(third.next_cursor).toBeNull();
  const all = [first, second, third].flatMap(({ data }) => data);
  expect(all.map(({ counter_id }) => counter_id)).toEqual([demo.counterId, 301, 302, 303, 304]);
  expect(all[1]).toMatchObject({ permission: "view", writable: false, attached: false });
  const found = (await manage("GET", `${ofAccount}?search=c303&permission=view`)).body;
  expect(found).toMatchObject({ total: 1, next_cursor: null, data: [{ counter_id: 303 }] });
});

test("a list's strange parameters are faults of theirs", async () => {
  const { manage, ofAccount } = await start();
  for (const [query, field] of [
    ["limit=0", "limit"],
    ["limit=501", "limit"],
    ["cursor=abc", "cursor"],
    ["permission=root", "permission"],
    [`search=${"x".repeat(256)}`, "search"],
  ]) {
    const { status, body } = await manage("GET", `${ofAccount}?${query}`);
    expect([status, body.errors[0]?.field]).toEqual([422, field]);
  }
});

test("a counter is attached, read, listed and detached, and each act is in the audit", async () => {
  const { manage, attach, account, sql, advance } = await start();
  const attached = await attach();
  expect([attached.status, attached.body]).toMatchObject([
    201,
    {
      ...{ counter_id: demo.counterId, account_id: account.uuid, login: demo.login, name: demo.counterName },
      ...{ site: demo.site, time_zone: demo.timeZone, permission: "own", owner_login: demo.login },
      ...{ state: "ready", advice: null, attached_at: "2026-11-23T12:00:00.000Z" },
    },
  ]);
  advance(MINUTE);
  const again = await attach();
  expect([again.status, again.body]).toMatchObject([
    200,
    { attached_at: "2026-11-23T12:00:00.000Z", refreshed_at: "2026-11-23T12:01:00.000Z" },
  ]);
  expect((await manage("GET", `/v1/counters/${demo.counterId}`)).body.name).toBe(demo.counterName);
  expect((await manage("GET", "/v1/counters")).body.data).toHaveLength(1);
  expect((await manage("DELETE", `/v1/counters/${demo.counterId}`)).status).toBe(204);
  expect((await manage("GET", `/v1/counters/${demo.counterId}`)).body.code).toBe("counter_not_attached");
  expect(await sql("select action from audit_events where target_kind = 'counter' order by id")).toEqual(
    ["counter.attached", "counter.attached", "counter.detached"].map((action) => ({ action })),
  );
});

test("attached counters are listed by their number, page by page", async () => {
  const { manage, attach, simulator } = await start();
  for (const id of [501, 503, 502]) {
    simulator.addCounter({ id, name: `C${id}`, ownerLogin: demo.login });
    await attach(id);
  }
  const first = (await manage("GET", "/v1/counters?limit=2")).body;
  const second = (await manage("GET", `/v1/counters?limit=2&cursor=${first.next_cursor}`)).body;
  expect([...first.data, ...second.data].map(({ counter_id }) => counter_id)).toEqual([501, 502, 503]);
  expect(second.next_cursor).toBeNull();
});

test("a counter that may only be read is attached, and it is told whom to ask for what", async () => {
  const test = await start();
  test.simulator.addToken("y0_of-the-viewer", { login: demo.viewer });
  const viewer = await connectAccount(test, { token: "y0_of-the-viewer", login: demo.viewer });
  const { status, body } = await test.attach(demo.counterId, viewer.uuid);
  expect([status, body.state]).toEqual([201, "read_only"]);
  expect(body.advice).toContain(`Ask its owner (${demo.login}) to grant ${demo.viewer} the right to edit`);
});

test("a counter that the account does not see is 404, whether it exists or not", async () => {
  for (const unknownCounter of ["not_found", "access_denied"] as const) {
    const { attach, simulator } = await start();
    simulator.settings.unknownCounter = unknownCounter;
    simulator.addCounter({ id: 777, name: "Foreign", ownerLogin: "somebody-else" });
    const told = async (id: number) => {
      const { status, body } = await attach(id);
      expect([status, body.code]).toEqual([404, "counter_not_accessible"]);
      return body.detail.replaceAll(String(id), "");
    };
    expect(await told(777)).toBe(await told(778));
  }
});

test("what an account is asked for with a wrong id or a wrong body is refused clearly", async () => {
  const { manage, attach, ofAccount, gateway, config, clock } = await start();
  const foreign = await connectAccount({ gateway, config, clock }, { workspaceId: await addWorkspace({ config }) });
  for (const uuid of [UNKNOWN, foreign.uuid]) {
    expect((await attach(demo.counterId, uuid)).body.errors).toMatchObject([
      { field: "account_id", code: "account_unknown" },
    ]);
    expect((await manage("GET", ofAccount.replace(/accounts\/[^/]+/, `accounts/${uuid}`))).body.code).toBe("not_found");
    const made = await manage("POST", `/v1/accounts/${uuid}/counters`, NEW);
    expect([made.status, made.body.code]).toEqual([404, "not_found"]);
  }
  const faults = (await manage("POST", "/v1/counters", { counter_id: "1", extra: true })).body;
  expect(faults.errors.map(({ field, code }) => [field, code])).toEqual([
    ["account_id", "required"],
    ["counter_id", "wrong_type"],
    ["extra", "unknown_field"],
  ]);
});

test("a refresh tells what changed: name, right, access withdrawn, deletion", async () => {
  const { attach, refresh, simulator, advance } = await start();
  await attach();
  const seed = { id: demo.counterId, name: "Renamed", ownerLogin: "new-owner", timeZoneName: "Asia/Omsk" };
  simulator.addCounter({ ...seed, grants: { [demo.login]: "view" } });
  advance(MINUTE);
  expect((await refresh()).body).toMatchObject({
    ...{ name: "Renamed", time_zone: "Asia/Omsk", permission: "view", owner_login: "new-owner", state: "read_only" },
    refreshed_at: "2026-11-23T12:01:00.000Z",
  });
  simulator.addCounter(seed);
  const lost = (await refresh()).body;
  expect(lost).toMatchObject({ name: "Renamed", state: "not_accessible" });
  expect(lost.advice).toContain("Ask its owner (new-owner)");
  simulator.addCounter({ ...seed, grants: { [demo.login]: "edit" } });
  expect((await refresh()).body).toMatchObject({ state: "ready", advice: null });
  const counter = { id: demo.counterId, name: "Renamed", status: "Deleted", permission: "edit" };
  const body = JSON.stringify({ counter });
  simulator.faults.add({ match: { operation: "counter" }, fault: { kind: "status", status: 200, body } });
  expect((await refresh()).body).toMatchObject({ state: "deleted" });
});

test("a refresh that Metrika does not answer changes nothing", async () => {
  const { attach, refresh, simulator, manage } = await start();
  const attached = await attach();
  simulator.faults.add({ fault: { kind: "unreachable" } });
  expect([(await refresh()).status]).toEqual([503]);
  simulator.killToken(demo.token);
  expect((await refresh()).body.code).toBe("account_token_refused");
  expect((await manage("GET", `/v1/counters/${demo.counterId}`, undefined, { "accept-language": "en" })).body).toEqual(
    attached.body,
  );
});

test("a counter is not detached while webhooks send to it through an account, and they are named", async () => {
  const { manage, account } = await start();
  const body = { name: "CRM", counter_id: demo.counterId, account_id: account.uuid };
  const webhook = (await manage("POST", WEBHOOKS, body)).body;
  const detach = () => manage("DELETE", `/v1/counters/${demo.counterId}`);
  const refused = await detach();
  expect([refused.status, refused.body.code]).toEqual([409, "counter_in_use"]);
  expect(refused.body.detail).toContain("«CRM»");
  expect(refused.body.sources).toEqual([{ id: webhook.webhook_id, name: "CRM" }]);
  await manage("PATCH", `/v1/webhooks/${webhook.webhook_id}`, { token: demo.token });
  expect((await detach()).status).toBe(204);
});

test("a counter whose webhook was deleted can be detached", async () => {
  const { manage, account } = await start();
  const body = { name: "CRM", counter_id: demo.counterId, account_id: account.uuid };
  const { webhook_id } = (await manage("POST", WEBHOOKS, body)).body;
  await manage("DELETE", `/v1/webhooks/${webhook_id}`);
  expect((await manage("DELETE", `/v1/counters/${demo.counterId}`)).status).toBe(204);
});

test("a counter is made in Metrika and attached", async () => {
  const { create, made, sql } = await start();
  const { status, body } = await create({ ...NEW, site: "https://lavka.example/", time_zone: "Asia/Omsk" });
  expect([status, body]).toMatchObject([
    201,
    { name: NEW.name, site: NEW.site, time_zone: "Asia/Omsk", permission: "own", state: "ready", created: true },
  ]);
  expect(await made()).toMatchObject([{ counter_id: body.counter_id, attached: true }]);
  expect(await sql("select action, target_id from audit_events where target_kind = 'counter'")).toEqual([
    { action: "counter.created", target_id: String(body.counter_id) },
  ]);
});

for (const fault of [
  { kind: "store_then_reset" },
  { kind: "store_then_status", status: 504 },
] as const satisfies Fault[]) {
  test(`a counter whose answer was lost (${fault.kind}) is found and not made twice`, async () => {
    const { create, made, simulator } = await start();
    simulator.faults.add({ match: { operation: "create_counter" }, fault });
    const first = await create();
    expect([first.status, first.body.name]).toEqual([201, NEW.name]);
    const second = await create();
    expect([second.status, second.body.created, second.body.counter_id]).toEqual([200, false, first.body.counter_id]);
    expect(await made()).toHaveLength(1);
  });
}

test("a counter that could not be looked up after a lost answer is found by the next try", async () => {
  const { create, made, simulator } = await start();
  const match = { operation: "counters" } as const;
  simulator.faults.add({ match, fault: { kind: "status", status: 200, body: '{"rows":0,"counters":[]}' } });
  simulator.faults.add({ match, fault: { kind: "unreachable" } });
  simulator.faults.add({ match: { operation: "create_counter" }, fault: { kind: "store_then_reset" } });
  expect((await create()).body.code).toBe("metrika_not_answering");
  expect((await create()).body.created).toBe(false);
  expect(await made()).toHaveLength(1);
});

test("ten requests at once make one counter, and another one is made ten minutes later", async () => {
  const { create, made, advance } = await start();
  const answers = await Promise.all(Array.from({ length: 10 }, () => create()));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(await made()).toHaveLength(1);
  advance(11 * MINUTE);
  expect((await create()).status).toBe(201);
  expect(await made()).toHaveLength(2);
});

test("a new counter's faults are all listed, and a missing right is told", async () => {
  const test = await start();
  const faults = await test.create({ name: " ", site: "not a site", time_zone: "+03:00", extra: 1 });
  expect([faults.status, codesOf(faults.body.errors)]).toEqual([
    422,
    ["too_short", "site_format", "zone_name", "unknown_field"],
  ]);
  for (const site of ["localhost", "user@host.example", "a.example?x=1", "http://"])
    expect(codesOf((await test.create({ ...NEW, site })).body.errors)).toEqual(["site_format"]);
  const account = await connectAccount(test, { login: "reader", scopes: ["metrika:read"] });
  const refused = await test.manage("POST", `/v1/accounts/${account.uuid}/counters`, NEW);
  expect([refused.status, refused.body.code]).toEqual([409, "account_scope_missing"]);
});
