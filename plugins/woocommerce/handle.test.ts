import { expect, test } from "bun:test";
import { recordingSource, sentRequest } from "metrika-gateway/plugin/testing";
import * as v from "valibot";
import { Config } from "./config.ts";
import { paidOrder } from "./examples.ts";
import { handleOrder, isPing } from "./handle.ts";

const now = () => new Date("2026-11-20T20:00:00Z");

async function handle(order: unknown, headers: Record<string, string> = {}, config: object = {}) {
  const targets = [{ stages: ["processing", "completed"], target: "order_paid" }];
  const source = recordingSource(v.parse(Config, { site: "shop.example", targets, ...config }), { now });
  const body = typeof order === "string" ? order : JSON.stringify(order);
  const request = { body, type: "application/json", receivedAt: now() };
  const leftovers = await handleOrder(
    source,
    sentRequest({
      ...request,
      headers: { "x-wc-webhook-topic": "order.updated", "x-wc-webhook-source": "https://shop.example/", ...headers },
    }),
  );
  const [told] = source.emitted;
  return { facts: told?.facts ?? [], options: told?.options, leftovers: leftovers.map(({ code }) => code) };
}

test("a paid order becomes a conversion at the time of payment in UTC, with its exact sum", async () => {
  const { facts, options, leftovers } = await handle(paidOrder);
  expect(leftovers).toEqual([]);
  expect(facts).toHaveLength(1);
  expect(facts[0]).toMatchObject({
    ...{ client_id: "1770146617335078468", target: "order_paid", price: "2990.35", currency: "RUB" },
    date_time: "2026-11-20T19:28:08Z",
  });
  expect(options?.keys?.[0]).toBe("shop.example\norder\n727");
  expect(options?.contacts?.[0]).toEqual({ phones: ["(555) 555-5555"], emails: ["john.doe@example.com"] });
});

test("a completed order happened when it was completed", async () => {
  const { facts } = await handle({ ...paidOrder, status: "completed", date_completed_gmt: "2026-11-20T19:50:00" });
  expect(facts[0]).toMatchObject({ date_time: "2026-11-20T19:50:00Z" });
});

test("an identifier inside an object of a shop's plugin can be named by its path", async () => {
  const meta_data = [{ id: 1, key: "metrika", value: { client: "1664435673909428135", page: "x" } }];
  const { facts } = await handle({ ...paidOrder, meta_data }, {}, { identifiers: { client_id: ["metrika.client"] } });
  expect(facts[0]).toMatchObject({ client_id: "1664435673909428135" });
});

test("an identifier that was kept as a number keeps its digits", async () => {
  const body = JSON.stringify(paidOrder).replace('"1770146617335078468"', "1770146617335078468");
  expect((await handle(body)).facts[0]).toMatchObject({ client_id: "1770146617335078468" });
});

test("a customer is a user_id only where the config says so, and a guest never is", async () => {
  const config = { identifiers: { user_id: ["customer_id"] } };
  expect((await handle({ ...paidOrder, customer_id: 25 }, {}, config)).facts[0]).toMatchObject({ user_id: "25" });
  expect((await handle(paidOrder, {}, config)).facts[0]).not.toMatchObject({ user_id: expect.anything() });
});

test("money that was given back can be taken off, to the kopeck, or taken back whole by a rule", async () => {
  const refunds = [
    { id: 1, total: "-990.30" },
    { id: 2, total: "-0.05" },
  ];
  const net = { price: { from: "field", field: "net_total" } };
  expect((await handle({ ...paidOrder, refunds }, {}, net)).facts[0]).toMatchObject({ price: "2000" });
  const targets = [{ stages: ["refunded"], target: "order_paid", price: { from: "constant", amount: "0" } }];
  expect((await handle({ ...paidOrder, status: "refunded" }, {}, { targets })).facts[0]).toMatchObject({ price: "0" });
});

test("other topics need nobody, another shop and a body without an order need a person", async () => {
  expect((await handle({ id: 1 }, { "x-wc-webhook-topic": "customer.updated" })).leftovers).toEqual(["not_an_order"]);
  expect((await handle(paidOrder, { "x-wc-webhook-source": "https://other.example/" })).leftovers).toEqual([
    "other_shop",
  ]);
  expect((await handle({ message: "hello" })).leftovers).toEqual(["order_unreadable"]);
});

test("a status that no target names waits for a person", async () => {
  expect((await handle({ ...paidOrder, status: "on-hold" })).leftovers).toEqual(["stage_not_mapped"]);
});

test("WooCommerce's ping is known by its one field", () => {
  expect([{ webhook_id: "12" }, { webhook_id: "12", id: "1" }, {}, null, "x"].map(isPing)).toEqual([
    ...[true, false, false, false, false],
  ]);
});
