import { expect, test } from "bun:test";
import { sale, startTestGateway } from "../setup/gateway.ts";

const SOLD_AT = Date.parse("2026-11-23T10:00:00Z") / 1000;
const orders = ["a", "b", "c"].map((purchase_id, i) => sale(0, { purchase_id, price: 100 + i }));

test("different sales of one visitor in one second are each counted, and their rows tell by which second", async () => {
  const { createWebhook, post, rows, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const { body } = await post(webhook, orders);
  expect(await rows(body.batch_id)).toMatchObject([{ sent_time: null }, { sent_time: null }, { sent_time: null }]);
  await settle();
  expect(simulator.ledger.conversions().map(({ price, dateTime }) => [price, SOLD_AT - dateTime])).toEqual([
    ["100", 0],
    ["101", 1],
    ["102", 2],
  ]);
  const told = (await rows(body.batch_id)).map((row) => [row.conversion?.date_time, row.sent_time, row.detail]);
  expect(told).toEqual([
    ["2026-11-23T10:00:00Z", null, "linked"],
    ["2026-11-23T10:00:00Z", "2026-11-23T09:59:59Z", "linked"],
    ["2026-11-23T10:00:00Z", "2026-11-23T09:59:58Z", "linked"],
  ]);
});

test("a sale in a later file gives way to one that Metrika has, also after a restart", async () => {
  const { createWebhook, post, settle, restart, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  for (const order of orders) {
    await post(webhook, [order]);
    await settle();
    await restart();
  }
  expect(simulator.ledger.conversions().map(({ price }) => price)).toEqual(["100", "101", "102"]);
  expect(simulator.ledger.rows).toBe(3);
});

test("after a restart a moved sale holds the second it was moved to, and no longer its own", async () => {
  const { createWebhook, post, settle, restart, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  await post(webhook, [sale(0, { user_id: "anna", price: 1 }), sale(1, { user_id: "anna", price: 2 })]);
  await settle();
  await restart();
  await post(webhook, [sale(1, { price: 3 }), sale(1, { date_time: "2026-11-23T09:59:59Z", price: 4 })]);
  await settle();
  const { conversions } = simulator.ledger;
  expect(Object.fromEntries(conversions().map(({ price, dateTime }) => [price, SOLD_AT - dateTime]))).toEqual({
    ...{ 1: 0, 2: 1, 3: 0, 4: 2 },
  });
});

test("a correction of a moved sale overwrites that sale and no other", async () => {
  const { createWebhook, post, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  await post(webhook, orders);
  await settle();
  await post(webhook, [{ ...orders[1], price: 0 }]);
  await settle();
  expect(simulator.ledger.conversions().map(({ price, timesUploaded }) => [price, timesUploaded])).toEqual([
    ["100", 1],
    ["0", 2],
    ["102", 1],
  ]);
});

test("sales for which no second is free say so", async () => {
  const { createWebhook, post, rows, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const many = Array.from({ length: 32 }, (_, i) => sale(0, { purchase_id: `p${i}`, price: i }));
  const { body } = await post(webhook, many);
  await settle();
  expect(simulator.ledger.total).toBe(31);
  const last = (await rows(body.batch_id)).at(-1);
  expect(last).toMatchObject({ sent_time: "2026-11-23T10:00:00Z", status: "processed", detail: "second_shared" });
});
