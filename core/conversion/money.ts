import { guessCurrency, isCurrency } from "./currencies.ts";
import { InexactNumber } from "./exact-json.ts";
import type { FindingPhrase } from "./finding-phrases.ts";
import type { Report } from "./report.ts";
import { showValue } from "./show-value.ts";

export { isCurrency } from "./currencies.ts";

const DECIMAL = /^(\d+)(?:\.(\d+))?$/;
const NEGATIVE = /^\s*[-−][\d\s.,]*[1-9]/;
const EXPONENT = /^[+-]?\d[\d.,]*e[+-]?\d+$/i;
/** Signs and words of money, and what people put between groups of digits. */
const DECORATION = /^\+|[\s'’_]|[$€₽₸£]|руб(?:лей|ля|ль)?\.?|р\.?$|rub|usd|eur/gi;
const COMMA_GROUPS = /^\d{1,3}(?:(?:,\d{3}){2,}|(?:,\d{3})+\.\d+)$/;
const POINT_GROUPS = /^\d{1,3}(?:(?:\.\d{3}){2,}|(?:\.\d{3})+,\d+)$/;
const MOST_INTEGER_DIGITS = 15;
const MOST_FRACTION_DIGITS = 20;
const LONGEST_TEXT = 200;

/**
 * Reads `price`: a number or a decimal string, not below zero, at most 15 digits before and 20 after the point, kept exact.
 *
 * @returns the canonical decimal ("1500", "0.5", "0"); null when absent or refused in the report.
 */
export function readPrice(value: unknown, report: Report): string | null {
  if (value === undefined || value === null || value === "") return null;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 1e15) return String(value);
  const text = typeof value === "number" ? plainDecimal(value) : value instanceof InexactNumber ? value.source : value;
  const match = typeof text === "string" && text.length <= LONGEST_TEXT ? DECIMAL.exec(text) : null;
  if (match === null) return refuseText(text, report);
  const [, whole = "", fraction = ""] = match;
  const integer = whole.replace(/^0+(?=\d)/, "");
  const decimals = fraction.replace(/0+$/, "");
  if (integer.length > MOST_INTEGER_DIGITS || decimals.length > MOST_FRACTION_DIGITS) {
    return refuse(value, "price_digits", report);
  }
  return decimals === "" ? integer : `${integer}.${decimals}`;
}

/**
 * Reads `currency` beside its price: ISO 4217 in any letter case; without one, the source's default.
 *
 * @returns the code in upper case; "" when it was refused in the report.
 */
export function readCurrency(value: unknown, defaultCurrency: string, report: Report): string {
  if (value === undefined || value === null || value === "") return defaultCurrency;
  if (typeof value === "string") {
    if (isCurrency(value)) return value;
    const upper = value.length === 3 ? value.toUpperCase() : "";
    if (isCurrency(upper)) return upper;
  }
  const guess =
    typeof value === "string" || typeof value === "number" ? guessCurrency(String(value).slice(0, 40)) : null;
  const mend: FindingPhrase = guess === null ? "currency_spelling" : "currency_respelled";
  report.refuse({
    code: "currency_unknown",
    field: "currency",
    params: { value: showValue(value), mend, suggestion: guess ?? "" },
  });
  return "";
}

/** A number without the exponent that JavaScript prints below a millionth: it may have come as 0.0000005. */
function plainDecimal(value: number): string {
  const printed = String(value);
  const [, ones, fraction = "", zeros] = /^(\d)(?:\.(\d+))?e-(\d+)$/.exec(printed) ?? [];
  return ones === undefined ? printed : `0.${"0".repeat(Number(zeros) - 1)}${ones}${fraction}`;
}

function refuseText(text: unknown, report: Report): null {
  if (typeof text !== "string") return refuse(text, "price_spelling", report);
  const head = text.slice(0, LONGEST_TEXT);
  if (NEGATIVE.test(head)) {
    report.refuse({ code: "price_negative", field: "price", params: { value: showValue(head) } });
    return null;
  }
  if (EXPONENT.test(head)) return refuse(text, "price_exponent", report);
  if (text.length > LONGEST_TEXT)
    return refuse(text, /^[\d.]+$/.test(head) ? "price_digits" : "price_spelling", report);
  const suggestion = respell(text);
  return suggestion === null
    ? refuse(text, "price_spelling", report)
    : refuse(text, "price_respelled", report, suggestion);
}

function refuse(value: unknown, problem: FindingPhrase, report: Report, suggestion = ""): null {
  report.refuse({ code: "price_format", field: "price", params: { value: showValue(value), problem, suggestion } });
  return null;
}

/** The decimal that is probably meant ("12 500,50 ₽" → "12500.50"), or null where it could be two ("12,500"). */
function respell(text: string): string | null {
  const bare = text.replace(DECORATION, "");
  if (COMMA_GROUPS.test(bare)) return bare.replaceAll(",", "");
  if (POINT_GROUPS.test(bare)) return bare.replaceAll(".", "").replace(",", ".");
  const [, whole = "", separator, fraction = ""] = /^(\d*)([.,]?)(\d*)$/.exec(bare) ?? [];
  if (whole + fraction === "" || (separator === "," && fraction.length === 3)) return null;
  return fraction === "" ? whole : `${whole || "0"}.${fraction}`;
}
