import { LOGS_UTC_ZONE } from "../../zones.ts";
import { attributedName } from "../traffic/attribution.ts";
import { type Calendar, createCalendar } from "../traffic/calendar.ts";
import type { ReachedGoal } from "../traffic/counter-view.ts";
import type { ShownVisit, Utm } from "../traffic/shown-visit.ts";
import { tsvNumbers, tsvText, tsvTexts } from "./tsv.ts";

/** A visit on its way into a log. */
export interface VisitLine {
  readonly counterId: number;
  readonly calendar: Calendar;
  readonly visit: ShownVisit;
  readonly goals: () => readonly ReachedGoal[];
}

/** Writes one column. */
export type WriteField<Line> = (line: Line) => string;

const utc3 = createCalendar(LOGS_UTC_ZONE);
const MAX_WATCH_IDS = 500;
const NO_PARAMETERS = tsvTexts([]);

// https://yandex.ru/dev/metrika/ru/logs/fields/visits
const FIELDS: Readonly<Record<string, WriteField<VisitLine>>> = {
  visitID: ({ visit }) => visit.visitId,
  counterID: ({ counterId }) => String(counterId),
  watchIDs: ({ visit }) => tsvNumbers(visit.watchIds.slice(0, MAX_WATCH_IDS)),
  date: ({ visit, calendar }) => calendar.dateOf(visit.start),
  dateTime: ({ visit, calendar }) => calendar.timeOf(visit.start),
  dateTimeUTC: ({ visit }) => utc3.timeOf(visit.start),
  isNewUser: ({ visit }) => (visit.visitNumber === 1 ? "1" : "0"),
  startURL: ({ visit }) => tsvText(visit.pages[0]?.url ?? ""),
  endURL: ({ visit }) => tsvText(visit.pages.at(-1)?.url ?? ""),
  referer: ({ visit }) => tsvText(visit.pages[0]?.referer ?? ""),
  pageViews: ({ visit }) => String(visit.pageCount),
  visitDuration: ({ visit }) => String(visit.duration),
  bounce: ({ visit }) => (isBounce(visit) ? "1" : "0"),
  ipAddress: ({ visit }) => visit.ipAddress,
  regionCityID: ({ visit }) => String(visit.cityId),
  // What stands here for a visit without a ClientID is not documented; a UInt64 can be nothing but 0.
  clientID: ({ visit }) => visit.clientId ?? "0",
  counterUserIDHash: ({ visit }) => visit.userHash,
  deviceCategory: ({ visit }) => String(visit.device),
  operatingSystem: ({ visit }) => visit.operatingSystem,
  browser: ({ visit }) => visit.browser,
  hasGCLID: () => "0",
  goalsID: ({ goals }) => tsvNumbers(goals().map((goal) => goal.goalId)),
  // What the serial number counts is not documented: here the goals of the visit.
  goalsSerialNumber: ({ goals }) => tsvNumbers(goals().map((_, number) => number + 1)),
  goalsDateTime: ({ goals }) => tsvTexts(goals().map((goal) => utc3.timeOf(goal.time))),
  goalsPrice: ({ goals }) => tsvNumbers(goals().map((goal) => thousandths(goal.price ?? "0"))),
  goalsOrder: ({ goals }) => tsvTexts(goals().map((goal) => goal.order)),
  goalsCurrency: ({ goals }) => tsvTexts(goals().map((goal) => goal.currency ?? "")),
  purchaseID: ({ visit }) => tsvTexts(visit.purchases.map((purchase) => purchase.id)),
  purchaseRevenue: ({ visit }) => tsvNumbers(visit.purchases.map((purchase) => purchase.kopecks / 100)),
  parsedParamsKey1: ({ visit }) => tsvTexts(visit.parameters[0]),
  parsedParamsKey2: ({ visit }) => tsvTexts(visit.parameters[1]),
  ...Object.fromEntries([3, 4, 5, 6, 7, 8, 9, 10].map((level) => [`parsedParamsKey${level}`, () => NO_PARAMETERS])),
};

const UTM_PARTS: readonly (keyof Utm)[] = ["Source", "Medium", "Campaign", "Content", "Term"];

/** The writer of a column of visits by its name without the prefix; null for a name that the simulator does not know. */
export function visitField(name: string, attribution: string | null): WriteField<VisitLine> | null {
  if (Object.hasOwn(FIELDS, name)) return FIELDS[name] ?? null;
  const attributed = attributedName(name, attribution);
  if (attributed === null) return null;
  const { model } = attributed;
  if (attributed.name === "TrafficSource") return ({ visit }) => visit.sourceBy(model);
  if (attributed.name === "DirectClickOrder") return ({ visit }) => (visit.sourceBy(model) === "ad" ? "70000001" : "0");
  const part = UTM_PARTS.find((one) => attributed.name === `UTM${one}`);
  return part === undefined ? null : ({ visit }) => tsvText(visit.utmBy(model)?.[part] ?? "");
}

/** Whether a visit counts as a bounce: one page and less than 15 seconds, which is a counter's default. */
export function isBounce(visit: Pick<ShownVisit, "pageCount" | "duration">): boolean {
  return visit.pageCount === 1 && visit.duration < 15;
}

/** A decimal number times 1000, as goals' prices are written; digits beyond the third are left out. */
function thousandths(price: string): string {
  const [whole = "0", fraction = ""] = price.split(".");
  return String(BigInt(whole + fraction.padEnd(3, "0").slice(0, 3)));
}
