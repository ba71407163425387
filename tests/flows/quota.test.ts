import { expect, test } from "bun:test";
import * as v from "valibot";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { documentedQuotas } from "../../core/metrika/simulator/settings.ts";
import type { MetrikaSimulator } from "../../core/metrika/simulator/simulator.ts";
import type { RequestKind } from "../../core/store/store.ts";
import { QuotaOfLogin } from "../../gateway/routes/quota.ts";
import { HOUR, MINUTE, sale, startTestGateway, type TestGateway, type TestWebhook } from "../setup/gateway.ts";

type Quota = v.InferOutput<typeof QuotaOfLogin>;

async function quotaOf({ manage }: TestGateway): Promise<Quota[]> {
  const { status, body } = await manage("GET", "/v1/quota");
  expect(status).toBe(200);
  return v.parse(v.array(v.strictObject(QuotaOfLogin.entries)), body.data);
}

/** The agency's counters, all opened by one token. */
const agency = (counters: number) => (simulator: MetrikaSimulator) => {
  simulator.addToken("y0_agency", { login: "agency" });
  for (let id = 1; id <= counters; id++) {
    simulator.addCounter({ id, name: `Shop ${id}`, ownerLogin: "agency" });
    simulator.addGoal(id, "purchase");
  }
};

/** Requests of the agency on a day, as Metrika counts them. */
const countedOn = ({ simulator }: TestGateway, day: string) => ({
  reads: simulator.requests.byDay[`agency client_read ${day}`] ?? 0,
  writes: simulator.requests.byDay[`agency client_write ${day}`] ?? 0,
});

async function agencyWebhooks(rig: TestGateway, counters: number): Promise<TestWebhook[]> {
  const made: TestWebhook[] = [];
  for (let id = 1; id <= counters; id++)
    made.push(await rig.createWebhook({ counter_id: id, token: "y0_agency", name: `Shop ${id}` }));
  return made;
}

let sold = 0;
/** A sale that is like no other; Metrika of these tests knows every visitor. */
const newSale = (rig: TestGateway) => ({
  client_id: `17000${String(++sold).padStart(8, "0")}.1700000000`,
  ...{ target: "purchase", date_time: new Date(rig.clock.now() - HOUR).toISOString(), price: 1, currency: "RUB" },
});

test("the quota tells what Metrika has counted, what is left and when it is freed", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  await rig.post(webhook, [sale(0)]);
  await rig.work();
  const [told] = await quotaOf(rig);
  expect(told).toEqual({
    ...{ login: demo.login, credentials: 1, credentials_paused: 0, limit: 5000, reserve: 250 },
    // Two reads looked at the counter when the webhook was made.
    ...{ spent: { reads: 2, writes: 1 }, left: { reads: 4748, writes: 4749 } },
    ...{ planned: { reads: 48, writes: 2 }, linger_seconds: 300, poll_seconds: 900, split_files: true },
    ...{ enough_until: null, resets_at: "2026-11-24T00:00:00.000Z", exhausted: false },
  });
  const { client_read, client_write } = rig.simulator.requests.byGroup;
  expect(told?.spent).toEqual({ reads: client_read, writes: client_write });
});

test("the quota is told to keys that may read, and of an unknown login without its token", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ match: { operation: "login" }, fault: { kind: "status", status: 500 } });
  await rig.createWebhook();
  const [told] = await quotaOf(rig);
  expect(told).toMatchObject({ login: null, spent: { reads: 2, writes: 0 } });
  expect((await rig.request("GET", "/v1/quota")).status).toBe(401);
  const { body } = await rig.manage("POST", "/v1/api-keys", { name: "sender", scopes: ["intake"] });
  const headers = { authorization: `Bearer ${body.key}` };
  expect((await rig.request("GET", "/v1/quota", { headers })).body.code).toBe("forbidden_scope");
});

test("a login that could not be told at first is asked for later, and what was spent is then counted as its own", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ match: { operation: "login" }, fault: { kind: "status", status: 500 } });
  await rig.createWebhook();
  await rig.work();
  rig.advance(HOUR);
  await rig.work();
  const { body } = await rig.manage("GET", "/v1/quota");
  expect(body.data).toMatchObject([{ login: demo.login, spent: { reads: 2 } }]);
});

test("when Metrika calls the day used up, every webhook of the login rests, whoever met it", async () => {
  const rig = await startTestGateway({ env: { UPLOAD_LINGER_SECONDS: "0" } });
  rig.simulator.addToken("y0_second", { login: demo.login });
  const first = await rig.createWebhook();
  const second = await rig.createWebhook({ token: "y0_second" });
  rig.simulator.faults.add({
    match: { operation: "upload" },
    fault: { kind: "status", status: 429, errorType: "quota_requests_by_uid" },
  });
  await rig.post(first, [sale(0)]);
  await rig.work();
  await rig.post(second, [sale(1)]);
  await rig.work();
  expect(rig.simulator.requests.byOperation.upload).toBe(1);
  expect(await quotaOf(rig)).toMatchObject([
    { exhausted: true, credentials: 2, credentials_paused: 2, left: { reads: 0, writes: 0 } },
  ]);
  await rig.settle();
  expect(rig.simulator.ledger).toMatchObject({ total: 2, rows: 2 });
});

test("a counter's own used-up quota rests that counter alone, and is said of its rows", async () => {
  const rig = await startTestGateway({ settings: { visitors: "any" }, seed: agency(2) });
  const [tired, fresh] = (await agencyWebhooks(rig, 2)) as [TestWebhook, TestWebhook];
  rig.simulator.faults.add({
    match: { operation: "upload", counterId: 1 },
    fault: { kind: "status", status: 429, errorType: "quota_requests_by_counter_id" },
  });
  const waiting = await rig.post(tired, [newSale(rig)]);
  await rig.post(fresh, [newSale(rig)]);
  await rig.work();
  for (let hour = 0; hour < 3; hour++) {
    await rig.post(tired, [newSale(rig)]);
    rig.advance(HOUR);
    await rig.work();
  }
  expect((await rig.status(tired, waiting.body.batch_id)).errors).toEqual([
    expect.stringContaining("requests to this counter of Metrika is used up until 00:00 GMT"),
  ]);
  expect(rig.simulator.ledger.files.map(({ counterId }) => counterId)).toEqual([2]);
  expect(await quotaOf(rig)).toMatchObject([{ exhausted: false, credentials_paused: 0 }]);
  rig.advance(9 * HOUR + MINUTE);
  await rig.settle();
  expect(rig.simulator.ledger.total).toBe(5);
  // What came while the counter rested went together.
  expect(rig.simulator.ledger.files).toHaveLength(3);
});

/** Spends the worker's share of a day of 40 requests. */
async function spendShare({ gateway, clock }: TestGateway, kinds: readonly RequestKind[]): Promise<void> {
  const one = (kind: RequestKind) =>
    gateway.store.quota.spend({ loginKey: "agency", kind, limit: 38, now: clock.now() });
  for (const kind of kinds) while (await one(kind));
}

test("when the writes are spent, files wait for midnight while statuses go on being read", async () => {
  const env = { METRIKA_DAILY_REQUESTS: "40", UPLOAD_LINGER_SECONDS: "0" };
  const rig = await startTestGateway({ env, settings: { visitors: "any" }, seed: agency(1) });
  const [webhook] = (await agencyWebhooks(rig, 1)) as [TestWebhook];
  await rig.post(webhook, [newSale(rig)]);
  await rig.work();
  await rig.post(webhook, [newSale(rig)]);
  await rig.gateway.store.planning.sealRipe(rig.clock.now(), { maxRows: 1, maxBytes: 1 });
  await spendShare(rig, ["write"]);
  for (let hour = 0; hour < 3; hour++) {
    await rig.work();
    rig.advance(HOUR);
  }
  expect(await rig.gateway.store.uploads.countByState()).toEqual({ completed: 1, planned: 1 });
  expect(await quotaOf(rig)).toMatchObject([{ credentials_paused: 1, exhausted: false, left: { writes: 0 } }]);
  await rig.settle();
  expect(rig.simulator.ledger.total).toBe(2);
});

test("when the reads are spent, statuses wait for midnight while files go on being sent", async () => {
  const env = { METRIKA_DAILY_REQUESTS: "40", UPLOAD_LINGER_SECONDS: "0" };
  const rig = await startTestGateway({ env, settings: { visitors: "any" }, seed: agency(1) });
  const [webhook] = (await agencyWebhooks(rig, 1)) as [TestWebhook];
  await rig.post(webhook, [newSale(rig)]);
  await rig.work();
  await spendShare(rig, ["read"]);
  rig.advance(3 * HOUR);
  await rig.work();
  await rig.post(webhook, [newSale(rig)]);
  await rig.work();
  expect(await rig.gateway.store.uploads.countByState()).toEqual({ sent: 2 });
  expect(await quotaOf(rig)).toMatchObject([{ credentials_paused: 0, left: { reads: 0 } }]);
  await rig.settle();
  expect(await rig.gateway.store.uploads.countByState()).toEqual({ completed: 2 });
});

test("the worker that has spent its share rests, and a person's request still passes", async () => {
  const env = { METRIKA_DAILY_REQUESTS: "40", UPLOAD_LINGER_SECONDS: "0" };
  const rig = await startTestGateway({ env, settings: { visitors: "any" }, seed: agency(1) });
  const [webhook] = (await agencyWebhooks(rig, 1)) as [TestWebhook];
  await spendShare(rig, ["read", "write"]);
  const before = rig.simulator.requests.byGroup;
  const { body } = await rig.post(webhook, [newSale(rig)]);
  await rig.work();
  expect(rig.simulator.requests.byGroup).toEqual(before);
  expect((await rig.status(webhook, body.batch_id)).errors?.join()).toContain("until 00:00 GMT");
  const made = await rig.manage("POST", "/webhook/offline-conversions", {
    ...{ name: "Second", counter_id: 1, token: "y0_agency" },
  });
  expect(made.body.warnings).toEqual([]);
  expect(rig.simulator.requests.byGroup.client_read).toBe(before.client_read + 2);
});

test("counters in the ratio of two hundred to a login's 5000 requests sell around midnight within Metrika's quotas", async () => {
  const [counters, requestsPerDay] = [4, 100];
  const quotas = { ...documentedQuotas, requestsPerSecond: null, requestsPerDay };
  const env = { METRIKA_DAILY_REQUESTS: String(requestsPerDay) };
  const rig = await startTestGateway({ env, settings: { visitors: "any", quotas }, seed: agency(counters) });
  const webhooks = await agencyWebhooks(rig, counters);
  const midnight = Date.parse("2026-11-24T00:00:00Z");
  let posted = 0;
  while (rig.clock.now() < midnight + 2 * HOUR) {
    await Promise.all(webhooks.map((webhook) => rig.post(webhook, [newSale(rig)])));
    posted += webhooks.length;
    await rig.work();
    // Sending never comes to rest because too much was spent before.
    expect(await quotaOf(rig)).toMatchObject([{ credentials_paused: 0, exhausted: false }]);
    rig.advance(10 * MINUTE);
  }
  await rig.settle();

  for (const day of ["2026-11-23", "2026-11-24"]) {
    expect(countedOn(rig, day).writes).toBeLessThanOrEqual(0.95 * requestsPerDay);
    expect(countedOn(rig, day).reads).toBeLessThanOrEqual(0.95 * requestsPerDay);
  }
  expect(rig.simulator.requests.refused).toEqual({});
  expect(rig.simulator.requests.mostParallel.agency).toBeLessThanOrEqual(3);
  expect(rig.simulator.ledger.total).toBe(posted);
}, 60_000);
