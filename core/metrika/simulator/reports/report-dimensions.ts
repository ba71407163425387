import { isBounce } from "../logs/visit-fields.ts";
import { attributedName } from "../traffic/attribution.ts";
import type { Calendar } from "../traffic/calendar.ts";
import type { ReachedGoal } from "../traffic/counter-view.ts";
import type { DeviceCategory, ShownVisit, TrafficSource, Utm } from "../traffic/shown-visit.ts";

/** A visit on its way into a report. */
export interface ReportVisit {
  readonly visit: ShownVisit;
  /** Of the counter's zone, or of the one that the request names. */
  readonly calendar: Calendar;
  readonly goals: () => readonly ReachedGoal[];
}

/** A value of a dimension: what people read, and the id that some dimensions have beside it. */
export interface DimensionValue {
  /** Null: the visit has no such thing. */
  readonly name: string | null;
  readonly id?: string;
}

/** Reads a dimension of a visit. */
export type ReadDimension = (line: ReportVisit) => DimensionValue;

const SOURCE_NAMES: Readonly<Record<TrafficSource, string>> = {
  organic: "Search engine traffic",
  direct: "Direct traffic",
  ad: "Ad traffic",
  referral: "Link traffic",
  social: "Social network traffic",
  email: "Mailing traffic",
  messenger: "Messenger traffic",
};

const DEVICES: Readonly<Record<DeviceCategory, DimensionValue>> = {
  1: { name: "PC", id: "desktop" },
  2: { name: "Smartphones", id: "mobile" },
  3: { name: "Tablets", id: "tablet" },
  4: { name: "TV", id: "tv" },
};

const UTM_PARTS: readonly (keyof Utm)[] = ["Source", "Medium", "Campaign", "Content", "Term"];
const yesNo = (value: boolean): DimensionValue => (value ? { name: "Yes", id: "yes" } : { name: "No", id: "no" });
const plain = (value: string | number | null): DimensionValue => ({ name: value === null ? null : String(value) });

// https://yandex.ru/dev/metrika/ru/stat/attrandmetr/dim_all; how counts and flags are spelled there is not documented.
const DIMENSIONS: Readonly<Record<string, ReadDimension>> = {
  clientID: ({ visit }) => plain(visit.clientId),
  userClientUserId: ({ visit }) => plain(visit.userId),
  date: ({ visit, calendar }) => plain(calendar.dateOf(visit.start)),
  dateTime: ({ visit, calendar }) => plain(calendar.timeOf(visit.start)),
  startOfHour: ({ visit, calendar }) => plain(`${calendar.timeOf(visit.start).slice(0, 13)}:00:00`),
  pageViews: ({ visit }) => plain(visit.pageCount),
  visitDuration: ({ visit }) => plain(visit.duration),
  bounce: ({ visit }) => yesNo(isBounce(visit)),
  isNewUser: ({ visit }) => yesNo(visit.visitNumber === 1),
  userVisits: ({ visit }) => plain(visit.visitNumber),
  daysSincePreviousVisit: ({ visit }) => plain(visit.daysSincePrevious),
  deviceCategory: ({ visit }) => DEVICES[visit.device],
  operatingSystem: ({ visit }) => plain(visit.operatingSystem),
  browser: ({ visit }) => plain(visit.browser),
  regionCity: ({ visit }) => ({ name: `City ${visit.cityId}`, id: String(visit.cityId) }),
  startURL: ({ visit }) => plain(visit.pages[0]?.url ?? null),
  endURL: ({ visit }) => plain(visit.pages.at(-1)?.url ?? null),
  referer: ({ visit }) => plain(visit.pages[0]?.referer || null),
  isRobot: () => yesNo(false),
};

/** The reader of a dimension by its name without the prefix `ym:s:`; null for one that the simulator does not know. */
export function reportDimension(name: string, attribution: string | null): ReadDimension | null {
  if (Object.hasOwn(DIMENSIONS, name)) return DIMENSIONS[name] ?? null;
  const attributed = attributedName(name, attribution);
  if (attributed === null) return null;
  const { model } = attributed;
  if (attributed.name === "TrafficSource")
    return ({ visit }) => {
      const id = visit.sourceBy(model);
      return { name: SOURCE_NAMES[id], id };
    };
  const part = UTM_PARTS.find((one) => attributed.name === `UTM${one}`);
  return part === undefined ? null : ({ visit }) => plain(visit.utmBy(model)?.[part] || null);
}
