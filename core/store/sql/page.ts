import type { Page } from "../store.ts";

/** Cuts a page out of `limit + 1` rows that were read: one more than asked for tells that there is a next page. */
export function page<T extends { readonly id: number }>(rows: readonly T[], limit: number): Page<T> {
  if (rows.length <= limit) return { rows, after: null };
  const kept = rows.slice(0, limit);
  return { rows: kept, after: kept.at(-1)?.id ?? null };
}
