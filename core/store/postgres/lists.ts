/** What stands in a column. */
export type Value = string | number | null;

const NEEDS_ESCAPE = /["\\]/;

function written(value: Value): string {
  if (typeof value === "number") return String(value);
  if (value === null) return "NULL";
  return NEEDS_ESCAPE.test(value) ? `"${value.replace(/["\\]/g, "\\$&")}"` : `"${value}"`;
}

/**
 * A list as PostgreSQL's text of an array, for a parameter like `$1::bigint[]` or `$1::text[]`; the library would write whole
 * numbers with quotes and escapes, a call for each.
 */
export const list = (values: readonly Value[]): string => `{${values.map(written).join()}}`;

/** Rows as lists, one for each column, for `unnest($1::bigint[], $2::text[], …)`. */
export function lists<Row>(rows: readonly Row[], ...columns: readonly ((row: Row) => Value)[]): string[] {
  return columns.map((column) => {
    let text = "{";
    for (const row of rows) text += text === "{" ? written(column(row)) : `,${written(column(row))}`;
    return `${text}}`;
  });
}
