import { LOGS_UTC_ZONE } from "../../zones.ts";
import { type Calendar, createCalendar } from "../traffic/calendar.ts";
import type { ShownVisit } from "../traffic/shown-visit.ts";
import { tsvNumbers, tsvText } from "./tsv.ts";
import type { WriteField } from "./visit-fields.ts";

/** An event on its way into a log: a page view, or a goal that was reached. */
export interface HitLine {
  readonly counterId: number;
  readonly calendar: Calendar;
  readonly visit: ShownVisit;
  /** UInt64 as its digits. */
  readonly watchId: string;
  /** Unix seconds. */
  readonly time: number;
  readonly url: string;
  readonly title: string;
  readonly referer: string;
  readonly isPageView: boolean;
  readonly goalIds: readonly number[];
}

const utc3 = createCalendar(LOGS_UTC_ZONE);

// https://yandex.ru/dev/metrika/ru/logs/fields/hits
const FIELDS: Readonly<Record<string, WriteField<HitLine>>> = {
  watchID: ({ watchId }) => watchId,
  visitID: ({ visit }) => visit.visitId,
  counterID: ({ counterId }) => String(counterId),
  clientID: ({ visit }) => visit.clientId ?? "0",
  counterUserIDHash: ({ visit }) => visit.userHash,
  date: ({ calendar, time }) => calendar.dateOf(time),
  dateTime: ({ calendar, time }) => calendar.timeOf(time),
  dateTimeUTC: ({ time }) => utc3.timeOf(time),
  title: ({ title }) => tsvText(title),
  URL: ({ url }) => tsvText(url),
  referer: ({ referer }) => tsvText(referer),
  isPageView: ({ isPageView }) => (isPageView ? "1" : "0"),
  goalsID: ({ goalIds }) => tsvNumbers(goalIds),
  deviceCategory: ({ visit }) => String(visit.device),
  operatingSystem: ({ visit }) => visit.operatingSystem,
  browser: ({ visit }) => visit.browser,
  regionCityID: ({ visit }) => String(visit.cityId),
  ipAddress: ({ visit }) => visit.ipAddress,
};

/** The writer of a column of hits by its name without the prefix; null for a name that the simulator does not know. */
export function hitField(name: string): WriteField<HitLine> | null {
  return Object.hasOwn(FIELDS, name) ? (FIELDS[name] ?? null) : null;
}
