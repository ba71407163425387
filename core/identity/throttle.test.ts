import { expect, test } from "bun:test";
import { pauseAfter } from "./throttle.ts";

test("some tries are free, each further one is held up twice as long, up to a most", () => {
  const patience = { free: 2, firstMs: 1000, mostMs: 5000 };
  expect([1, 2, 3, 4, 5, 6, 2000].map((tries) => pauseAfter(tries, patience))).toEqual([
    ...[0, 0, 1000, 2000, 4000, 5000, 5000],
  ]);
});
