import { isSound, LONGEST_IDENTIFIER, problemOfNumber, problemOfText, refuseDigits } from "./identifier-faults.ts";
import { looksPersonal } from "./personal.ts";
import type { Report } from "./report.ts";
import { showValue } from "./show-value.ts";

// The four identifiers are strings or whole numbers of JSON, and nothing about them is changed: a space or a lost digit is
// told, not mended. Each reader returns "" when the value is absent (undefined, null, "") or was refused in the report.

const DIGITS = /^\d{1,256}$/;
const GOOGLE_ID = /^\d+\.\d+$/;
const PRINTABLE_ASCII = /^[!-~]{1,256}$/;

/** Metrika's visitor id: digits. Two numbers with a dot between them are taken as they are, with a warning. */
export function readClientId(value: unknown, report: Report): string {
  if (typeof value === "string" && DIGITS.test(value)) return value;
  if (isAbsent(value)) return "";
  if (isWhole(value)) return String(value);
  if (typeof value === "string" && value.length <= LONGEST_IDENTIFIER && GOOGLE_ID.test(value)) {
    report.warn({ code: "client_id_google", field: "client_id", params: { value: showValue(value) } });
    return value;
  }
  refuseDigits("client_id", value, report);
  return "";
}

/** The click id of Yandex Direct: digits. */
export function readYclid(value: unknown, report: Report): string {
  if (typeof value === "string" && DIGITS.test(value)) return value;
  if (isAbsent(value)) return "";
  if (isWhole(value)) return String(value);
  refuseDigits("yclid", value, report);
  return "";
}

/** The site's own visitor id (`setUserID`): any text, but neither an e-mail address nor a phone number unless allowed. */
export function readUserId(value: unknown, isPersonalAllowed: boolean, report: Report): string {
  const userId = readText("user_id", value, report);
  if (userId === "" || isPersonalAllowed || !looksPersonal(userId)) return userId;
  report.refuse({ code: "user_id_looks_personal", field: "user_id", params: { value: showValue(userId) } });
  return "";
}

/** The id of a purchase on the site (e-commerce): any text. */
export function readPurchaseId(value: unknown, report: Report): string {
  return readText("purchase_id", value, report);
}

function readText(field: "user_id" | "purchase_id", value: unknown, report: Report): string {
  if (typeof value === "string" && PRINTABLE_ASCII.test(value)) return value;
  if (isAbsent(value)) return "";
  if (isWhole(value)) return String(value);
  if (typeof value !== "string") {
    report.refuse({
      code: "identifier_format",
      field,
      params: { value: showValue(value), problem: problemOfNumber(value) },
    });
  } else if (isSound(field, value, LONGEST_IDENTIFIER, report)) {
    const problem = problemOfText(value);
    if (problem === null) return value;
    report.refuse({ code: "identifier_format", field, params: { value: showValue(value), problem } });
  }
  return "";
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
