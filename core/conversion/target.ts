import { isSound, problemOfEdges, problemOfNumber } from "./identifier-faults.ts";
import type { Report } from "./report.ts";
import { showValue } from "./show-value.ts";

/** The greatest length of a target, in UTF-16 units. */
export const LONGEST_TARGET = 255;

const ORDINARY = /^[A-Za-z0-9_.:-]*[A-Za-z_.:-][A-Za-z0-9_.:-]*$/;
const DIGITS = /^\d+$/;
/** What an event identifier cannot hold, https://yandex.com/support/metrica/en/general/goal-js-event */
const FORBIDDEN = /[/\\&#?="]/g;

/**
 * Reads `target`, the event identifier of a goal: a string of at most 255 characters, or a whole number, which is taken by
 * its digits with a warning.
 *
 * @returns the identifier as received; "" when it was refused in the report.
 */
export function readTarget(value: unknown, report: Report): string {
  if (typeof value === "string" && value.length <= LONGEST_TARGET && ORDINARY.test(value)) return value;
  if (value === undefined || value === null || (typeof value === "string" && value.trim() === "")) {
    report.refuse({ code: "target_missing", field: "target", params: {} });
    return "";
  }
  if (typeof value === "string") return readUnusual(value, report);
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return readUnusual(String(value), report);
  report.refuse({
    code: "target_format",
    field: "target",
    params: { value: showValue(value), problem: problemOfNumber(value) },
  });
  return "";
}

function readUnusual(text: string, report: Report): string {
  if (!isSound("target", text, LONGEST_TARGET, report)) return "";
  const problem = problemOfEdges(text);
  if (problem !== null) {
    report.refuse({ code: "target_format", field: "target", params: { value: showValue(text), problem } });
    return "";
  }
  const value = showValue(text);
  if (DIGITS.test(text)) report.warn({ code: "target_is_number", field: "target", params: { value } });
  const forbidden = new Set(text.match(FORBIDDEN));
  if (forbidden.size > 0) {
    report.warn({
      code: "target_characters",
      field: "target",
      params: { value, characters: [...forbidden].join(" ") },
    });
  }
  return text;
}
