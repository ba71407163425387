import { quoteValue } from "../language.ts";
import { maskText } from "../vault/mask.ts";
import { InexactNumber } from "./exact-json.ts";
import { looksPersonal, maskPersonal } from "./personal.ts";

/** Longer texts are cut before they are escaped, so that a value of many megabytes costs nothing to name. */
const LONGEST_TEXT = 200;

/** Nothing shorter is masked as a token; nearly every value takes this one look. */
const MAY_BE_SECRET = /[\w-]{20}/;

/**
 * Spells a received value for a sentence: at most 80 characters, well formed, control characters visible, e-mail addresses,
 * phone numbers and whatever has the shape of a token masked. Of objects and lists only the brackets are shown, since anything may stand inside.
 */
export function showValue(value: unknown): string {
  if (typeof value === "string") return showText(value.slice(0, LONGEST_TEXT));
  if (value instanceof InexactNumber) return showText(value.source.slice(0, LONGEST_TEXT));
  if (value === null) return "null";
  if (Array.isArray(value)) return "[…]";
  if (typeof value === "object") return "{…}";
  return typeof value === "symbol" || typeof value === "function" ? typeof value : String(value);
}

function showText(text: string): string {
  const inner = text.trim();
  if (looksPersonal(inner)) return maskPersonal(inner);
  return quoteValue(MAY_BE_SECRET.test(text) ? maskText(text) : text).toWellFormed();
}
