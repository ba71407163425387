import { InexactNumber } from "./exact-json.ts";
import type { FindingPhrase } from "./finding-phrases.ts";
import type { Report } from "./report.ts";
import { showValue } from "./show-value.ts";

/**
 * Control characters and what is as invisible: soft hyphen, zero-width space, direction marks, byte order mark. The joiners
 * U+200C and U+200D are left: some scripts and emoji are written with them.
 */
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/;
const NO_BREAK_SPACE = /[\u00a0\u2007\u202f]/;
const EDGE_SPACE = /^\s|\s$/;
const EDGE_QUOTE = /^["'`«“‘’]|["'`»”’]$/;
const EXPONENT = /^\d(?:[.,]\d*)?e\+?\d+$/i;
const GOOGLE_COOKIE = /^GA\d+\.\d+\.\d+/i;
const GROUPED_DIGITS = /^\d+(?:[.,'’]\d+)+$/;
const SPACED_DIGITS = /^\d+(?:\s+\d+)+(?:[.,]0+)?$/;

/** The greatest length of an identifier, in UTF-16 units. */
export const LONGEST_IDENTIFIER = 256;

/** Refuses a text that is too long, holds half a character or an invisible one; true when it is sound. */
export function isSound(field: string, text: string, limit: number, report: Report): boolean {
  if (text.length > limit) {
    report.refuse({ code: "too_long", field, params: { value: showValue(text), length: text.length, limit } });
    return false;
  }
  if (!text.isWellFormed()) {
    report.refuse({ code: "not_unicode", field, params: { value: showValue(text) } });
    return false;
  }
  const [invisible] = INVISIBLE.exec(text) ?? [];
  if (invisible === undefined) return true;
  const character = `U+${invisible.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  report.refuse({ code: "control_character", field, params: { value: showValue(text), character } });
  return false;
}

/** Refuses a `client_id` or `yclid` that is not made of digits, with the mend that fits the mistake. */
export function refuseDigits(field: "client_id" | "yclid", value: unknown, report: Report): void {
  if (typeof value === "string" && !isSound(field, value, LONGEST_IDENTIFIER, report)) return;
  const otherwise = field === "client_id" ? "client_id_digits" : "yclid_digits";
  const problem = typeof value === "string" ? (problemOfDigits(value) ?? otherwise) : problemOfNumber(value);
  report.refuse({
    code: field === "client_id" ? "client_id_format" : "yclid_format",
    field,
    params: { value: showValue(value), problem },
  });
}

function problemOfDigits(text: string): FindingPhrase | null {
  if (SPACED_DIGITS.test(text.trim())) return NO_BREAK_SPACE.test(text) ? "no_break_space_inside" : "spaces_inside";
  if (EXPONENT.test(text)) return "exponent";
  if (GOOGLE_COOKIE.test(text)) return "google_cookie";
  if (GROUPED_DIGITS.test(text)) return "digits_grouped";
  return EDGE_QUOTE.test(text) ? "quote_around" : problemOfText(text);
}

/** What is wrong with a free text, or null: spaces around it, or a non-breaking space inside, as in printed numbers. */
export function problemOfText(text: string): FindingPhrase | null {
  return problemOfEdges(text) ?? (NO_BREAK_SPACE.test(text) ? "no_break_space_inside" : null);
}

/** Which kind of space a text begins or ends with, or null. */
export function problemOfEdges(text: string): FindingPhrase | null {
  const [space] = EDGE_SPACE.exec(text) ?? [];
  if (space === undefined) return null;
  return NO_BREAK_SPACE.test(space) ? "no_break_space_around" : "space_around";
}

/** What is wrong with a value that is neither a string nor a whole number that JavaScript holds exactly. */
export function problemOfNumber(value: unknown): FindingPhrase {
  if (value instanceof InexactNumber) return "number_fraction";
  if (typeof value !== "number" || !Number.isFinite(value)) return "not_a_string";
  if (value < 0) return "number_negative";
  return Number.isInteger(value) ? "number_rounded" : "number_fraction";
}
