import { expect, test } from "bun:test";
import { createVault } from "../vault/vault.ts";
import { givenKey, isGiven, purchaseKey } from "./purchase-key.ts";

const vault = createVault(new Uint8Array(32));
const counter = { workspaceId: 1, counterId: 100 };

test("a key that a source gives never equals a purchase's, however it is spelt", () => {
  const given = givenKey(vault, counter, "purchase", "1");
  const purchase = purchaseKey(vault, counter, { target: "purchase", purchaseId: "1" });
  expect(purchase).not.toBeNull();
  expect(given).not.toContain(String(purchase));
  expect([isGiven(given), isGiven(purchase), isGiven(null)]).toEqual([true, false, false]);
});

test("a key is known within its workspace, counter and target alone", () => {
  const keys = [
    givenKey(vault, counter, "purchase", "1"),
    givenKey(vault, { ...counter, workspaceId: 2 }, "purchase", "1"),
    givenKey(vault, { ...counter, counterId: 101 }, "purchase", "1"),
    givenKey(vault, counter, "lead", "1"),
  ];
  expect(new Set(keys).size).toBe(4);
  expect(givenKey(vault, counter, "purchase", "1")).toBe(String(keys[0]));
});

test("a conversion without a purchase has no purchase's key", () => {
  expect(purchaseKey(vault, counter, { target: "purchase", purchaseId: "" })).toBeNull();
});
