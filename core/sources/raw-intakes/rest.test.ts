import { expect, test } from "bun:test";
import { countsTowardsRest, restUntil } from "./rest.ts";
import { defaultRawIntakeRules as rules } from "./rules.ts";

test("a source rests for 30 seconds at its fifth failure in a row, then twice as long each time, at most a quarter of an hour", () => {
  const seconds = [5, 6, 7, 8, 9, 10, 100].map((failures) => restUntil(rules, failures, 0) / 1000);
  expect(seconds).toEqual([30, 60, 120, 240, 480, 900, 900]);
});

test("of one raw intake only the first failure counts, until the source has rested", () => {
  const fresh = { failures: 0 };
  const again = { failures: 3 };
  expect(countsTowardsRest(fresh, null, rules)).toBe(true);
  expect(countsTowardsRest(again, { failures: 4 }, rules)).toBe(false);
  expect(countsTowardsRest(again, { failures: 5 }, rules)).toBe(true);
});
