import { findingSentences } from "../conversion/findings.ts";
import type { RowWarning } from "./store.ts";

const RANK: ReadonlyMap<string, number> = new Map(Object.keys(findingSentences).map((code, i) => [code, i]));

/** The one order of warnings, so that an answer rebuilt from what was stored reads as the first one did: by row, code, field. */
export function inWarningOrder(a: RowWarning, b: RowWarning): number {
  if (a.row !== b.row) return a.row - b.row;
  if (a.code !== b.code) return (RANK.get(a.code) ?? 0) - (RANK.get(b.code) ?? 0);
  return a.field < b.field ? -1 : 1;
}

/** Two lists of warnings as one, in their order. Nearly every request has none, and then nothing is copied or sorted. */
export function mergeWarnings(a: readonly RowWarning[], b: readonly RowWarning[]): readonly RowWarning[] {
  return a.length + b.length === 0 ? a : [...a, ...b].sort(inWarningOrder);
}

/**
 * Warnings that a batch keeps and its answers tell. A row may have a dozen; 100,000 rows with three of their own each made 20 MB,
 * which SQLite wrote anew with every step of the batch (30 ms each, measured).
 */
export const MOST_WARNINGS = 1000;

/** One kind of warning and the rows it was given for: most batches repeat one warning on every row. */
type Packed = readonly [code: string, field: string, params: RowWarning["params"], rows: readonly number[]];

/** The first {@link MOST_WARNINGS} warnings as compact JSON for the batch's row, or null when there are none. */
export function packWarnings(warnings: readonly RowWarning[]): string | null {
  if (warnings.length === 0) return null;
  const groups = new Map<string, [string, string, RowWarning["params"], number[]]>();
  for (const warning of [...warnings].sort(inWarningOrder).slice(0, MOST_WARNINGS)) {
    const key = `${warning.code}\n${warning.field}\n${JSON.stringify(warning.params)}`;
    const group = groups.get(key);
    if (group) group[3].push(warning.row);
    else groups.set(key, [warning.code, warning.field, warning.params, [warning.row]]);
  }
  return JSON.stringify([...groups.values()] satisfies Packed[]);
}

/** The warnings of {@link packWarnings}, in their one order. */
export function unpackWarnings(packed: string | null): RowWarning[] {
  if (packed === null) return [];
  const groups: Packed[] = JSON.parse(packed);
  return groups
    .flatMap(([code, field, params, rows]) =>
      rows.map((row) => ({ row, code: code as RowWarning["code"], field, params })),
    )
    .sort(inWarningOrder);
}
