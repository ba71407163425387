import { expect, test } from "bun:test";
import { RetryLater } from "metrika-gateway/plugin";
import { createCrm, dealOf, dealPlugin, formOf, startWithCrm, tellDeal } from "../setup/deal-plugin.ts";
import { HOUR, MINUTE, SECOND, type TestGateway } from "../setup/gateway.ts";

const busy = new RetryLater({ ru: "CRM занята", en: "The CRM is busy" });

const sentOf = ({ simulator }: TestGateway) => simulator.ledger.conversions().length;

test("the sender is answered while its CRM hangs, and what it told is handled once the CRM answers", async () => {
  const crmAnswers = Promise.withResolvers<void>();
  const { gateway, crm } = await startWithCrm(async (source, deal) => {
    await crmAnswers.promise;
    return tellDeal(source, deal);
  });
  expect(await crm.send(dealOf(0))).toBe(200);
  const working = gateway.work();
  expect(await crm.send(dealOf(1))).toBe(200);
  crmAnswers.resolve();
  await working;
  await gateway.work();
  expect(await crm.states()).toEqual(["taken", "taken"]);
});

test("a CRM that is busy is asked again after the pause that it wants, and its deal is counted once", async () => {
  let isBusy = true;
  const { gateway, crm } = await startWithCrm(async (source, deal) => {
    if (isBusy) throw new RetryLater(busy.reason, 120);
    return tellDeal(source, deal);
  });
  await crm.send(dealOf(0));
  await gateway.work();
  expect(await crm.intakes()).toMatchObject([
    { state: "waiting", failures: 1, errorCode: "retry_later", nextAttemptAt: gateway.clock.now() + 2 * MINUTE },
  ]);
  isBusy = false;
  gateway.advance(2 * MINUTE - 1);
  await gateway.work();
  expect(await crm.states()).toEqual(["waiting"]);
  gateway.advance(1);
  await gateway.settle();
  expect(await crm.intakes()).toMatchObject([{ state: "taken", failures: 0, attempts: 2, error: null }]);
  expect(sentOf(gateway)).toBe(1);
});

test("what failed after it told its deal is answered as the first time, and neither counts twice nor makes a second batch", async () => {
  let attempts = 0;
  const { gateway, crm } = await startWithCrm(async (source, deal) => {
    await tellDeal(source, deal);
    if (++attempts < 3) throw busy;
    return [];
  });
  await crm.send(dealOf(0));
  for (let i = 0; i < 3; i++) {
    await gateway.work();
    gateway.advance(MINUTE);
  }
  expect(await crm.intakes()).toMatchObject([{ state: "taken", attempts: 3, accepted: 1, duplicates: 0 }]);
  expect(await gateway.sql("select count(*) as n from batches")).toEqual([{ n: 1 }]);
});

test("a stage without a target sets a deal aside; once it is mapped a replay takes as many as it counted, and no more", async () => {
  const { gateway, crm } = await startWithCrm();
  await crm.send(dealOf(0));
  for (const number of [1, 2, 3]) await crm.send(dealOf(number, { stage: "paid" }));
  await gateway.settle();
  expect(await crm.states()).toEqual(["taken", "set_aside", "set_aside", "set_aside"]);
  await crm.change({ config: { stages: { won: "purchase", paid: "purchase" } } });
  expect(await crm.replay({ dry_run: true })).toBe(3);
  expect(await crm.replay()).toBe(3);
  await gateway.settle();
  expect(await crm.states()).toEqual(["taken", "taken", "taken", "taken"]);
  expect(sentOf(gateway)).toBe(4);
  expect(await crm.replay()).toBe(0);
  expect(await crm.replay({ states: ["taken"] })).toBe(4);
  const filesBefore = gateway.simulator.ledger.files.length;
  await gateway.settle();
  expect(gateway.simulator.ledger.files).toHaveLength(filesBefore);
});

test("a deal that has another price when it is replayed is a correction, not a duplicate", async () => {
  let price = "100";
  const { gateway, crm } = await startWithCrm((source, deal) => tellDeal(source, { ...deal, price }));
  await crm.send(dealOf(0));
  await gateway.settle();
  price = "250";
  await crm.replay({ states: ["taken"] });
  await gateway.settle();
  expect(await crm.intakes()).toMatchObject([{ accepted: 2, duplicates: 0, replays: 1 }]);
  expect(gateway.simulator.ledger.conversions()).toMatchObject([{ price: "250" }]);
});

test("a source whose deals fail in a row rests, one try tells whether it works again, and a changed source is tried at once", async () => {
  let isBusy = true;
  let calls = 0;
  const { gateway, crm } = await startWithCrm(async (source, deal) => {
    calls++;
    if (isBusy) throw busy;
    return tellDeal(source, deal);
  });
  for (let number = 0; number < 8; number++) await crm.send(dealOf(number));
  await gateway.work();
  expect(calls).toBe(5);
  gateway.advance(30 * SECOND - 1);
  await gateway.work();
  expect(calls).toBe(5);
  gateway.advance(1);
  await gateway.work();
  expect(calls).toBe(6);
  gateway.advance(30 * SECOND);
  await gateway.work();
  expect(calls).toBe(6);
  isBusy = false;
  await crm.change({ name: "Mended" });
  await gateway.work();
  gateway.advance(HOUR);
  await gateway.work();
  expect(new Set(await crm.states())).toEqual(new Set(["taken"]));
});

test("one deal that fails again and again does not make its source rest", async () => {
  const { gateway, crm } = await startWithCrm(async (source, deal) => {
    if (deal.deal === "D-0") throw new Error("a poisoned deal");
    return tellDeal(source, deal);
  });
  await crm.send(dealOf(0));
  for (let i = 0; i < 12; i++) {
    await gateway.work();
    gateway.advance(HOUR);
  }
  await crm.send(dealOf(1));
  await gateway.work();
  expect(await crm.states()).toEqual(["waiting", "taken"]);
});

test("a greeting is answered alike whether there is such a source or not, and nothing of it is kept", async () => {
  const { gateway, crm } = await startWithCrm();
  const unknown = "0192a3b4-0000-7000-8000-000000000000";
  const greet = (id: string, body: string) =>
    gateway.request("POST", `/sources/test-deals/${id}/no-secret`, { headers: { "content-type": "text/plain" }, body });
  const answers = [await greet(crm.id, "test=test"), await greet(unknown, "test=test")];
  expect(answers.map(({ status, text }) => [status, text])).toEqual(Array(2).fill([200, '{"status":"ok"}']));
  const refusals = [await greet(crm.id, "deal=1"), await greet(unknown, "deal=1")];
  expect(refusals.map(({ status, body }) => [status, body.code])).toEqual(Array(2).fill([403, "secret_wrong"]));
  expect(await crm.states()).toEqual([]);
});

test("a deal in the address is kept without its secret", async () => {
  const { gateway, crm } = await startWithCrm();
  expect((await gateway.request("GET", `${crm.path}?${formOf(dealOf(0))}`)).status).toBe(200);
  await gateway.work();
  expect(await crm.intakes()).toMatchObject([{ state: "taken", method: "GET", bytes: 0 }]);
});

test("a sender is asked to come again while the disk takes nothing", async () => {
  const { gateway, crm } = await startWithCrm();
  const { rawIntakes } = gateway.gateway.store;
  const { keep } = rawIntakes;
  Object.assign(rawIntakes, { keep: () => Promise.reject(new Error("disk full")) });
  const answer = await gateway.request("POST", crm.path, { body: dealOf(0) });
  expect([answer.status, answer.body.code, answer.headers.get("retry-after")]).toEqual([
    503,
    "storage_unavailable",
    "2",
  ]);
  Object.assign(rawIntakes, { keep });
  expect(await crm.send(dealOf(0))).toBe(200);
});

test("a source whose config no longer fits keeps what comes, and goes on once it is mended", async () => {
  const { gateway, crm } = await startWithCrm();
  const { store } = gateway.gateway;
  const source = await store.sources.findByUuid(crm.id);
  if (source === null) throw new Error("The source is gone.");
  await gateway.gateway.sources.change(source, { config: { stages: 7 } });
  expect(await crm.send(dealOf(0))).toBe(200);
  await gateway.work();
  expect(await crm.intakes()).toMatchObject([{ state: "kept", errorCode: "config_field_unfit" }]);
  await crm.change({ config: { stages: { won: "purchase" } } });
  await gateway.work();
  expect(await crm.states()).toEqual(["taken"]);
});

test("without its plugin a source keeps what shows its secret, asks others to come again, and goes on when the plugin is back", async () => {
  const listed = [dealPlugin()];
  const { gateway, crm } = await startWithCrm(undefined, { plugins: listed });
  listed.length = 0;
  await gateway.restart();
  expect(await crm.send(dealOf(0))).toBe(200);
  const wrong = await gateway.request("POST", crm.path.replace(/[^/]+$/, "wrong"), { body: "deal=1" });
  const unknown = await gateway.request("POST", "/sources/test-deals/0192a3b4-0000-7000-8000-000000000000/wrong");
  const told = [wrong, unknown].map(({ status, body, headers }) => [status, body.code, headers.get("retry-after")]);
  expect(told).toEqual(Array(2).fill([503, "plugin_missing", "300"]));
  const source = await gateway.gateway.store.sources.findByUuid(crm.id);
  expect(await gateway.gateway.store.sourceHealth.get(source?.id ?? 0)).toMatchObject({ errorCode: "plugin_missing" });
  await gateway.work();
  expect(await crm.states()).toEqual(["kept"]);
  listed.push(dealPlugin());
  await gateway.restart();
  await gateway.work();
  expect(await crm.states()).toEqual(["taken"]);
});

test("a gateway that stops gives back what its plugin is at, which is no failure, and goes on with it after the next start", async () => {
  let isFirst = true;
  const begun = Promise.withResolvers<void>();
  const { gateway, crm } = await startWithCrm(async (source, deal) => {
    if (!isFirst) return tellDeal(source, deal);
    isFirst = false;
    begun.resolve();
    return new Promise(() => {});
  });
  await crm.send(dealOf(0));
  const round = gateway.gateway.rawIntakes.runOnce();
  await begun.promise;
  await gateway.restart();
  await round;
  expect(await crm.intakes()).toMatchObject([{ state: "waiting", failures: 0, errorCode: null }]);
  await gateway.work();
  expect(await crm.intakes()).toMatchObject([{ state: "taken", attempts: 2 }]);
});

test("what comes while the worker runs is handled at once, without anybody's asking", async () => {
  const told = Promise.withResolvers<void>();
  const { gateway, crm } = await startWithCrm(async (source, deal) => {
    const leftovers = await tellDeal(source, deal);
    told.resolve();
    return leftovers;
  });
  gateway.gateway.rawIntakes.start();
  await crm.send(dealOf(0));
  await told.promise;
  await gateway.gateway.rawIntakes.stop(5000);
  expect(await crm.states()).toEqual(["taken"]);
});

test("what waits in a source is handled after its deletion, unless it is to be discarded", async () => {
  const { gateway, crm: discarded } = await startWithCrm();
  const deleted = await createCrm(gateway);
  for (const crm of [discarded, deleted]) await crm.send(dealOf(0));
  await gateway.manage("DELETE", `/v1/sources/${discarded.id}?discard=true`);
  await gateway.manage("DELETE", `/v1/sources/${deleted.id}`);
  await gateway.work();
  expect([await discarded.states(), await deleted.states()]).toEqual([["failed"], ["taken"]]);
});

test("deals of one source are handled in the order in which they came, one at a time", async () => {
  const seen: string[] = [];
  let atOnce = 0;
  const { gateway, crm } = await startWithCrm(async (source, deal) => {
    atOnce++;
    seen.push(`${deal.deal} ${atOnce}`);
    await Bun.sleep(1);
    atOnce--;
    return tellDeal(source, deal);
  });
  for (const number of [0, 1, 2]) await crm.send(dealOf(number));
  await gateway.work();
  expect(seen).toEqual(["D-0 1", "D-1 1", "D-2 1"]);
});
