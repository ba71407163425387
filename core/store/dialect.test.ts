import { expect, test } from "bun:test";
import { getTableColumns, getTableName, is, type Table } from "drizzle-orm";
import { PgTable } from "drizzle-orm/pg-core";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import * as postgres from "./schema.postgres.ts";
import * as sqlite from "./schema.sqlite.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** What is read, and what is written but for the id, which PostgreSQL does not always give out. */
type Rows<T extends { $inferSelect: object; $inferInsert: object }> = [
  T["$inferSelect"],
  { [Field in Exclude<keyof T["$inferInsert"], "id">]: T["$inferInsert"][Field] },
];
type Shared = keyof typeof sqlite & keyof typeof postgres;
type Differing = {
  [Name in Shared]: Same<Rows<(typeof sqlite)[Name]>, Rows<(typeof postgres)[Name]>> extends true ? never : Name;
}[Shared];

test("a table has the same rows on both databases, by its types", () => {
  // Does not compile where one differs: the error names it.
  const differing: Same<Differing, never> extends true ? [] : readonly [Differing] = [];
  expect(differing).toEqual([]);
});

/** Each table by its name, with its columns by theirs, and whether null may stand there. */
function described(tables: readonly Table[]) {
  return Object.fromEntries(
    tables.map((table) => [
      getTableName(table),
      Object.fromEntries(
        Object.values(getTableColumns(table)).map((column) => [column.name, { notNull: column.notNull }]),
      ),
    ]),
  );
}

test("both databases have the same tables and columns, but for what each needs alone", () => {
  const onSqlite = described(Object.values(sqlite).flatMap((table) => (is(table, SQLiteTable) ? [table] : [])));
  const onPostgres = described(Object.values(postgres).flatMap((table) => (is(table, PgTable) ? [table] : [])));
  const { source_batches: _, ...shared } = onSqlite;
  const { counter_turns: __, leases: ___, ...twins } = onPostgres;
  expect(twins).toEqual(shared);
});
