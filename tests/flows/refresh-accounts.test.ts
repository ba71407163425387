import { afterEach, expect, test } from "bun:test";
import { resetSync } from "@logtape/logtape";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { configureLogging } from "../../gateway/logging.ts";
import { applicationEnv, connectByProgram, REDIRECT_URI, seedAccounts, webhookOf } from "../setup/accounts.ts";
import { codesOf, DAY, HOUR, MINUTE, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";

afterEach(() => resetSync());

/** The log from now on. */
function warnings(): readonly string[] {
  const lines: string[] = [];
  configureLogging({ level: "warning", format: "json", write: (line) => void lines.push(line) });
  return lines;
}

/** A gateway with one connected account. */
async function startConnected(env: Readonly<Record<string, string>> = applicationEnv) {
  const gateway = await startTestGateway({ seed: seedAccounts, env, settings: { visitors: "any" } });
  if (env !== applicationEnv) {
    const { clientId: client_id, clientSecret: client_secret } = demo.application;
    await gateway.manage("PUT", "/v1/oauth-application", { client_id, client_secret });
  }
  const id = String((await connectByProgram(gateway)).body.account_id);
  const asked = () => gateway.simulator.requests.byOperation.oauth_token ?? 0;
  return { gateway, id, asked };
}

const read = async ({ manage }: TestGateway, id: string) =>
  (await manage("GET", `/v1/accounts/${id}`, undefined, { "accept-language": "en" })).body;

async function pass(gateway: TestGateway, ms: number): Promise<void> {
  gateway.advance(ms);
  // As each night: PostgreSQL has tables for the weeks that come.
  if (ms > DAY) await gateway.gateway.store.maintenance.turnWeeks(gateway.clock.now(), 0);
  await gateway.work();
}

test("the access is renewed every three months by itself, and goes on for ever", async () => {
  const { gateway, id, asked } = await startConnected();
  const before = asked();
  await pass(gateway, 90 * DAY - MINUTE);
  expect(asked()).toBe(before);
  for (let quarter = 1; quarter <= 6; quarter++) {
    await pass(gateway, quarter === 1 ? MINUTE : 90 * DAY);
    expect(asked()).toBe(before + quarter);
  }
  const account = await read(gateway, id);
  expect(account).toMatchObject({ state: "connected", warnings: [] });
  const refreshedAt = Date.parse(String(account.refreshed_at));
  expect(refreshedAt).toBe(Date.parse("2026-11-23T12:00:00Z") + 6 * 90 * DAY);
  expect(Date.parse(String(account.expires_at))).toBe(refreshedAt + 365 * DAY);
});

test("a token that lives shortly is renewed when a third of its life is left", async () => {
  const gateway = await startTestGateway({
    ...{ seed: seedAccounts, env: applicationEnv },
    settings: { tokenLifetimeSeconds: 30 * 86_400 },
  });
  expect((await connectByProgram(gateway)).body.refresh_at).toBe("2026-12-13T12:00:00.000Z");
});

test("what waits for sending goes with the renewed token, also after the first one has ended", async () => {
  const { gateway, id } = await startConnected();
  const webhook = await webhookOf(gateway, id);
  await pass(gateway, 90 * DAY);
  await pass(gateway, 300 * DAY);
  const row = sale(0, { date_time: new Date(gateway.clock.now() - HOUR).toISOString() });
  const { body } = await gateway.post(webhook, [row]);
  await gateway.settle();
  expect(await gateway.status(webhook, body.batch_id)).toMatchObject({ status: "completed", processed: 1 });
});

test("while Yandex is silent the renewal is tried again, rarer and rarer, told once, and succeeds by itself", async () => {
  const lines = warnings();
  const { gateway, id, asked } = await startConnected();
  gateway.simulator.faults.add({
    match: { operation: "oauth_token" },
    times: "always",
    fault: { kind: "status", status: 503 },
  });
  const before = asked();
  await pass(gateway, 90 * DAY);
  expect(codesOf((await read(gateway, id)).warnings)).toEqual(["account_refresh_failing"]);
  for (let minute = 0; minute < 24 * 60; minute += 30) await pass(gateway, 30 * MINUTE);
  expect(asked() - before).toBeWithin(6, 16);
  expect(await read(gateway, id)).toMatchObject({ state: "refresh_failing" });
  expect(lines.filter((line) => line.includes("could not be renewed"))).toHaveLength(1);
  gateway.simulator.faults.clear();
  await pass(gateway, 6 * HOUR);
  expect(await read(gateway, id)).toMatchObject({ state: "connected", warnings: [] });
});

test("a lost answer that used up the refresh token is told as a need to connect anew, and sending goes on meanwhile", async () => {
  const { gateway, id } = await startConnected();
  const webhook = await webhookOf(gateway, id);
  gateway.simulator.faults.add({ match: { operation: "oauth_token" }, fault: { kind: "store_then_reset" } });
  await pass(gateway, 90 * DAY);
  expect(await read(gateway, id)).toMatchObject({ state: "refresh_failing" });
  await pass(gateway, HOUR);
  const ended = await read(gateway, id);
  expect([ended.state, codesOf(ended.warnings)]).toEqual(["reconnect_needed", ["account_refresh_ended"]]);
  expect(ended.refresh_at).toBeNull();
  const row = sale(0, { date_time: new Date(gateway.clock.now() - HOUR).toISOString() });
  const { body } = await gateway.post(webhook, [row]);
  await gateway.settle();
  expect(await gateway.status(webhook, body.batch_id)).toMatchObject({ status: "completed" });
  expect((await connectByProgram(gateway)).body).toMatchObject({ account_id: id, state: "connected", sources: 1 });
});

test("two weeks before a token dies that cannot be renewed, the log and the account warn once", async () => {
  const { gateway, id } = await startConnected();
  gateway.simulator.faults.add({
    match: { operation: "oauth_token" },
    fault: { kind: "status", status: 400, errorType: "invalid_grant" },
  });
  await pass(gateway, 90 * DAY);
  const lines = warnings();
  await pass(gateway, (365 - 90 - 15) * DAY);
  expect(lines).toEqual([]);
  for (let day = 0; day < 5; day++) await pass(gateway, DAY);
  expect(lines.filter((line) => line.includes(id) && line.includes("connect it anew"))).toHaveLength(1);
  await pass(gateway, 15 * DAY);
  const dead = await read(gateway, id);
  expect([dead.state, codesOf(dead.warnings)]).toEqual(["reconnect_needed", ["account_reconnect_needed"]]);
});

test("changed rights of the application end its tokens: sources wait, and a new consent frees them with what waited", async () => {
  const { gateway, id } = await startConnected();
  const webhook = await webhookOf(gateway, id);
  gateway.simulator.changeApplicationRights(demo.application.clientId, ["metrika:read", "metrika:write"]);
  const { body } = await gateway.post(webhook, [sale(0), sale(1)]);
  await gateway.work();
  expect(await gateway.status(webhook, body.batch_id)).toMatchObject({ status: "pending", processed: 0 });
  const waiting = await read(gateway, id);
  expect(waiting).toMatchObject({ state: "reconnect_needed", sources: 1, sending: { reason: "unauthorized" } });
  expect(codesOf(waiting.warnings)).toEqual(["account_reconnect_needed"]);
  const again = await connectByProgram(gateway, {}, { account_id: id });
  expect(again.body).toMatchObject({ account_id: id, state: "connected", is_new: false, sources: 1 });
  await gateway.settle();
  expect(await gateway.status(webhook, body.batch_id)).toMatchObject({ status: "completed", linked: 2 });
});

test("a disconnected account's sources take conversions and wait, and go on when it is connected anew", async () => {
  const { gateway, id } = await startConnected();
  const webhook = await webhookOf(gateway, id);
  expect((await gateway.manage("DELETE", `/v1/accounts/${id}`)).body).toMatchObject({ sources_waiting: 1 });
  const asked = gateway.simulator.requests.byOperation.upload ?? 0;
  const { body } = await gateway.post(webhook, [sale(0)]);
  await pass(gateway, HOUR);
  for (let day = 0; day < 3; day++) await pass(gateway, DAY);
  expect(gateway.simulator.requests.byOperation.upload ?? 0).toBe(asked);
  expect(await gateway.status(webhook, body.batch_id)).toMatchObject({ status: "pending" });
  await connectByProgram(gateway);
  await gateway.settle();
  expect(await gateway.status(webhook, body.batch_id)).toMatchObject({ status: "completed", processed: 1 });
});

test("an account of another application is not renewed, says so, and is once the former application is set again", async () => {
  const { gateway, id, asked } = await startConnected({});
  const other = gateway.simulator.addApplication({ clientId: "another-app", redirectUris: [REDIRECT_URI] });
  const set = (client_id: string, client_secret: string) =>
    gateway.manage("PUT", "/v1/oauth-application", { client_id, client_secret });
  await set(other.clientId, other.clientSecret);
  const before = asked();
  await pass(gateway, 90 * DAY);
  expect(asked()).toBe(before);
  const told = await read(gateway, id);
  expect([told.state, codesOf(told.warnings)]).toEqual(["refresh_failing", ["account_other_application"]]);
  await set(demo.application.clientId, demo.application.clientSecret);
  await pass(gateway, DAY);
  expect(await read(gateway, id)).toMatchObject({ state: "connected" });
});

test("an account that is connected anew while it is renewed keeps the tokens of the new consent", async () => {
  const { gateway, id } = await startConnected();
  const { store } = gateway.gateway;
  const account = await store.accounts.findByUuid(id);
  if (account === null) throw new Error("The account is gone.");
  const claim = gateway.clock.now() + MINUTE;
  expect(await store.accounts.claimRefresh(account, claim)).toBe(true);
  await connectByProgram(gateway);
  const late = { sealedRefreshToken: "x", expiresAt: null, refreshAt: 1, token: { sealed: "x", hash: "x" } };
  expect(await store.accounts.saveRefreshed(account.id, claim, late, gateway.clock.now())).toBe(false);
  expect((await store.credentials.get(account.credentialId))?.sealedToken).not.toBe("x");
});
