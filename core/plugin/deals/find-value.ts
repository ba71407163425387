import type { DealField } from "./deal.ts";

const PLACEHOLDERS = [
  // Of templates that nobody has filled in: "{callerphone}", "<не указано>", "[client_id]", "%id%".
  /^<.*>$/s,
  /^\{.*\}$/s,
  /^\[.*\]$/s,
  /^%.*%$/s,
  /^(?:null|undefined|none|nan|n\/a|unknown|false|не указано|не задано|нет|-+)$/i,
];

/** Whether a text says nothing: it is empty, a word for nothing, or a placeholder that nobody has filled in. */
export function isPlaceholder(text: string): boolean {
  const bare = text.trim();
  return bare === "" || PLACEHOLDERS.some((pattern) => pattern.test(bare));
}

/** Whether a person means the same by two spellings of a field, stage or pipeline. */
export function isSameName(one: string, other: string): boolean {
  return foldName(one) === foldName(other);
}

function foldName(name: string): string {
  return name.normalize("NFC").trim().toLowerCase();
}

/**
 * The first usable value of the fields that are named; names first, then the order of the fields, then that of their values.
 * @param isUsable judges values that are not placeholders; default: any
 */
export function findValue(
  fields: readonly DealField[],
  refs: readonly string[],
  isUsable: (value: string) => boolean = () => true,
): string | null {
  for (const ref of refs) {
    for (const field of fields) {
      if (![field.id, field.code, field.name].some((name) => name !== null && isSameName(name, ref))) continue;
      const value = field.values.map((it) => it.trim()).find((it) => !isPlaceholder(it) && isUsable(it));
      if (value !== undefined) return value;
    }
  }
  return null;
}
