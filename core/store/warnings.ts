import type { RowWarning } from "./store.ts";

/** One kind of warning and the rows it was given for: most batches repeat one warning on every row. */
type Packed = readonly [code: string, field: string, params: RowWarning["params"], rows: readonly number[]];

/** Warnings as compact JSON for the batch's row, or null when there are none. */
export function packWarnings(warnings: readonly RowWarning[]): string | null {
  if (warnings.length === 0) return null;
  const groups = new Map<string, [string, string, RowWarning["params"], number[]]>();
  for (const warning of warnings) {
    const key = `${warning.code}\n${warning.field}\n${JSON.stringify(warning.params)}`;
    const group = groups.get(key);
    if (group) group[3].push(warning.row);
    else groups.set(key, [warning.code, warning.field, warning.params, [warning.row]]);
  }
  return JSON.stringify([...groups.values()] satisfies Packed[]);
}

/** The warnings of {@link packWarnings}, in the order of their rows. */
export function unpackWarnings(packed: string | null): RowWarning[] {
  if (packed === null) return [];
  const groups: Packed[] = JSON.parse(packed);
  return groups
    .flatMap(([code, field, params, rows]) =>
      rows.map((row) => ({ row, code: code as RowWarning["code"], field, params })),
    )
    .sort((a, b) => a.row - b.row);
}
