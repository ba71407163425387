import { expect, test } from "bun:test";
import type { Conversion } from "./conversion.ts";
import { defaultIdentifierOrder, naturalKey, sameRevenue, strongestIdentifier } from "./natural-key.ts";

const sale: Conversion = {
  target: "purchase",
  dateTime: 1751373296,
  clientId: "1",
  userId: "2",
  yclid: "3",
  purchaseId: "4",
  price: "1500",
  currency: "RUB",
};

test("revenue is the same when price and currency are", () => {
  const lead: Conversion = { ...sale, target: "lead" };
  expect(sameRevenue(sale, lead)).toBe(true);
  expect(sameRevenue(sale, { ...sale, price: "1500.01" })).toBe(false);
  expect(sameRevenue(sale, { ...sale, currency: "USD" })).toBe(false);
  expect(sameRevenue({ ...sale, price: null, currency: "" }, { ...sale, price: "0" })).toBe(false);
});

test("the strongest identifier follows the default order", () => {
  expect(defaultIdentifierOrder).toEqual(["client_id", "yclid", "user_id", "purchase_id"]);
  expect(strongestIdentifier(sale)).toEqual({ kind: "client_id", value: "1" });
  expect(strongestIdentifier({ ...sale, clientId: "" })).toEqual({ kind: "yclid", value: "3" });
  expect(strongestIdentifier({ ...sale, clientId: "", yclid: "" })).toEqual({ kind: "user_id", value: "2" });
});

test("the strongest identifier follows a given order, then the default one", () => {
  expect(strongestIdentifier(sale, ["purchase_id", "client_id"])).toEqual({ kind: "purchase_id", value: "4" });
  expect(strongestIdentifier({ ...sale, purchaseId: "" }, ["purchase_id"])).toEqual({ kind: "client_id", value: "1" });
});

test("a conversion without identifiers is a broken promise and throws", () => {
  const nobody = { ...sale, clientId: "", userId: "", yclid: "", purchaseId: "" };
  expect(() => strongestIdentifier(nobody, ["yclid"])).toThrow(RangeError);
});

test("the natural key leaves revenue out and keeps every other field apart", () => {
  expect(naturalKey({ ...sale, price: "0", currency: "USD" })).toBe(naturalKey(sale));
  const others = [
    { ...sale, target: "lead" },
    { ...sale, dateTime: 1751373297 },
    { ...sale, clientId: "", userId: "12" },
    { ...sale, clientId: "12", userId: "" },
    { ...sale, yclid: "" },
    { ...sale, purchaseId: "" },
  ];
  expect(new Set([sale, ...others].map(naturalKey)).size).toBe(7);
});
