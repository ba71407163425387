import { parseIsoTime } from "../../core/conversion/iso-time.ts";
import type { Localized } from "../../core/language.ts";

/** Unix milliseconds of an ISO 8601 instant; null for another text, also for 30 February and for a time without offset. */
export function millisecondsOf(text: string): number | null {
  const time = parseIsoTime(text);
  return typeof time === "string" || time.offset === null ? null : (time.local - time.offset) * 1000;
}

/** What is told of a text that is no instant. */
export const notAnInstant: Localized = {
  ru: "Это не момент времени: «{received}». Укажите дату, время и смещение, например 2027-01-31T00:00:00+03:00.",
  en: "“{received}” is not an instant. Give a date, a time and an offset, for example 2027-01-31T00:00:00+03:00.",
};
