import { expect, test } from "bun:test";
import type { Conversion } from "./conversion.ts";
import { sameRevenue, strongestIdentifier } from "./natural-key.ts";

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

test("the visitor is the strongest identifier, then the click, the visitor known to the site, the purchase", () => {
  expect(strongestIdentifier(sale)).toEqual({ kind: "client_id", value: "1" });
  expect(strongestIdentifier({ ...sale, clientId: "" })).toEqual({ kind: "yclid", value: "3" });
  expect(strongestIdentifier({ ...sale, clientId: "", yclid: "" })).toEqual({ kind: "user_id", value: "2" });
  const anonymous = { ...sale, clientId: "", yclid: "", userId: "" };
  expect(strongestIdentifier(anonymous)).toEqual({ kind: "purchase_id", value: "4" });
});

test("a conversion without identifiers is a broken promise and throws", () => {
  const nobody = { ...sale, clientId: "", userId: "", yclid: "", purchaseId: "" };
  expect(() => strongestIdentifier(nobody)).toThrow(RangeError);
});
