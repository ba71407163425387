import { expect, test } from "bun:test";
import type { LaneGroup } from "../store/store.ts";
import { planQuota, WINDOW_MS } from "./quota-plan.ts";
import { defaultRules } from "./rules.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MIDNIGHT = Date.parse("2026-11-23T00:00:00Z");
const STEP = MINUTE;
const WORKERS = 4750;

/** How a login's counters sell: so many counters, each with these goals, and of each goal so many rows an hour. */
interface Trade {
  readonly counters: number;
  readonly goals: number;
  rowsAnHour(hourOfDay: number): number;
}

interface Made {
  readonly group: string;
  readonly lane: string;
  readonly openedAt: number;
  readonly ripeAt: number;
}

/** What a day looked like. */
interface Day {
  readonly writes: number;
  /** Files that were ripe when nothing was left for them. */
  readonly late: number;
  readonly hours: readonly number[];
  readonly longestLingerMs: number;
  readonly splitShare: number;
}

/** The same numbers in [0, 1) each time. https://en.wikipedia.org/wiki/Linear_congruential_generator */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/** Days of a login in virtual time: rows come by chance, files are opened and sent as the plan of each minute says. */
function live({ counters, goals, rowsAnHour }: Trade, days: number): readonly Day[] {
  const random = chance(7);
  const open = new Map<string, { openedAt: number; ripeAt: number; groups: Set<string> }>();
  let made: Made[] = [];
  const lived: Day[] = [];
  for (let day = 0; day < days; day++) {
    const midnight = MIDNIGHT + day * DAY;
    const hours = Array<number>(24).fill(0);
    const seen = { writes: 0, late: 0, longestLingerMs: 0, split: 0 };
    for (let now = midnight; now < midnight + DAY; now += STEP) {
      made = made.filter(({ openedAt }) => openedAt > now - WINDOW_MS);
      const spent = { reads: 0, writes: seen.writes, exhaustedAt: null };
      const demand = { groups: groupsOf(made), plannedFiles: 0, openFiles: [], countersWaiting: 0 };
      const { lingerMs, isSplit } = planQuota({ now, spent, demand }, defaultRules);
      seen.longestLingerMs = Math.max(seen.longestLingerMs, lingerMs);
      if (isSplit) seen.split++;
      const hour = Math.floor((now - midnight) / HOUR);
      const probability = 1 - Math.exp((-rowsAnHour(hour) * STEP) / HOUR);
      for (let counter = 0; counter < counters; counter++) {
        for (let goal = 0; goal < goals; goal++) {
          if (random() >= probability) continue;
          const lane = isSplit ? `${counter}/${goal}` : `${counter}`;
          let file = open.get(lane);
          if (!file) {
            file = { openedAt: now, ripeAt: now + lingerMs, groups: new Set() };
            open.set(lane, file);
          }
          const group = `${counter}/${goal}`;
          if (file.groups.has(group)) continue;
          file.groups.add(group);
          made.push({ group, lane: `${counter}`, openedAt: file.openedAt, ripeAt: file.ripeAt });
        }
      }
      for (const [lane, { ripeAt }] of open) {
        if (ripeAt > now) continue;
        if (seen.writes >= WORKERS) {
          seen.late++;
          continue;
        }
        open.delete(lane);
        seen.writes++;
        hours[hour] = (hours[hour] ?? 0) + 1;
      }
    }
    const splitShare = seen.split / (DAY / STEP);
    lived.push({ ...seen, hours, splitShare });
  }
  return lived;
}

function groupsOf(made: readonly Made[]): readonly LaneGroup[] {
  return [...Map.groupBy(made, ({ group }) => group)].map(([target, files]) => ({
    counterId: Number(files[0]?.lane),
    ...{ credentialId: 1, currency: "RUB", target, identifier: "client_id", files: files.length },
    lingerMs: files.reduce((sum, { openedAt, ripeAt }) => sum + ripeAt - openedAt, 0) / files.length,
    firstAt: Math.min(...files.map(({ openedAt }) => openedAt)),
  }));
}

const always = (rows: number) => () => rows;
const shopHours = (rows: number) => (hour: number) => (hour >= 6 && hour < 18 ? rows : rows / 20);

test.each<readonly [name: string, trade: Trade]>([
  ["sell every minute, day and night", { counters: 200, goals: 1, rowsAnHour: always(60) }],
  ["sell in shop hours", { counters: 200, goals: 1, rowsAnHour: shopHours(30) }],
  ["have three goals each", { counters: 200, goals: 3, rowsAnHour: always(10) }],
  ["wake at noon", { counters: 200, goals: 1, rowsAnHour: (hour) => (hour < 12 ? 0 : 60) }],
])(
  "two hundred counters of one login that %s fit into its day, hour for hour, without any setting",
  (_name, trade) => {
    for (const day of live(trade, 2)) {
      expect(day.writes).toBeLessThanOrEqual(WORKERS);
      expect(day.late).toBe(0);
      expect(day.longestLingerMs).toBeLessThan(3 * HOUR);
      // In no hour of trade did sending rest.
      const trading = day.hours.filter((_, hour) => trade.rowsAnHour(hour) >= 10).slice(1);
      expect(Math.min(...trading)).toBeGreaterThan(30);
    }
  },
  60_000,
);

test("a few counters are never made to wait or to share", () => {
  const [day] = live({ counters: 5, goals: 4, rowsAnHour: always(4) }, 1);
  expect(day).toMatchObject({ longestLingerMs: defaultRules.lingerMs, splitShare: 1, late: 0 });
});
