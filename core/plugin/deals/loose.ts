import { InexactNumber } from "../../conversion/exact-json.ts";

// CRMs send a list where they document a value, an object keyed by id where they document a list, and leave out what is empty.
// These read any of it and never throw.

/**
 * What was sent as one text: the digits of a number as they were written, the first of a list. Null for nothing, for an empty text and
 * for an object.
 */
export function asText(value: unknown): string | null {
  if (typeof value === "string") return value.trim() === "" ? null : value.trim();
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (value instanceof InexactNumber) return value.source;
  if (typeof value === "boolean") return String(value);
  if (!Array.isArray(value)) return null;
  for (const element of value) {
    const text = asText(element);
    if (text !== null) return text;
  }
  return null;
}

/** What was sent as a list: the elements of an array, the values of an object (a list with gaps, or keyed by id), else nothing. */
export function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isRecord(value) ? Object.values(value) : [];
}

/** What was sent as an object; an empty one for anything else. Of a list that mixes values and objects, the first object. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (Array.isArray(value)) return asRecord(value.find(isRecord));
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof InexactNumber);
}
