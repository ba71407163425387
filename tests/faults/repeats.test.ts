import { expect, test } from "bun:test";
import { HOUR, sale, startTestGateway } from "../setup/gateway.ts";
import type { Receipt } from "../setup/senders.ts";

const idOf = (body: unknown) => (body as Receipt).duplicates[0]?.conversion_id;

test("of 200 identical requests at one instant one is stored and 199 name it as their original", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();

  const answers = await Promise.all(Array.from({ length: 200 }, () => rig.post(webhook, [sale()])));

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  const accepted = answers.filter(({ body }) => body.accepted_count === 1);
  const repeats = answers.filter(({ body }) => body.duplicate_count === 1);
  expect([accepted.length, repeats.length]).toEqual([1, 199]);
  const [stored] = await rig.rows(accepted[0]?.body.batch_id ?? "");
  expect(new Set(repeats.map(({ body }) => idOf(body)))).toEqual(new Set([stored?.conversion_id as string]));
  await rig.settle();
  expect(rig.simulator.ledger).toMatchObject({ total: 1, rows: 1 });
});

test("200 identical requests with one idempotency key all get the one first answer", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();

  const answers = await Promise.all(Array.from({ length: 200 }, () => rig.post(webhook, [sale()], { key: "order-1" })));

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(answers[0]?.body).toMatchObject({ accepted_count: 1, duplicate_count: 0 });
  expect(await rig.sql("select id from webhook_batches")).toHaveLength(1);
});

test("a sale that two webhooks of one counter tell is one sale", async () => {
  const rig = await startTestGateway();
  const [first, second] = [await rig.createWebhook(), await rig.createWebhook()];
  await rig.post(first, [sale()]);

  const repeat = await rig.post(second, [sale()]);

  expect(repeat.body).toMatchObject({ accepted_count: 0, duplicate_count: 1 });
  await rig.settle();
  expect(rig.simulator.ledger).toMatchObject({ total: 1, rows: 1 });
  expect(await rig.status(second, repeat.body.batch_id)).toMatchObject({ status: "completed", processed: 1 });
});

test("the same sale on another counter is another sale", async () => {
  const rig = await startTestGateway();
  rig.simulator.addCounter({ id: 777, name: "Second", ownerLogin: "demo-shop" });
  rig.simulator.addGoal(777, "purchase");
  await rig.post(await rig.createWebhook(), [sale()]);
  const other = await rig.post(await rig.createWebhook({ counter_id: 777 }), [sale()]);
  expect(other.body).toMatchObject({ accepted_count: 1, duplicate_count: 0 });
  await rig.settle();
  expect(rig.simulator.ledger.total).toBe(2);
});

test("the same sale in another workspace is kept apart", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  await rig.post(webhook, [sale()]);
  const { sources, intake, installation } = rig.gateway.store;
  const source = await sources.findByUuid(webhook.id);
  const conversion = {
    ...{ target: "purchase", dateTime: Date.parse("2026-11-23T10:00:00Z") / 1000, clientId: String(sale().client_id) },
    ...{ userId: "", yclid: "", purchaseId: "", price: "1500", currency: "RUB" },
  };
  const tellIn = (workspaceId: number) =>
    intake.preview({
      ...{ batchId: null, received: 1, rejected: [], unidentified: [], idempotency: null, warnings: [] },
      source: {
        id: source?.id ?? 0,
        workspaceId,
        counterId: source?.counterId ?? 0,
        isOwnCounter: true,
        dedupeBy: "exact",
      },
      rows: [{ row: 0, conversion, keyHash: null }],
      ...{ rejectedExpireAt: 0, keysExpireAt: 0, last: true, now: rig.clock.now() },
    });
  expect(await tellIn(installation.workspaceId)).toMatchObject({ accepted: 0, duplicates: [{ row: 0 }] });
  expect(await tellIn(installation.workspaceId + 1)).toMatchObject({ accepted: 1, duplicates: [] });
});

test("a CRM's retry without any number of its own is a repeat", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  await rig.post(webhook, [sale(0), sale(1)]);
  rig.advance(HOUR);
  const retry = await rig.post(webhook, [sale(0), sale(1)]);
  expect(retry.body).toMatchObject({ accepted_count: 0, duplicate_count: 2 });
});

test("a changed price corrects the sale instead of adding another, before and after it was sent", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  await rig.post(webhook, [sale(0, { price: 100, purchase_id: "deal-1" })]);
  const early = await rig.post(webhook, [sale(0, { price: 200, purchase_id: "deal-1" })]);
  expect(early.body).toMatchObject({ accepted_count: 1, duplicate_count: 0 });
  await rig.settle();
  expect(rig.simulator.ledger.conversions()).toMatchObject([{ price: "200", timesUploaded: 1 }]);

  const late = await rig.post(webhook, [sale(0, { price: 0, purchase_id: "deal-1" })]);
  expect(late.body).toMatchObject({ accepted_count: 1, duplicate_count: 0 });
  await rig.settle();
  expect(rig.simulator.ledger.conversions()).toMatchObject([{ price: "0", timesUploaded: 2 }]);
  expect(rig.simulator.ledger.total).toBe(1);
});

test("a price that changes while the first file's answer is lost waits for that file's end", async () => {
  const rig = await startTestGateway();
  rig.simulator.faults.add({ fault: { kind: "store_then_reset" } });
  const webhook = await rig.createWebhook();
  await rig.post(webhook, [sale(0, { price: 100 })]);
  await rig.work();
  await rig.post(webhook, [sale(0, { price: 250 })]);
  await rig.work();
  expect(rig.simulator.requests.byOperation.upload).toBe(1);
  await rig.settle();
  // The first file is settled now, so the correction is free to go.
  rig.advance(HOUR);
  await rig.settle();
  expect(rig.simulator.ledger.conversions()).toMatchObject([{ price: "250", timesUploaded: 2 }]);
});

test("a sale that was answered as a repeat outlives the large request it repeated", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  const { sources, intake } = rig.gateway.store;
  const source = await sources.findByUuid(webhook.id);
  const told = (n: number) => ({
    ...{ target: "purchase", dateTime: Date.parse("2026-11-23T10:00:00Z") / 1000, clientId: String(sale(n).client_id) },
    ...{ userId: "", yclid: "", purchaseId: "", price: "1500", currency: "RUB" },
  });
  // The first part of a request whose sender never gets an answer: the process dies before the last part is written.
  await intake.commit([
    {
      ...{
        batchId: null,
        received: 4000,
        rejected: [],
        unidentified: [],
        idempotency: null,
        warnings: [],
      },
      source: {
        id: source?.id ?? 0,
        workspaceId: source?.workspaceId ?? 0,
        counterId: source?.counterId ?? 0,
        isOwnCounter: true,
        dedupeBy: "exact",
      },
      rows: [0, 1, 2].map((row) => ({ row, conversion: told(row), keyHash: null })),
      ...{ rejectedExpireAt: 0, keysExpireAt: 0, last: false, now: rig.clock.now() },
    },
  ]);
  const { body } = await rig.post(webhook, [sale(1)]);
  expect(body).toMatchObject({ accepted_count: 0, duplicate_count: 1 });

  await rig.restart();
  await rig.settle();

  expect(await rig.status(webhook, body.batch_id)).toMatchObject({ status: "completed", processed: 1, linked: 1 });
  expect(rig.simulator.ledger.conversions().map(({ identifier }) => identifier)).toEqual([String(sale(1).client_id)]);
  expect((await rig.post(webhook, [sale(0)])).body).toMatchObject({ accepted_count: 1 });
});
