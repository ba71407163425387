import { expect, test } from "bun:test";
import fc from "fast-check";
import { backoffMs } from "./backoff.ts";

const backoff = { firstMs: 10_000, limitMs: 1_800_000 };

test("the wait doubles with each failure until its limit", () => {
  const waits = [1, 2, 3, 8, 9, 100].map((failures) => backoffMs(backoff, failures, 1));
  expect(waits).toEqual([10_000, 20_000, 40_000, 1_280_000, 1_800_000, 1_800_000]);
});

test("for every number of failures and every chance, the wait lies between half of the full one and all of it", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (failures, chance) => {
        const full = backoffMs(backoff, failures, 1);
        const wait = backoffMs(backoff, failures, chance);
        expect(wait).toBeGreaterThanOrEqual(full / 2);
        expect(wait).toBeLessThanOrEqual(full);
      },
    ),
  );
});
