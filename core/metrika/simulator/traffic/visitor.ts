import { choice, createDraw, type Draw, exponential } from "./draw.ts";
import { MAX_VISITS } from "./ids.ts";
import type { DeviceCategory, TrafficSource } from "./shown-visit.ts";

/** A visit of which only the beginning is known yet. */
export interface PlannedVisit {
  readonly ordinal: number;
  /** Unix seconds. */
  readonly start: number;
  readonly source: TrafficSource;
  /** The last source up to here that is none of `direct`; `direct` where there was none. */
  readonly significantSource: TrafficSource;
  /** Whether the visitor has come from an advertisement by now. */
  readonly sawAdvertisement: boolean;
}

/** A visitor with all visits of the period. */
export interface Visitor {
  readonly index: number;
  /** The hidden truth, from 0 to 1: how much this visitor wants to buy. Depth, time, returns and purchases follow from it. */
  readonly propensity: number;
  readonly device: DeviceCategory;
  readonly operatingSystem: string;
  readonly browser: string;
  readonly cityId: number;
  readonly hasClientId: boolean;
  readonly hasUserId: boolean;
  /** Unix seconds; lies before the period for those who were here earlier. */
  readonly firstSeen: number;
  /** Visits before the period. */
  readonly earlierVisits: number;
  readonly firstSource: TrafficSource;
  readonly visits: readonly PlannedVisit[];
}

/** What all visitors of a traffic share. */
export interface VisitorPlan {
  readonly seed: number;
  /** The second at which each day of the period begins, and the one at which the last ends. */
  readonly dayStarts: readonly number[];
  readonly saturdays: ReadonlySet<number>;
  /** From 0 to 1. */
  readonly withoutClientId: number;
}

const aDevice = choice<DeviceCategory>([
  [2, 62],
  [1, 33],
  [3, 4],
  [4, 1],
]);

type Platform = readonly [operatingSystem: string, browser: string];

const aPlatform: Readonly<Record<DeviceCategory, (draw: Draw) => Platform>> = {
  1: choice<Platform>([
    [["windows10", "yandex_browser"], 40],
    [["windows11", "chrome"], 40],
    [["macos_sonoma", "safari"], 20],
  ]),
  2: choice<Platform>([
    [["google_android14", "chromemobile"], 45],
    [["google_android13", "yandex_browser"], 25],
    [["ios17", "mobile_safari"], 30],
  ]),
  3: choice<Platform>([
    [["google_android12", "chromemobile"], 60],
    [["ipados17", "mobile_safari"], 40],
  ]),
  4: choice<Platform>([[["tizen", "samsung_internet"], 1]]),
};

const aSource = choice<TrafficSource>([
  ["organic", 38],
  ["ad", 24],
  ["direct", 18],
  ["referral", 9],
  ["social", 7],
  ["messenger", 4],
]);

const aReturn = choice<TrafficSource>([
  ["direct", 50],
  ["organic", 18],
  ["email", 14],
  ["ad", 12],
  ["messenger", 6],
]);

// Moscow, Saint Petersburg, Yekaterinburg, Novosibirsk, Kazan: numbers of Yandex's regions.
const aCity = choice<number>([
  [213, 45],
  [2, 20],
  [54, 12],
  [65, 12],
  [43, 11],
]);

// Visits by the hour of the day, in the counter's zone.
const BY_HOUR = [2, 1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 7, 8, 8, 7, 7, 7, 7, 7, 8, 9, 9, 7, 4];
const anHour = choice(BY_HOUR.map((weight, hour) => [hour, weight] as const));

const DAY = 86_400;

/** Makes one visitor: a function of the plan and the number alone. */
export function visitorAt(index: number, plan: VisitorPlan): Visitor {
  const draw = createDraw(plan.seed, index);
  const propensity = draw() ** 2.5;
  const device = aDevice(draw);
  const [operatingSystem, browser] = aPlatform[device](draw);
  const cityId = aCity(draw);
  const hasClientId = draw() >= plan.withoutClientId;
  const hasUserId = draw() < 0.15 + 0.5 * propensity;
  const wasHere = draw() < 0.25;
  const firstSource = aSource(draw);
  const earlierSeconds = Math.floor(exponential(draw, 40 * DAY)) + DAY;
  const earlierVisits = 1 + Math.floor(exponential(draw, 1.5));
  const visits = visitsOf(draw, propensity, wasHere ? firstSource : null, firstSource, plan);
  const firstStart = visits[0]?.start ?? 0;
  return {
    ...{ index, propensity, device, operatingSystem, browser, cityId, hasClientId, hasUserId, firstSource, visits },
    firstSeen: wasHere ? firstStart - earlierSeconds : firstStart,
    earlierVisits: wasHere ? earlierVisits : 0,
  };
}

function visitsOf(
  draw: Draw,
  propensity: number,
  sourceBefore: TrafficSource | null,
  firstSource: TrafficSource,
  { dayStarts, saturdays }: VisitorPlan,
): PlannedVisit[] {
  const visits: PlannedVisit[] = [];
  const days = dayStarts.length - 1;
  let day = Math.floor(draw() * days);
  let significantSource: TrafficSource = sourceBefore ?? "direct";
  let sawAdvertisement = sourceBefore === "ad";
  do {
    const isFirst = visits.length === 0 && sourceBefore === null;
    const source = isFirst ? firstSource : aReturn(draw);
    if (source !== "direct") significantSource = source;
    if (source === "ad") sawAdvertisement = true;
    // Some of those who would come on a Saturday come on the Monday after it.
    if (draw() < 0.3 && saturdays.has(day) && day + 2 < days) day += 2;
    const start = startOn(day, dayStarts, draw);
    visits.push({ ordinal: visits.length, start, source, significantSource, sawAdvertisement });
    day += 1 + Math.floor(exponential(draw, 6 * (1.3 - propensity)));
  } while (draw() < 0.25 + 0.55 * propensity && day < days && visits.length < MAX_VISITS);
  return visits;
}

function startOn(day: number, dayStarts: readonly number[], draw: Draw): number {
  const begins = dayStarts[day] ?? 0;
  const ends = dayStarts[day + 1] ?? begins + DAY;
  const second = anHour(draw) * 3600 + Math.floor(draw() * 3600);
  return Math.min(begins + second, ends - 1);
}
