import { expect, test } from "bun:test";
import fc from "fast-check";
import type { LaneGroup, LoginDemand } from "../store/store.ts";
import { type PlanRules, planQuota, WINDOW_MS } from "./quota-plan.ts";
import { defaultRules } from "./rules.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MIDNIGHT = Date.parse("2026-11-23T00:00:00Z");
const NOON = MIDNIGHT + 12 * HOUR;
const WORKERS = 4750;

const nothing: LoginDemand = { groups: [], plannedFiles: 0, openFiles: [], countersWaiting: 0 };

/** A kind of rows that went in so many files of five minutes in the last six hours. */
const group = (counterId: number, files: number, change: Partial<LaneGroup> = {}): LaneGroup => ({
  ...{ counterId, credentialId: counterId, currency: "RUB", target: "purchase", identifier: "client_id" },
  ...{ files, lingerMs: 5 * MINUTE, firstAt: 0 },
  ...change,
});
/** Counters whose one lane always has a file open. */
const busy = (counters: number) => Array.from({ length: counters }, (_, i) => group(i, WINDOW_MS / (5 * MINUTE)));

interface Asked {
  readonly now?: number;
  readonly reads?: number;
  readonly writes?: number;
  readonly exhaustedAt?: number;
  readonly rules?: Partial<PlanRules>;
}

function plan(demand: Partial<LoginDemand>, { now = NOON, reads = 0, writes = 0, exhaustedAt, rules }: Asked = {}) {
  const spent = { reads, writes, exhaustedAt: exhaustedAt ?? null };
  return planQuota({ now, spent, demand: { ...nothing, ...demand } }, { ...defaultRules, ...rules });
}

test("a login without work has the settings as they are, and its day lasts", () => {
  const { lingerMs, pollMs, goalRecheckMs, goalForcedReadMs } = defaultRules;
  const asSet = { lingerMs, pollMs, goalRecheckMs, goalForcedReadMs, isSplit: true, isOneByOne: true };
  expect(plan({})).toEqual({ ...asSet, forecast: { reads: 0, writes: 0, enoughUntil: null } });
});

test("what a lane will cost follows from its pace and the linger", () => {
  // A file opened every 15 minutes lingers 5 of them: the next row comes 10 minutes after the closing.
  const { forecast } = plan({ groups: [group(1, 24)] });
  expect(forecast.writes).toBe((12 * HOUR) / (15 * MINUTE));
});

test("files are split while that costs no more than four fifths of what is left", () => {
  // Of each lane 144 more files until midnight.
  const lanes = (n: number) => ({ groups: busy(n) });
  expect(plan(lanes(26))).toMatchObject({ isSplit: true, lingerMs: 5 * MINUTE, forecast: { writes: 26 * 144 } });
  expect(plan(lanes(27))).toMatchObject({ isSplit: false });
});

test("goals and identifiers of one counter share their files before anything lingers longer", () => {
  const goals = Array.from({ length: 30 }, (_, i) => group(1, 72, { target: `goal ${i}` }));
  expect(plan({ groups: goals })).toMatchObject({
    ...{ isSplit: false, lingerMs: 5 * MINUTE },
    forecast: { writes: 144, enoughUntil: null },
  });
});

test("the rates of groups that share a lane add", () => {
  // Each alone lets 55 minutes pass, three together a third of that.
  const goals = ["a", "b", "c"].map((target) => group(1, 6, { target }));
  const { forecast } = plan({ groups: goals }, { writes: WORKERS - 40 });
  expect(forecast.writes).toBe(Math.round((12 * 60) / (5 + 55 / 3)));
});

test("currencies and credentials are never merged", () => {
  const currencies = ["RUB", "USD"].map((currency) => group(1, 72, { currency }));
  expect(plan({ groups: currencies }, { writes: 4500 }).forecast.writes).toBeGreaterThan(150);
  const credentials = [1, 2].map((credentialId) => group(1, 72, { credentialId }));
  expect(plan({ groups: credentials }, { writes: 4500 }).forecast.writes).toBeGreaterThan(150);
});

test("two hundred busy counters of one login fit into a day without any setting", () => {
  const { isSplit, lingerMs, forecast } = plan({ groups: busy(200) }, { now: MIDNIGHT });
  expect(isSplit).toBe(false);
  // 86400 s × 200 lanes × 1.3 / 4750 requests, by the rule of thumb.
  expect(lingerMs / 1000).toBeCloseTo((86_400 * 200 * 1.3) / WORKERS, -1);
  expect(forecast.writes * 1.3).toBeLessThanOrEqual(WORKERS + 1);
  expect(forecast.enoughUntil).toBeNull();
});

test("files that already wait to be sent are paid first", () => {
  const few = plan({ groups: busy(200) });
  const many = plan({ groups: busy(200), plannedFiles: 2000 });
  expect(many.lingerMs).toBeGreaterThan(few.lingerMs);
  expect(many.forecast.writes).toBeLessThanOrEqual(WORKERS);
});

test("a lane that woke an hour ago is measured from its first file, not over six hours", () => {
  const woken = group(1, 12, { firstAt: NOON - HOUR });
  expect(plan({ groups: [woken] }).forecast.writes).toBeGreaterThan(135);
  const once = group(1, 1, { firstAt: NOON - MINUTE });
  expect(plan({ groups: [once] }).forecast.writes).toBe(2);
});

test("a used-up day gathers rows until midnight, and no longer than the next day's pace asks", () => {
  for (const spent of [{ exhaustedAt: NOON }, { writes: WORKERS }]) {
    expect(plan({ groups: [group(1, 10)] }, spent)).toMatchObject({ lingerMs: 12 * HOUR, isSplit: false });
    expect(plan({ groups: [group(1, 10)] }, spent).forecast.enoughUntil).toBe(NOON);
  }
  const late = { now: MIDNIGHT + DAY - MINUTE, writes: WORKERS };
  const { lingerMs } = plan({ groups: busy(200) }, late);
  expect(lingerMs).toBeGreaterThan(HOUR);
  expect(lingerMs).toBeLessThan(2 * HOUR);
});

test("more lanes than requests linger for a day at most, and it is told when the writes run out", () => {
  const { lingerMs, forecast } = plan({ groups: busy(10_000) }, { now: MIDNIGHT });
  expect(lingerMs).toBe(DAY);
  expect(forecast.writes).toBe(10_000);
  expect(forecast.enoughUntil).toBe(MIDNIGHT + Math.floor((DAY * WORKERS) / 10_000));
});

test("short of reads, a counter's files are asked about by one list before anything is asked more rarely", () => {
  const three = Array.from({ length: 40 }, () => 3);
  expect(plan({ openFiles: three })).toMatchObject({ isOneByOne: false, pollMs: 15 * MINUTE });
  expect(plan({ openFiles: three.slice(0, 20) })).toMatchObject({ isOneByOne: true, pollMs: 15 * MINUTE });
});

test("short of reads, statuses and goals are asked for more rarely, and the day lasts", () => {
  const counters = Array.from({ length: 200 }, () => 24);
  const { pollMs, goalRecheckMs, goalForcedReadMs, forecast } = plan(
    { openFiles: counters, countersWaiting: 200 },
    { now: MIDNIGHT },
  );
  const stretch = pollMs / defaultRules.pollMs;
  expect(stretch).toBeGreaterThan(5);
  expect(goalRecheckMs / defaultRules.goalRecheckMs).toBeCloseTo(stretch, 3);
  expect(goalForcedReadMs / defaultRules.goalForcedReadMs).toBeCloseTo(stretch, 3);
  expect(forecast.reads * 1.3).toBeLessThanOrEqual(WORKERS + 1);
});

test("reads and writes do not borrow from each other", () => {
  const counters = Array.from({ length: 200 }, () => 24);
  expect(plan({ openFiles: counters })).toMatchObject({ lingerMs: 5 * MINUTE, isSplit: true });
  expect(plan({ groups: busy(200) })).toMatchObject({ pollMs: 15 * MINUTE, isOneByOne: true });
});

const demands = fc.record({
  groups: fc.array(
    fc.record({
      ...{ counterId: fc.nat(50), credentialId: fc.nat(3), currency: fc.constantFrom("RUB", "USD") },
      ...{ target: fc.constantFrom("a", "b", "c"), identifier: fc.constantFrom("client_id", "yclid") },
      ...{ files: fc.integer({ min: 1, max: 400 }), lingerMs: fc.nat(2 * HOUR), firstAt: fc.nat(6 * HOUR) },
    }),
    { maxLength: 300 },
  ),
  plannedFiles: fc.nat(6000),
  openFiles: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 300 }),
  countersWaiting: fc.nat(300),
});
const asked = fc.record({
  ...{ now: fc.integer({ min: MIDNIGHT, max: MIDNIGHT + DAY - 1 }), reads: fc.nat(5000), writes: fc.nat(5000) },
  exhaustedAt: fc.option(fc.constant(NOON), { nil: undefined }),
});
const spread = ({ groups, ...rest }: LoginDemand, now: number): LoginDemand => ({
  ...rest,
  groups: groups.map((g) => ({ ...g, firstAt: now - g.firstAt })),
});

test("for every demand the spans lie between the settings and a day, and what is promised to last does", () => {
  fc.assert(
    fc.property(demands, asked, (demand, { exhaustedAt, ...at }) => {
      const all = { ...at, ...(exhaustedAt !== undefined && { exhaustedAt }) };
      const { forecast, ...made } = plan(spread(demand, at.now), all);
      for (const span of ["lingerMs", "pollMs", "goalRecheckMs", "goalForcedReadMs"] as const) {
        expect(made[span]).toBeGreaterThanOrEqual(defaultRules[span]);
        expect(made[span]).toBeLessThanOrEqual(DAY);
      }
      const left = exhaustedAt === undefined ? Math.max(0, WORKERS - at.writes) : 0;
      if (forecast.enoughUntil === null) expect(forecast.writes).toBeLessThanOrEqual(left);
      else expect(forecast.enoughUntil).toBeLessThanOrEqual(at.now - (at.now % DAY) + DAY);
      if (forecast.enoughUntil !== null) expect(forecast.enoughUntil).toBeGreaterThanOrEqual(at.now);
    }),
  );
});

test("for every demand more spending never makes files linger shorter while today can still pay", () => {
  fc.assert(
    fc.property(demands, fc.nat(4000), fc.nat(700), (demand, writes, more) => {
      const needed = spread({ ...demand, plannedFiles: 0 }, MIDNIGHT + HOUR);
      const at = { now: MIDNIGHT + HOUR };
      const before = plan(needed, { ...at, writes });
      const after = plan(needed, { ...at, writes: writes + more });
      const untilMidnight = 23 * HOUR;
      if (after.lingerMs <= untilMidnight) expect(after.lingerMs).toBeGreaterThanOrEqual(before.lingerMs);
    }),
  );
});
