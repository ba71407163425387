/**
 * The zone of `ym:s:dateTimeUTC` and `ym:s:goalsDateTime` in logs: the documents say UTC+3, whatever the names say.
 * https://yandex.ru/dev/metrika/ru/logs/fields/visits
 */
export const LOGS_UTC_ZONE = "+03:00";

/**
 * The instant of a time as Metrika writes it, `YYYY-MM-DD HH:MM:SS`: `dateTime` of reports and logs stands in the counter's
 * own zone. Of a time that a change of clocks repeats, the first is meant.
 *
 * @param timeZone a name of the tz database, as counters have it, or an offset.
 * @returns milliseconds since 1970, UTC.
 * @throws RangeError for a text that is no time, or a zone that is none.
 */
export function instantOf(text: string, timeZone: string): number {
  return Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).epochMilliseconds;
}
