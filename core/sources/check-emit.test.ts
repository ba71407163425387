import { expect, test } from "bun:test";
import { checkEmit } from "./check-emit.ts";

const facts = [{}, {}];

test("a key for each fact, or null, is taken", () => {
  expect(() => checkEmit(facts, { keys: ["deal:1", null] })).not.toThrow();
  expect(() => checkEmit(facts, { keys: ["k".repeat(500), "k"] })).not.toThrow();
  expect(() => checkEmit(facts, {})).not.toThrow();
});

test("keys for more or fewer facts than there are are a plugin's mistake", () => {
  expect(() => checkEmit(facts, { keys: ["deal:1"] })).toThrow("emit: keys has 1 entries for 2 facts");
});

test("an empty key and one that is too long are named by their place", () => {
  expect(() => checkEmit(facts, { keys: ["", "b"] })).toThrow("keys[0] has 0 characters");
  expect(() => checkEmit(facts, { keys: ["a", "b".repeat(501)] })).toThrow("keys[1] has 501 characters");
});
