import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import type { Fault } from "../../core/metrika/simulator/faults.ts";
import type { MetrikaSimulator } from "../../core/metrika/simulator/simulator.ts";
import { addWorkspace, connectAccount, type TestAccount } from "../setup/connected-account.ts";
import { codesOf, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";

const PATH = `/v1/counters/${demo.counterId}/goals`;
const GOALS: readonly string[] = demo.goals.map(({ identifier }) => identifier);

/** A gateway whose workspace has the demo's counter attached. */
async function start(account: TestAccount = {}, seed: (simulator: MetrikaSimulator) => void = () => {}) {
  const gateway = await startTestGateway();
  seed(gateway.simulator);
  const connected = await connectAccount(gateway, account);
  const attached = await gateway.manage("POST", "/v1/counters", {
    ...{ account_id: connected.uuid, counter_id: demo.counterId },
  });
  expect(attached.status).toBe(201);
  const goals = async () => (await gateway.manage("GET", PATH)).body.data;
  const ensure = (body?: object) => gateway.manage("POST", `${PATH}/ensure`, body, { "accept-language": "en" });
  const check = (identifier: string) =>
    gateway.manage("GET", `${PATH}/check?identifier=${encodeURIComponent(identifier)}`, undefined, {
      "accept-language": "en",
    });
  return { ...gateway, account: connected, goals, ensure, check };
}

const strikeMaking = ({ simulator }: Pick<TestGateway, "simulator">, fault: Fault, times = 1) =>
  simulator.faults.add({ times, match: { operation: "create_goal" }, fault });
const identifiersOf = (goals: readonly Readonly<Record<string, unknown>>[]) =>
  goals.flatMap((goal) => goal.identifiers);

test("the goals of a counter are listed, each with whether conversions reach it and why not", async () => {
  const { goals, simulator } = await start();
  simulator.addGoal(demo.counterId, { identifier: "thanks", name: "Спасибо", type: "url" });
  simulator.addGoal(demo.counterId, { identifier: "form", condition: "contain" });
  const listed = await goals();
  expect(listed.map(({ identifiers, reachable }) => [identifiers, reachable])).toEqual([
    ...GOALS.map((identifier) => [[identifier], true]),
    ...[
      [[], false],
      [[], false],
    ],
  ]);
  expect(listed[0]).toMatchObject({ name: "Покупка", type: "action", reason: null });
  expect(listed.at(-2)).toMatchObject({ name: "Спасибо", reason: { code: "not_action" } });
  expect(listed.at(-1)).toMatchObject({ reason: { code: "not_exact" } });
});

test("a goal is looked for by its event identifier, never by its name or number", async () => {
  const { check, simulator } = await start();
  const { id } = simulator.addGoal(demo.counterId, { identifier: "hot", name: "4plus" });
  expect((await check("hot")).body).toMatchObject({ status: "exists", goal: { goal_id: String(id) }, nearest: null });
  expect((await check("4plus")).body).toMatchObject({ status: "missing", goal: null });
  expect((await check(String(id))).body).toMatchObject({ status: "missing" });
});

test("what is wrong with a goal is told, with the mend", async () => {
  const { check, simulator } = await start();
  simulator.addGoal(demo.counterId, { identifier: "4plus", type: "url" });
  const type = (await check("4plus")).body;
  expect(type).toMatchObject({ status: "wrong_type", goal: { type: "url", reachable: false } });
  expect(type.message).toContain("Make a goal of that type");
  simulator.addGoal(demo.counterId, { identifier: "4plus", condition: "regexp" });
  const condition = (await check("4plus")).body;
  expect(condition).toMatchObject({ status: "wrong_condition", goal: { type: "action" } });
  expect(condition.message).toContain("Change the condition");
  simulator.addGoal(demo.counterId, "4plus");
  expect((await check("4plus")).body).toMatchObject({ status: "exists" });
  const missing = (await check("purchas")).body;
  expect(missing).toMatchObject({ status: "missing", nearest: "purchase" });
  expect(missing.message).toContain("the nearest is “purchase”");
});

test("the goal 4plus is made once, however often it is asked for", async () => {
  const { ensure, goals, sql } = await start();
  const first = await ensure();
  expect([first.status, first.body]).toMatchObject([
    200,
    { created: true, identifiers: ["4plus"], name: "Визит уровня 4+ (скоринг)", type: "action", reachable: true },
  ]);
  expect((await ensure()).body).toEqual({ ...first.body, created: false });
  expect((await ensure({ identifier: "4plus", name: "Other" })).body).toEqual({ ...first.body, created: false });
  expect(identifiersOf(await goals())).toEqual([...GOALS, "4plus"]);
  expect(await sql("select action, target_id from audit_events where target_kind = 'goal'")).toEqual([
    { action: "goal.created", target_id: first.body.goal_id as string },
  ]);
});

test("twenty requests at once make one goal", async () => {
  const { ensure, goals, simulator } = await start();
  const answers = await Promise.all(Array.from({ length: 20 }, () => ensure({ identifier: "vip" })));
  expect(answers.filter(({ body }) => body.created === true)).toHaveLength(1);
  expect(new Set(answers.map(({ body }) => body.goal_id)).size).toBe(1);
  expect(identifiersOf(await goals())).toEqual([...GOALS, "vip"]);
  expect(simulator.requests.byOperation.create_goal).toBe(1);
});

for (const fault of [
  { kind: "store_then_reset" },
  { kind: "store_then_status", status: 502 },
  { kind: "wrong_json" },
] as const satisfies readonly Fault[]) {
  test(`a goal whose answer was lost (${fault.kind}) is found and not made twice`, async () => {
    const test = await start();
    strikeMaking(test, fault);
    const { status, body } = await test.ensure();
    expect([status, body.identifiers]).toEqual([200, ["4plus"]]);
    expect((await test.ensure()).body).toMatchObject({ created: false, goal_id: body.goal_id });
    expect(identifiersOf(await test.goals())).toEqual([...GOALS, "4plus"]);
  });
}

test("where the list cannot be read either after a lost answer, the next try finds the goal", async () => {
  const test = await start();
  const { simulator, ensure, goals } = test;
  strikeMaking(test, { kind: "store_then_reset" });
  const match = { operation: "goals" } as const;
  simulator.faults.add({ match, fault: { kind: "status", status: 200, body: '{"goals":[]}' } });
  simulator.faults.add({ match, fault: { kind: "unreachable" } });
  const lost = await ensure();
  expect([lost.status, lost.body.code]).toEqual([503, "metrika_not_answering"]);
  expect((await ensure()).body).toMatchObject({ created: false });
  expect(identifiersOf(await goals())).toEqual([...GOALS, "4plus"]);
});

test("rows that wait for a goal are sent as soon as it was made", async () => {
  const { createWebhook, post, settle, work, status, manage, simulator } = await start();
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0, { target: "vip" })]);
  await settle();
  expect(await status(webhook, body.batch_id)).toMatchObject({ status: "error", uploads: [] });
  expect((await manage("POST", PATH, { identifier: "vip" })).status).toBe(201);
  await work();
  expect(simulator.ledger.files).toHaveLength(1);
  await settle();
  expect(await status(webhook, body.batch_id)).toMatchObject({ status: "completed", linked: 1, set_aside: [] });
});

test("reading the goals by hand frees rows too, and reading them again asks Metrika for nothing more", async () => {
  const { createWebhook, post, settle, work, goals, simulator } = await start();
  const webhook = await createWebhook();
  await post(webhook, [sale(0, { target: "vip" }), sale(1, { target: "vop" })]);
  await settle();
  simulator.addGoal(demo.counterId, "vip");
  await goals();
  await work();
  expect(simulator.ledger.files).toHaveLength(1);
  const before = simulator.requests.byOperation.goals ?? 0;
  await goals();
  await work();
  expect((simulator.requests.byOperation.goals ?? 0) - before).toBe(1);
});

test("a goal is made under its identifier unless it is named, and its number is no way around one that exists", async () => {
  const { manage } = await start();
  const made = await manage("POST", PATH, { identifier: "заявка" });
  expect([made.status, made.body]).toMatchObject([201, { name: "заявка", identifiers: ["заявка"] }]);
  expect((await manage("POST", PATH, { identifier: "vip", name: "Важный" })).body).toMatchObject({ name: "Важный" });
  const again = await manage("POST", PATH, { identifier: "заявка", name: "Вторая" });
  expect([again.status, again.body.code]).toEqual([409, "goal_exists"]);
  expect(again.body.detail).toContain(String(made.body.goal_id));
});

test("a goal of the wrong type under the wanted identifier is a conflict that names it", async () => {
  const { ensure, goals, simulator } = await start();
  const { id } = simulator.addGoal(demo.counterId, { identifier: "4plus", type: "url" });
  const { status, body } = await ensure();
  expect([status, body.code, body.fault]).toEqual([409, "goal_wrong_type", "wrong_type"]);
  expect(body.detail).toContain(`goal ${id} of type "url"`);
  expect(await goals()).toHaveLength(GOALS.length + 1);
});

test("the limit of goals is told by our own count, and by Metrika's refusal", async () => {
  const test = await start();
  strikeMaking(test, { kind: "status", status: 400, errorType: "limit_exceeded" });
  const refused = await test.ensure();
  expect([refused.status, refused.body.code]).toEqual([409, "goal_limit_reached"]);
  for (let n = GOALS.length; n < 200; n++) test.simulator.addGoal(demo.counterId, `goal${n}`);
  const asked = test.simulator.requests.byOperation.create_goal;
  const counted = await test.ensure();
  expect([counted.status, counted.body.code]).toEqual([409, "goal_limit_reached"]);
  expect(counted.body.detail).toContain("200");
  expect(test.simulator.requests.byOperation.create_goal).toBe(asked);
});

for (const scopes of [["metrika:read"], undefined]) {
  test(`a token that may only read is told, where Yandex ${scopes ? "told" : "did not tell"} its rights`, async () => {
    const account = { token: "y0_that-reads", ...(scopes && { scopes }) };
    const test = await start(account, (simulator) => {
      simulator.addToken("y0_that-reads", { login: demo.login, scopes: ["metrika:read"] });
    });
    const { status, body } = await test.ensure();
    expect([status, body.code]).toEqual([409, "account_scope_missing"]);
    expect(body.detail).toContain("metrika:write");
    expect(test.simulator.requests.byOperation.create_goal ?? 0).toBe(scopes ? 0 : 1);
  });
}

test("a counter that may only be read is told with whom to ask", async () => {
  const gateway = await startTestGateway();
  gateway.simulator.addToken("y0_of-the-viewer", { login: demo.viewer });
  const account = await connectAccount(gateway, { token: "y0_of-the-viewer", login: demo.viewer });
  const language = { "accept-language": "en" };
  await gateway.manage("POST", "/v1/counters", { account_id: account.uuid, counter_id: demo.counterId });
  const { status, body } = await gateway.manage("POST", `${PATH}/ensure`, {}, language);
  expect([status, body.code]).toEqual([409, "counter_read_only"]);
  expect(body.detail).toContain(`Ask its owner (${demo.login}) to grant ${demo.viewer} the right to edit`);
});

test("Metrika out of reach is told with the time to wait, and a dead token by itself", async () => {
  const { ensure, check, manage, simulator } = await start();
  simulator.faults.add({ times: "always", fault: { kind: "unreachable" } });
  for (const answer of [await ensure(), await check("4plus"), await manage("GET", PATH)]) {
    expect([answer.status, answer.body.code]).toEqual([503, "metrika_not_answering"]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  }
  simulator.faults.clear();
  simulator.faults.add({ match: { operation: "create_goal" }, fault: { kind: "status", status: 503, retryAfter: 42 } });
  expect((await ensure()).headers.get("retry-after")).toBe("42");
  simulator.killToken(demo.token);
  const dead = await ensure();
  expect([dead.status, dead.body.code]).toEqual([409, "account_token_refused"]);
});

test("a used-up quota is told with when it is freed", async () => {
  const test = await start();
  strikeMaking(test, { kind: "status", status: 429, errorType: "quota_requests_by_uid" });
  const daily = await test.ensure();
  expect([daily.status, daily.body.code, daily.headers.get("retry-after")]).toEqual([
    ...[429, "metrika_quota_exhausted", String(12 * 3600)],
  ]);
  expect(daily.body.detail).toContain("2026-11-24T00:00:00.000Z");
  strikeMaking(test, { kind: "status", status: 429, errorType: "quota_requests_by_ip", retryAfter: 7 });
  expect((await test.ensure()).headers.get("retry-after")).toBe("7");
});

test("people may use what the worker leaves of the day's requests, and are told when it is gone", async () => {
  const gateway = await startTestGateway({ env: { METRIKA_DAILY_REQUESTS: "20" } });
  const account = await connectAccount(gateway);
  await gateway.manage("POST", "/v1/counters", { account_id: account.uuid, counter_id: demo.counterId });
  const statuses: number[] = [];
  for (let n = 0; n < 20; n++) statuses.push((await gateway.manage("GET", PATH)).status);
  expect(statuses).toEqual([...Array<number>(19).fill(200), 429]);
});

test("an identifier that Metrika does not take, or a name that is none, is a fault of that field", async () => {
  const { manage } = await start();
  const fault = async (method: string, path: string, body?: object) => {
    const answer = await manage(method, path, body);
    return [answer.status, codesOf(answer.body.errors)];
  };
  for (const identifier of ["a+b", "a/b", 'say "x"'])
    expect(await fault("POST", PATH, { identifier })).toEqual([422, ["goal_identifier_format"]]);
  expect(await fault("POST", PATH, {})).toEqual([422, ["required"]]);
  expect(await fault("POST", PATH, { identifier: " ", name: "" })).toEqual([422, ["too_short", "too_short"]]);
  expect(await fault("POST", PATH, { identifier: 4 })).toEqual([422, ["wrong_type"]]);
  expect(await fault("POST", `${PATH}/ensure`, { identifier: "x".repeat(256), extra: 1 })).toEqual([
    422,
    ["too_long", "unknown_field"],
  ]);
  expect((await manage("GET", `${PATH}/check`)).body.identifier).toBe("4plus");
  expect(await fault("GET", `${PATH}/check?identifier=a%3Db`)).toEqual([422, ["goal_identifier_format"]]);
});

test("a counter that is not attached, or attached to another workspace, is 404 in the same words", async () => {
  const { manage, gateway, config, clock, simulator } = await start();
  simulator.addCounter({ id: 222, name: "Other", ownerLogin: demo.login });
  const foreign = await connectAccount({ gateway, config, clock }, { workspaceId: await addWorkspace({ config }) });
  const facts = { name: "Other", site: null, timeZone: null, permission: "own", ownerLogin: null, status: "Active" };
  await gateway.store.counters.attach({
    ...{ ...facts, workspaceId: foreign.workspaceId, counterId: 222, accountId: foreign.id },
    ...{ errorCode: null, attachedAt: 0, refreshedAt: 0 },
  });
  const told = async (method: string, path: string, id: number | string, body?: object) => {
    const answer = await manage(method, path.replace("ID", String(id)), body);
    expect([answer.status, answer.body.code]).toEqual([404, "counter_not_attached"]);
    return answer.body.detail.replace(String(id), "");
  };
  for (const [method, path, body] of [
    ["GET", "/v1/counters/ID/goals"],
    ["GET", "/v1/counters/ID/goals/check?identifier=x"],
    ["POST", "/v1/counters/ID/goals", { identifier: "x" }],
    ["POST", "/v1/counters/ID/goals/ensure", {}],
    ["GET", "/v1/counters/ID"],
    ["POST", "/v1/counters/ID/refresh"],
    ["DELETE", "/v1/counters/ID"],
  ] as const) {
    const words = [await told(method, path, 222, body), await told(method, path, 333, body)];
    expect(new Set([...words, await told(method, path, "abc", body)]).size).toBe(1);
  }
});

test("the goals of a counter whose account was disconnected cannot be asked for", async () => {
  const { gateway, manage } = await start();
  const { accounts, counters, installation } = gateway.store;
  const counter = await counters.get(installation.workspaceId, demo.counterId);
  const account = await accounts.get(counter?.accountId ?? 0);
  if (!counter || !account) throw new Error("The counter was not attached.");
  const { id: _, ...gone } = { ...account, uuid: crypto.randomUUID(), disconnectedAt: 1 };
  await counters.attach({ ...counter, accountId: (await accounts.create(gone)).id });
  const { status, body } = await manage("GET", PATH);
  expect([status, body.code]).toEqual([409, "counter_account_disconnected"]);
  expect((await manage("GET", `/v1/counters/${demo.counterId}`)).body.state).toBe("account_disconnected");
});
