import { expect, test } from "bun:test";
import type { CounterGoals } from "../store/store.ts";
import { readIsDue } from "./check-goals.ts";
import { defaultRules } from "./rules.ts";
import { NOW } from "./upload-examples.ts";

const read: CounterGoals = {
  ...{ workspaceId: 1, counterId: 100, identifiers: [], fetchedAt: NOW, attemptedAt: NOW, failures: 0 },
  ...{ unreadableSince: null, errorCode: null },
};
const dueAfter = (goals: CounterGoals | null, newestArrival: number, ms: number) =>
  readIsDue(goals, newestArrival, NOW + ms, defaultRules);

test("goals that were never read are read at once", () => {
  expect(dueAfter(null, NOW, 0)).toBe(true);
});

test("a row that came after the last reading forces another one, at most one a minute", () => {
  expect(dueAfter(read, NOW + 1, 59_999)).toBe(false);
  expect(dueAfter(read, NOW + 1, 60_000)).toBe(true);
});

test("rows that wait are looked after once an hour", () => {
  expect(dueAfter(read, NOW, 3_599_999)).toBe(false);
  expect(dueAfter(read, NOW, 3_600_000)).toBe(true);
});

test("after failures the readings become rarer", () => {
  expect(dueAfter({ ...read, failures: 1 }, NOW + 1, 10_000)).toBe(true);
  expect(dueAfter({ ...read, failures: 4 }, NOW + 1, 79_999)).toBe(false);
  expect(dueAfter({ ...read, failures: 4 }, NOW + 1, 80_000)).toBe(true);
});
