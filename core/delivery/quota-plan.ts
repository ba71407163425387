import type { LaneGroup, LoginDemand, LoginSpending } from "../store/store.ts";
import { type DeliveryRules, workersShare } from "./rules.ts";
import { nextMidnight } from "./send-outcome.ts";

/** How a login's requests are spent until its quota is freed; spans are in milliseconds. */
export interface QuotaPlan {
  /** How long a file gathers rows. */
  readonly lingerMs: number;
  /** Whether a file holds one target and one kind of identifier, or whatever its lane gathers. */
  readonly isSplit: boolean;
  /** How often Metrika is asked about files it works on. */
  readonly pollMs: number;
  /** Whether a counter's few files are asked about one by one; otherwise one list tells of all. */
  readonly isOneByOne: boolean;
  readonly goalRecheckMs: number;
  readonly goalForcedReadMs: number;
  readonly forecast: Forecast;
}

/** What the plan will have cost by 00:00 GMT, from now on. */
export interface Forecast {
  readonly reads: number;
  readonly writes: number;
  /** Unix milliseconds at which the worker's writes run out at this pace; null: they last. */
  readonly enoughUntil: number | null;
}

/** What a login has spent and needs; `now` is Unix milliseconds. */
export interface QuotaNeed {
  readonly now: number;
  readonly spent: LoginSpending;
  readonly demand: LoginDemand;
}

/** The settings that a plan begins with. */
export type PlanRules = Pick<
  DeliveryRules,
  "lingerMs" | "pollMs" | "goalRecheckMs" | "goalForcedReadMs" | "dailyRequests" | "reserveShare"
>;

/** Requests that the worker may still make before midnight, may make on a whole day, and milliseconds until midnight. */
interface Budget {
  readonly left: number;
  readonly ofDay: number;
  readonly untilMidnight: number;
}

/** So few files of a counter are asked for one by one: a counter with a long history has a long list. */
export const ONE_BY_ONE = 3;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How far back the pace of rows is measured. */
export const WINDOW_MS = 6 * HOUR_MS;
/** No pace is measured over less: the first files of a login would be taken for its habit. */
const LEAST_WINDOW_MS = HOUR_MS;
/** So many files tell a lane's pace by themselves. It is then measured from the first of them, since it may have just woken. */
const FILES_OF_A_PACE = 3;
/** A prediction up to this share of what is left asks for no saving. */
const COMFORT = 0.8;
/** Who must save plans for so much more than was predicted. */
const MARGIN = 1.3;

/**
 * The plan of a login. Rows are taken to arrive without memory: from a file's closing to the next row of its lane the same
 * time passes on the average, however long files linger. So the cost at another linger, or of lanes that are merged, follows
 * from what was observed.
 */
export function planQuota({ now, spent, demand }: QuotaNeed, rules: PlanRules): QuotaPlan {
  const ofDay = workersShare(rules);
  const untilMidnight = nextMidnight(now) - now;
  const budget = (used: number): Budget => {
    const left = spent.exhaustedAt === null ? Math.max(0, ofDay - used) : 0;
    return { left, ofDay, untilMidnight };
  };
  const { reads, ...reading } = planReads(demand, budget(spent.reads), rules);
  const { writes, ...writing } = planWrites(demand, budget(spent.writes), rules.lingerMs, now);
  const { left } = budget(spent.writes);
  const enoughUntil = writes <= left ? null : now + Math.floor((untilMidnight * left) / writes);
  return {
    ...reading,
    ...writing,
    forecast: { reads: Math.round(reads), writes: Math.round(writes), enoughUntil },
  };
}

function planWrites(
  { groups, plannedFiles }: LoginDemand,
  { left, ofDay, untilMidnight }: Budget,
  lingerMs: number,
  now: number,
): Pick<QuotaPlan, "lingerMs" | "isSplit"> & { readonly writes: number } {
  const split = groups.map((group) => idleMs(group, now));
  const merged = mergedIdleMs(groups, now);
  const free = Math.max(0, left - plannedFiles);
  const isSplit = files(split, lingerMs, untilMidnight) <= COMFORT * free;
  const chosen = isSplit
    ? lingerMs
    : withinReach(stretchedLinger(merged, lingerMs, free, untilMidnight), untilMidnight, () =>
        stretchedLinger(merged, lingerMs, ofDay, DAY_MS),
      );
  return {
    lingerMs: chosen,
    isSplit,
    writes: plannedFiles + files(isSplit ? split : merged, chosen, untilMidnight),
  };
}

/** On the average, from the closing of a group's file to its next row. */
function idleMs({ files: opened, lingerMs, firstAt }: LaneGroup, now: number): number {
  let cycle = WINDOW_MS / opened;
  if (opened >= FILES_OF_A_PACE) {
    const since = Math.max(LEAST_WINDOW_MS, now - firstAt);
    // The first file stands at the beginning of this time, and of the last cycle half has passed on the average.
    cycle = Math.min(cycle, since / (opened - 0.5));
  }
  return Math.max(0, cycle - lingerMs);
}

/** The same of lanes that take rows of every kind: the rates of groups that share a lane add. */
function mergedIdleMs(groups: readonly LaneGroup[], now: number): readonly number[] {
  const lanes = Map.groupBy(groups, (g) => `${g.counterId} ${g.credentialId} ${g.currency}`);
  return [...lanes.values()].map((sharing) => 1 / sharing.reduce((rate, group) => rate + 1 / idleMs(group, now), 0));
}

/** How many files lanes make in a time, by their idle times. */
function files(idle: readonly number[], lingerMs: number, ms: number): number {
  return idle.reduce((sum, idleOfLane) => sum + ms / Math.max(1, lingerMs + idleOfLane), 0);
}

/** The least linger, from the wished one to a day, that leaves a margin. */
function stretchedLinger(idle: readonly number[], wishedMs: number, left: number, ms: number): number {
  if (files(idle, wishedMs, ms) <= COMFORT * left) return wishedMs;
  let [short, long] = [wishedMs, Math.max(DAY_MS, wishedMs)];
  while (long - short > 1000) {
    const middle = (short + long) / 2;
    if (files(idle, middle, ms) * MARGIN <= left) long = middle;
    else short = middle;
  }
  return Math.round(long);
}

/** What ends beyond midnight is paid by the next day: it lasts until then, or as long as that day's own pace would ask. */
function withinReach(spanMs: number, untilMidnight: number, tomorrows: () => number): number {
  return spanMs <= untilMidnight ? spanMs : Math.max(untilMidnight, Math.min(spanMs, tomorrows()));
}

type Reading = Pick<QuotaPlan, "pollMs" | "isOneByOne" | "goalRecheckMs" | "goalForcedReadMs">;

function planReads(
  demand: LoginDemand,
  { left, ofDay, untilMidnight }: Budget,
  rules: PlanRules,
): Reading & { readonly reads: number } {
  const asSet = readsOf(demand, rules, true, untilMidnight);
  const isOneByOne = asSet <= COMFORT * left;
  const today = isOneByOne ? 1 : stretch(readsOf(demand, rules, false, untilMidnight), left);
  const wholeDay = isOneByOne ? 1 : stretch(readsOf(demand, rules, false, DAY_MS), ofDay);
  const span = (wishedMs: number) => {
    const spanOf = (factor: number) => Math.max(wishedMs, Math.min(DAY_MS, Math.round(wishedMs * factor)));
    return withinReach(spanOf(today), Math.max(untilMidnight, wishedMs), () => spanOf(wholeDay));
  };
  const spans = {
    pollMs: span(rules.pollMs),
    goalRecheckMs: span(rules.goalRecheckMs),
    goalForcedReadMs: span(rules.goalForcedReadMs),
  };
  return { ...spans, isOneByOne, reads: readsOf(demand, spans, isOneByOne, untilMidnight) };
}

/** How many times longer the spans between reads must be. */
function stretch(reads: number, left: number): number {
  if (reads <= COMFORT * left) return 1;
  return left > 0 ? Math.max(1, (reads * MARGIN) / left) : Number.POSITIVE_INFINITY;
}

function readsOf(
  { openFiles, countersWaiting }: LoginDemand,
  { pollMs, goalRecheckMs }: Pick<Reading, "pollMs" | "goalRecheckMs">,
  isOneByOne: boolean,
  ms: number,
): number {
  const each = (open: number) => (isOneByOne && open <= ONE_BY_ONE ? open : 1);
  const requests = openFiles.reduce((sum, open) => sum + each(open), 0);
  return (requests * ms) / pollMs + (countersWaiting * ms) / goalRecheckMs;
}
