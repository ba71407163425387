import { expect, test } from "bun:test";
import { refreshBackoff, refreshTime } from "./refresh-schedule.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;

test("tokens are renewed every three months, and at the latest when a third of their life is left", () => {
  expect(refreshTime(0, 365 * DAY)).toBe(90 * DAY);
  expect(refreshTime(0, 135 * DAY)).toBe(90 * DAY);
  expect(refreshTime(0, 90 * DAY)).toBe(60 * DAY);
  expect(refreshTime(0, 3 * HOUR)).toBe(2 * HOUR);
  expect(refreshTime(1000, 1000)).toBe(1000);
});

test("a token whose end is not told is renewed every three months", () => {
  expect(refreshTime(5, null)).toBe(90 * DAY + 5);
});

test("failed renewals are repeated ever more rarely, but four times a day", () => {
  expect([1, 2, 3].map(refreshBackoff)).toEqual([60_000, 120_000, 240_000]);
  expect([20, 1000].map(refreshBackoff)).toEqual([6 * HOUR, 6 * HOUR]);
});
