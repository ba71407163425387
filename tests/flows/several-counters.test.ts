import { expect, test } from "bun:test";
import { demo, demoVisitors, seedDemo } from "../../core/metrika/simulator/demo-data.ts";
import type { MetrikaSimulator } from "../../core/metrika/simulator/simulator.ts";
import { DAY, HOUR, sale, startTestGateway } from "../setup/gateway.ts";
import { createTeller, tellingPlugin } from "../setup/telling-plugin.ts";

const OTHER = demo.counterId + 1;

/** The demo's world with a second shop of the same login, which knows its visitors but not the goal of a lead. */
function seedTwoShops(simulator: MetrikaSimulator): void {
  seedDemo(simulator);
  simulator.addCounter({ id: OTHER, name: "The other shop", ownerLogin: demo.login });
  simulator.addGoal(OTHER, "purchase");
  for (const { daysAgo, ...visitor } of demoVisitors) {
    const startTime = simulator.now() - daysAgo * DAY;
    simulator.addVisit(OTHER, { ...visitor, startTime, endTime: startTime + HOUR });
  }
}

async function startTwoShops() {
  const gateway = await startTestGateway({ plugins: [tellingPlugin], seed: seedTwoShops });
  return { gateway, ...(await createTeller(gateway, { counters: [OTHER], dedupeBy: "purchase" })) };
}

test("facts of one source for two counters go to each in files of its own", async () => {
  const { gateway, tell } = await startTwoShops();
  const own = await tell({ facts: [sale(0), sale(1)] });
  const other = await tell({ facts: [sale(0), sale(2)], counterId: OTHER });
  expect([own.body, other.body]).toMatchObject([{ accepted_count: 2 }, { accepted_count: 2 }]);
  await gateway.settle();
  const told = gateway.simulator.ledger.conversions().map(({ counterId, identifier }) => [counterId, identifier]);
  expect(told.toSorted()).toEqual([
    [demo.counterId, String(sale(0).client_id)],
    [demo.counterId, String(sale(1).client_id)],
    [OTHER, String(sale(0).client_id)],
    [OTHER, String(sale(2).client_id)],
  ]);
  for (const [{ body }, counterId] of [[own, demo.counterId] as const, [other, OTHER] as const]) {
    const status = (await gateway.manage("GET", `/v1/batches/${body.batch_id}`)).body;
    expect(status).toMatchObject({ status: "completed", linked: 2, counter_id: counterId, errors: null });
    expect(status.uploads).toMatchObject([{ counter_id: counterId, rows: 2 }]);
  }
});

test("a goal that one counter has and the other lacks holds the rows of the other alone", async () => {
  const { gateway, tell } = await startTwoShops();
  const lead = sale(0, { target: "lead" });
  const own = await tell({ facts: [lead] });
  const other = await tell({ facts: [lead], counterId: OTHER });
  expect(own.body.warnings).toEqual([]);
  await gateway.settle();
  const statusOf = async (batchId: string) => (await gateway.manage("GET", `/v1/batches/${batchId}`)).body;
  expect(await statusOf(own.body.batch_id)).toMatchObject({ status: "completed", linked: 1, set_aside: [] });
  const waiting = await statusOf(other.body.batch_id);
  expect(waiting).toMatchObject({ status: "error", set_aside: [{ target: "lead", reason: "waiting_goal", rows: 1 }] });
  expect(String(waiting.errors)).toContain("purchase");
  gateway.simulator.addGoal(OTHER, "lead");
  gateway.advance(HOUR);
  await gateway.settle();
  expect(await statusOf(other.body.batch_id)).toMatchObject({ status: "completed", linked: 1, counter_id: OTHER });
});

test("a missing goal is made on the counter that the rows are for", async () => {
  const gateway = await startTestGateway({ plugins: [tellingPlugin], seed: seedTwoShops });
  const { tell } = await createTeller(gateway, { counters: [OTHER], createMissingGoals: true });
  const { body } = await tell({ facts: [sale(0, { target: "callback" })], counterId: OTHER });
  await gateway.settle();
  expect((await gateway.manage("GET", `/v1/batches/${body.batch_id}`)).body).toMatchObject({ linked: 1 });
  const goals = async (counter: number) => (await gateway.gateway.store.goals.get(1, counter))?.identifiers ?? [];
  expect(await goals(OTHER)).toContain("callback");
  expect(await goals(demo.counterId)).not.toContain("callback");
});

test("one deal is told to each counter once, whatever its time", async () => {
  const { gateway, tell } = await startTwoShops();
  const later = sale(0, { date_time: "2026-11-23T11:00:00Z" });
  await tell({ facts: [sale(0)], keys: ["deal:7"] });
  await tell({ facts: [sale(0)], keys: ["deal:7"], counterId: OTHER });
  const again = await tell({ facts: [later], keys: ["deal:7"], counterId: OTHER });
  expect(again.body).toMatchObject({ accepted_count: 0, duplicate_count: 1 });
  const corrected = await tell({ facts: [{ ...later, price: 90 }], keys: ["deal:7"], counterId: OTHER });
  expect(corrected.body).toMatchObject({ accepted_count: 1 });
  await gateway.settle();
  expect(gateway.simulator.ledger.conversions().map(({ counterId, price }) => [counterId, price])).toEqual([
    [demo.counterId, "1500"],
    [OTHER, "90"],
  ]);
});

test("a request that is told counter by counter under one idempotency key is answered for each", async () => {
  const { tell } = await startTwoShops();
  const idempotency = { key: "message 1", bodyHash: "hash" };
  const own = { facts: [sale(0)], idempotency };
  const other = { facts: [sale(1), sale(2)], counterId: OTHER, idempotency };
  const first = [(await tell(own)).body, (await tell(other)).body];
  expect(first).toMatchObject([{ accepted_count: 1 }, { accepted_count: 2 }]);
  expect([(await tell(own)).body, (await tell(other)).body]).toEqual(first);
});

test("a counter that the source may not send to is refused, and nothing is stored", async () => {
  const { gateway, tell } = await startTwoShops();
  const { status, body } = await tell({ facts: [sale(0)], counterId: 99 });
  expect([status, body.code]).toEqual([409, "counter_not_allowed"]);
  expect(body.detail).toContain(`${demo.counterId}, ${OTHER}`);
  expect(await gateway.sql("select 1 from batches")).toEqual([]);
});

test("dead letters and match rates tell the counter that the rows were for", async () => {
  const { gateway, tell } = await startTwoShops();
  await tell({ facts: [sale(0)], counterId: OTHER });
  await gateway.settle();
  const rates = (await gateway.manage("GET", `/v1/match-rates?by=counter&counter_id=${OTHER}`)).body.data;
  expect(rates).toMatchObject([{ counter_id: OTHER, rows: 1, rate: 1 }]);
  await tell({ facts: [sale(1, { target: "nothing" })], counterId: OTHER });
  gateway.advance(30 * DAY);
  await gateway.settle();
  const letters = (await gateway.manage("GET", `/v1/dead-letters?counter_id=${OTHER}`)).body.data;
  expect(letters).toMatchObject([{ counter_id: OTHER, target: "nothing", reason: "goal_not_found" }]);
  expect((await gateway.manage("GET", `/v1/dead-letters?counter_id=${demo.counterId}`)).body.data).toEqual([]);
});
