import { expect, test } from "bun:test";
import { createBodyBudget } from "./body-budget.ts";

test("large bodies beyond the budget are told to come back, and the place is given back when one is read", () => {
  const budget = createBodyBudget(1_000_000);
  const first = budget.open();
  first.grow(700_000);

  expect(() => budget.open().grow(400_000)).toThrow("overloaded");
  first.close();
  expect(() => budget.open().grow(400_000)).not.toThrow();
});

test("a body of unknown length is counted as it grows", () => {
  const budget = createBodyBudget(1_000_000);
  budget.open().grow(500_000);
  const growing = budget.open();

  growing.grow(200_000);
  growing.grow(500_000);
  expect(() => growing.grow(500_001)).toThrow("overloaded");
});

test("small bodies are never refused", () => {
  const budget = createBodyBudget(100_000);
  budget.open().grow(100_000);

  expect(() => budget.open().grow(60_000)).not.toThrow();
});

test("one body is always let in, however large the limit allows it to be", () => {
  expect(() => createBodyBudget(100_000).open().grow(5_000_000)).not.toThrow();
});
