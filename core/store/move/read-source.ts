import type { Database } from "bun:sqlite";
import { plain } from "./digest.ts";
import type { MovedTable } from "./tables.ts";

/** A row by its columns. */
export type Row = Readonly<Record<string, ReturnType<typeof plain>>>;
type Key = readonly (string | number)[];

/**
 * The rows of a table on SQLite in pages, in the order of its key.
 * @param after the key of the last row that is not wanted; null: from the first on
 */
export function* pagesOf(
  sqlite: Database,
  table: MovedTable,
  after: Key | null,
  pageRows: number,
): Generator<{ readonly rows: readonly Row[]; readonly lastKey: Key }> {
  const key = table.key.join(", ");
  const columns = table.columns.join(", ");
  const behind = `where (${key}) > (${table.key.map(() => "?").join(", ")})`;
  for (let last = after; ; ) {
    const found = sqlite
      .query<Record<string, unknown>, (string | number)[]>(
        `select ${columns} from ${table.name} ${last ? behind : ""} order by ${key} limit ?`,
      )
      .all(...(last ?? []), pageRows);
    const end = found.at(-1);
    if (!end) return;
    last = table.key.map((column) => end[column] as string | number);
    yield { rows: found.map((row) => toPlain(table, row)), lastKey: last };
    if (found.length < pageRows) return;
  }
}

/** Rows of a table on SQLite. */
export function countRows(sqlite: Database, table: MovedTable): number {
  return sqlite.query<{ n: number }, []>(`select count(*) as n from ${table.name}`).get()?.n ?? 0;
}

function toPlain(table: MovedTable, row: Readonly<Record<string, unknown>>): Row {
  return Object.fromEntries(table.columns.map((column) => [column, plain(row[column], table.json.has(column))]));
}
