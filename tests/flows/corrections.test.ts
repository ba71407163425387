import { expect, test } from "bun:test";
import fc from "fast-check";
import { DAY, MINUTE, sale, startTestGateway } from "../setup/gateway.ts";
import { propertyRuns } from "../setup/property-runs.ts";

test("a correction that comes before the file is sent replaces the price, and both batches follow it", async () => {
  const { createWebhook, post, status, rows, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const first = await post(webhook, [sale(0, { price: 100 })]);
  const second = await post(webhook, [sale(0, { price: 250.5 })]);
  expect(second.body).toMatchObject({ accepted_count: 1, duplicate_count: 0 });
  await settle();
  expect(simulator.ledger.conversions()).toMatchObject([{ price: "250.5", timesUploaded: 1 }]);
  expect(await status(webhook, first.body.batch_id)).toMatchObject({ status: "completed", processed: 1 });
  expect(await status(webhook, second.body.batch_id)).toMatchObject({ status: "completed", processed: 1 });
  expect(await rows(first.body.batch_id)).toMatchObject([{ kind: "replaced", conversion: { price: "100" } }]);
  expect(await rows(second.body.batch_id)).toMatchObject([{ kind: "accepted", conversion: { price: "250.5" } }]);
});

test("a correction of a settled conversion goes up again and is counted once, at the last price", async () => {
  const { createWebhook, post, status, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const first = await post(webhook, [sale(0, { price: 100 })]);
  await settle();
  const second = await post(webhook, [sale(0, { price: 70 })]);
  await settle();
  expect(simulator.ledger.conversions()).toMatchObject([{ price: "70", timesUploaded: 2 }]);
  expect(simulator.ledger.total).toBe(1);
  const told = [await status(webhook, first.body.batch_id), await status(webhook, second.body.batch_id)];
  expect(told.map(({ status, processed, linked }) => [status, processed, linked])).toEqual([
    ["completed", 1, 1],
    ["completed", 1, 1],
  ]);
  expect(told[0]?.metrika_upload_id).not.toBe(told[1]?.metrika_upload_id ?? "");
});

test("a correction of a conversion that is on its way waits for that file, so that the last price wins", async () => {
  const { createWebhook, post, status, work, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  await post(webhook, [sale(0, { price: 100 })]);
  await work();
  const { body } = await post(webhook, [sale(0, { price: 70 })]);
  await work();
  expect(simulator.ledger.files).toHaveLength(1);
  expect((await status(webhook, body.batch_id)).status).toBe("pending");
  await settle();
  expect(simulator.ledger.conversions()).toMatchObject([{ price: "70", timesUploaded: 2 }]);
});

test("price 0 takes revenue back", async () => {
  const { createWebhook, post, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  await post(webhook, [sale(0, { price: 100 })]);
  await settle();
  expect((await post(webhook, [sale(0, { price: 0 })])).body).toMatchObject({ accepted_count: 1 });
  await settle();
  expect(simulator.ledger.conversions()).toMatchObject([{ price: "0", currency: "RUB" }]);
});

test("an older price is a late retry for ten minutes, and a change of mind after that", async () => {
  const { createWebhook, post, settle, advance, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  await post(webhook, [sale(0, { price: 100 })]);
  await post(webhook, [sale(0, { price: 200 })]);
  advance(10 * MINUTE);
  expect((await post(webhook, [sale(0, { price: 100 })])).body).toMatchObject({
    accepted_count: 0,
    duplicate_count: 1,
  });
  advance(1);
  expect((await post(webhook, [sale(0, { price: 100 })])).body).toMatchObject({
    accepted_count: 1,
    duplicate_count: 0,
  });
  await settle();
  expect(simulator.ledger.conversions()).toMatchObject([{ price: "100" }]);
});

test("the same amount spelt otherwise is no correction", async () => {
  const { createWebhook, post } = await startTestGateway();
  const webhook = await createWebhook();
  await post(webhook, [sale(0, { price: "1500.50", currency: "RUB" })]);
  const spelt = [sale(0, { price: 1500.5 }), sale(0, { price: "01500.500", currency: "rub" })];
  expect((await post(webhook, spelt)).body).toMatchObject({ accepted_count: 0, duplicate_count: 2 });
});

test("a correction may change the currency: the row then goes into a file of that currency", async () => {
  const { createWebhook, post, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  await post(webhook, [sale(0, { price: 100, currency: "RUB" })]);
  await settle();
  await post(webhook, [sale(0, { price: 100, currency: "USD" })]);
  await settle();
  expect(simulator.ledger.conversions()).toMatchObject([{ price: "100", currency: "USD", timesUploaded: 2 }]);
});

test("a correction of the currency while the file is being filled never puts two currencies into one file", async () => {
  const { createWebhook, post, work, settle, simulator } = await startTestGateway({ settings: { keepCsv: true } });
  const webhook = await createWebhook();
  await post(webhook, [sale(5)]);
  await settle();
  await post(webhook, [sale(0, { price: 100, currency: "RUB" }), sale(1, { price: 1, currency: "RUB" })]);
  // The second file of a counter gathers rows: this one is filling now.
  await work();
  await post(webhook, [sale(0, { price: 100, currency: "USD" })]);
  await settle();
  expect(simulator.ledger.conversions()).toContainEqual(
    expect.objectContaining({ identifier: sale(0).client_id, price: "100", currency: "USD" }),
  );
  for (const { csv } of simulator.ledger.files) {
    const currencies = csv
      ?.trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(",").at(-1));
    expect(new Set(currencies).size).toBe(1);
  }
});

test("dedupe_by purchase counts a purchase once whatever its time, and its last price wins", async () => {
  const { createWebhook, post, status, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook({ dedupe_by: "purchase" });
  const deal = { purchase_id: "deal-7", price: 100 };
  await post(webhook, [sale(0, deal)]);
  await settle();
  const again = await post(webhook, [sale(0, { ...deal, date_time: "2026-11-23T11:30:00Z" })]);
  expect(again.body).toMatchObject({ accepted_count: 0, duplicate_count: 1 });
  const corrected = await post(webhook, [sale(0, { ...deal, price: 150, date_time: "2026-11-23T11:40:00Z" })]);
  expect(corrected.body).toMatchObject({ accepted_count: 1, duplicate_count: 0 });
  const other = await post(webhook, [sale(0, { ...deal, target: "lead" })]);
  expect(other.body).toMatchObject({ accepted_count: 1 });
  await settle();
  const second = Date.parse("2026-11-23T10:00:00Z") / 1000;
  expect(simulator.ledger.conversions().map(({ target, price, dateTime }) => [target, price, dateTime])).toEqual([
    ["purchase", "150", second],
    ["lead", "100", second],
  ]);
  expect((await status(webhook, again.body.batch_id)).status).toBe("completed");
});

test("under dedupe_by purchase a sale without a purchase_id is known by all of its fields", async () => {
  const { createWebhook, post } = await startTestGateway();
  const webhook = await createWebhook({ dedupe_by: "purchase" });
  const rows = [sale(0), sale(0), sale(0, { date_time: "2026-11-23T11:00:00Z" })];
  expect((await post(webhook, rows)).body).toMatchObject({ accepted_count: 2, duplicate_count: 1 });
});

test("a purchase is recognised long after its conversion passed its retention", async () => {
  const { createWebhook, post, settle, advance, gateway, clock, status, simulator } = await startTestGateway();
  const webhook = await createWebhook({ dedupe_by: "purchase" });
  await post(webhook, [sale(0, { purchase_id: "deal-7" })]);
  await settle();
  advance(120 * DAY);
  const today = new Date(clock.now() - MINUTE).toISOString();
  await post(webhook, [sale(1, { purchase_id: "deal-8", date_time: today })]);
  await settle();
  const counted = simulator.ledger.total;
  await gateway.store.maintenance.purgeExpired(clock.now());
  expect(await gateway.store.maintenance.purgeSettled(clock.now() - 90 * DAY, 100)).toBeGreaterThan(0);
  const now = new Date(clock.now() - MINUTE).toISOString();
  const again = await post(webhook, [sale(0, { purchase_id: "deal-7", date_time: now })]);
  expect(again.body).toMatchObject({ accepted_count: 0, duplicate_count: 1 });
  await settle();
  expect(await status(webhook, again.body.batch_id)).toMatchObject({
    status: "completed",
    processed: 1,
    duplicates: 1,
  });
  expect(simulator.ledger.total).toBe(counted);
});

/** What a sender and time may do to three sales. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant("post" as const),
    visitor: fc.nat(2),
    price: fc.constantFrom(0, 1, 2, 3),
    currency: fc.constantFrom("RUB", "USD"),
  }),
  fc.record({ kind: fc.constant("wait" as const), minutes: fc.constantFrom(0, 6, 20, 180) }),
);

test("for every order of posts and pauses, each sale is counted once, at the last price that was accepted", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      const { createWebhook, post, work, settle, advance, status, simulator, close } = await startTestGateway({
        settings: { processingMs: 30 * MINUTE },
      });
      const webhook = await createWebhook();
      const last = new Map<unknown, string>();
      const batches: string[] = [];
      for (const one of steps) {
        if (one.kind === "wait") {
          advance(one.minutes * MINUTE);
          await work();
          continue;
        }
        const row = sale(one.visitor, { price: one.price, currency: one.currency });
        const { body } = await post(webhook, [row]);
        batches.push(body.batch_id);
        if (body.accepted_count === 1) last.set(row.client_id, `${one.price} ${one.currency}`);
      }
      await settle();
      const counted = simulator.ledger.conversions().map((c) => [c.identifier, `${c.price} ${c.currency}`] as const);
      expect(new Map<unknown, string>(counted)).toEqual(last);
      expect(simulator.ledger.total).toBe(last.size);
      for (const batch of batches)
        expect(await status(webhook, batch)).toMatchObject({ status: "completed", processed: 1 });
      await close();
    }),
    { numRuns: propertyRuns(20) },
  );
}, 300_000);
