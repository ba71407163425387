import type { DealField } from "./deal.ts";
import { findValue, isSameName } from "./find-value.ts";
import type { DealMapping } from "./mapping.ts";

const COUNTER = /^[1-9]\d{0,9}$/;

/** Where a deal's conversions go: to a counter (null: the source's own), or to none, since a value leads nowhere or is missing. */
export type RoutedCounter =
  | { readonly ok: true; readonly counterId: number | null }
  | { readonly ok: false; readonly value: string | null };

/**
 * Finds the counter of a deal: by the value as the list has it, by the host of an address, or by the value itself where it is a
 * counter's number. Never guesses: an unknown value is nobody's.
 */
export function counterOf(route: DealMapping["route"], fields: readonly DealField[]): RoutedCounter {
  if (route === undefined) return { ok: true, counterId: null };
  const value = findValue(fields, [route.field], (it) => it !== "0");
  if (value === null)
    return route.without_value === "own_counter" ? { ok: true, counterId: null } : { ok: false, value };
  const counters = Object.entries(route.counters ?? {});
  const host = hostOf(value);
  const [, listed] =
    counters.find(([key]) => isSameName(key, value)) ??
    counters.find(([key]) => host !== null && hostOf(key) === host) ??
    [];
  if (listed !== undefined) return { ok: true, counterId: listed };
  return COUNTER.test(value) ? { ok: true, counterId: Number(value) } : { ok: false, value };
}

/** The host of a page's address, with or without its scheme, in one spelling; null for what has none. */
function hostOf(address: string): string | null {
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(address) ? address : `https://${address}`);
  if (url === null || !url.hostname.includes(".")) return null;
  return url.hostname.replace(/^www\./, "").replace(/\.$/, "");
}
