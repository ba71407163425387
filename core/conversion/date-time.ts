import { InexactNumber } from "./exact-json.ts";
import { explainFutureTime } from "./future-time.ts";
import { isoText, offsetText, parseIsoTime } from "./iso-time.ts";
import type { Report } from "./report.ts";
import { showValue } from "./show-value.ts";
import { clockOf } from "./time-zone.ts";
import { explainUnreadableTime } from "./unreadable-time.ts";

export { isTimeZone } from "./time-zone.ts";

/** How far a conversion may lie ahead of our clock, since clocks differ; it is held back until its time is past. */
export const FUTURE_TOLERANCE_SECONDS = 15;

/** Metrika links a conversion to a visit of the last 21 days, https://yandex.ru/dev/metrika/ru/management/conversion. */
export const LINKING_DAYS = 21;

const DAY = 86_400;
const EARLIEST = 946_684_800; // 2000-01-01T00:00:00Z
const UNIX_SECONDS = /^\d{9,10}(?:\.\d+)?$/;
const LONGEST_TEXT = 64;

/** What the meaning of a time depends on besides its text. */
export interface TimeOptions {
  /** The zone of a time that states none: an IANA name or "+03:00". */
  readonly timeZone: string;
  /** Unix milliseconds. */
  readonly now: number;
}

/**
 * Reads `date_time`: ISO 8601 with or without an offset (without: the zone of the options), or Unix seconds as a number or
 * a string of 9 to 10 digits. Fractions of a second are cut.
 *
 * @returns Unix seconds, or NaN when the value was refused in the report.
 * @throws RangeError when `options.timeZone` is not a time zone.
 */
export function readDateTime(value: unknown, options: TimeOptions, report: Report): number {
  const text = value instanceof InexactNumber ? value.source : value;
  if (typeof text === "string" && text.length <= LONGEST_TEXT) {
    const time = parseIsoTime(text);
    if (typeof time === "object") {
      return time.offset === null
        ? readZoneTime(time.local, value, options, report)
        : checkInstant(time.local - time.offset, time.offset, value, options, report);
    }
    if (UNIX_SECONDS.test(text)) return checkInstant(Math.floor(Number(text)), null, value, options, report);
  } else if (typeof text === "number" && text >= 1e8 && text < 1e10) {
    return checkInstant(Math.floor(text), null, value, options, report);
  }
  report.refuse(explainUnreadableTime(text));
  return Number.NaN;
}

function readZoneTime(local: number, value: unknown, options: TimeOptions, report: Report): number {
  const clock = clockOf(options.timeZone);
  const now = options.now / 1000;
  // Far times are refused whatever their offset; kept from the clock, they cannot fill its memory.
  const isFar = local < EARLIEST - DAY || local > now + DAY;
  const offset = isFar ? clock.offsetAt(now) : clock.offsetFor(local);
  if (offset !== null) return checkInstant(local - offset, offset, value, options, report);
  const suggestion = isoText(local) + offsetText(clock.offsetAt(local - DAY));
  report.refuse({
    code: "date_time_gap",
    field: "date_time",
    params: { value: showValue(value), zone: options.timeZone, suggestion },
  });
  return Number.NaN;
}

/** Refuses or warns by the age of an instant; `offset` is what was taken off to reach it, null for Unix seconds. */
function checkInstant(
  instant: number,
  offset: number | null,
  value: unknown,
  options: TimeOptions,
  report: Report,
): number {
  const age = options.now / 1000 - instant;
  if (age >= 0 && age <= LINKING_DAYS * DAY && instant >= EARLIEST) return instant;
  if (age < -FUTURE_TOLERANCE_SECONDS) {
    report.refuse({
      code: "date_time_in_future",
      field: "date_time",
      params: explainFutureTime(instant, -age, offset, value),
    });
    return Number.NaN;
  }
  if (instant < EARLIEST) {
    report.refuse({ code: "date_time_too_early", field: "date_time", params: { value: showValue(value) } });
    return Number.NaN;
  }
  if (age > LINKING_DAYS * DAY) {
    const params = { value: showValue(value), days: Math.floor(age / DAY) };
    report.warn({ code: "too_old", field: "date_time", params });
  }
  return instant;
}
