import { getTableName, is, type Table } from "drizzle-orm";
import { getTableConfig as getPgConfig, PgTable } from "drizzle-orm/pg-core";
import { getTableConfig as getSqliteConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import * as pg from "../schema.postgres.ts";
import * as sqlite from "../schema.sqlite.ts";

/** A table that both databases have. */
export interface MovedTable {
  readonly name: string;
  readonly columns: readonly string[];
  /** The columns of the primary key on SQLite, in which order its rows are read. */
  readonly key: readonly string[];
  /** Columns that hold JSON: text on SQLite, jsonb on PostgreSQL. */
  readonly json: ReadonlySet<string>;
  /** Whether PostgreSQL gives out its ids. */
  readonly hasIdentity: boolean;
}

/** What the worker of one database alone keeps: an index of batches, positions in it, turns and leases. */
const OF_ONE_DATABASE: readonly string[] = ["source_batches", "watermarks", "counter_turns", "leases"];

/** Every table, those that others refer to first. Whoever adds a table to one schema alone is told so. */
export const movedTables: readonly MovedTable[] = tablesOfBoth();

function tablesOfBoth(): readonly MovedTable[] {
  const onSqlite = tablesOf(sqlite, (table): table is SQLiteTable => is(table, SQLiteTable));
  const onPostgres = tablesOf(pg, (table): table is PgTable => is(table, PgTable));
  const known = (name: string) => !OF_ONE_DATABASE.includes(name);
  const names = referredFirst(onSqlite).filter(known);
  const lonely = [...onPostgres.keys()].filter((name) => known(name) && !onSqlite.has(name));
  if (lonely.length > 0) throw new Error(`SQLite has no table ${lonely.join(", ")}.`);
  return names.map((name) => {
    const from = onSqlite.get(name);
    const to = onPostgres.get(name);
    if (!from || !to) throw new Error(`PostgreSQL has no table ${name}.`);
    return pairOf(name, getSqliteConfig(from), getPgConfig(to));
  });
}

/** The exports of a module come by the alphabet, whatever their order in it. */
function referredFirst(tables: ReadonlyMap<string, SQLiteTable>): readonly string[] {
  const ordered = new Set<string>();
  const visit = (table: SQLiteTable): void => {
    for (const key of getSqliteConfig(table).foreignKeys) visit(key.reference().foreignTable);
    ordered.add(getTableName(table));
  };
  for (const table of tables.values()) visit(table);
  return [...ordered];
}

function tablesOf<T extends Table>(schema: object, isTable: (value: unknown) => value is T): ReadonlyMap<string, T> {
  return new Map(Object.values(schema).flatMap((value) => (isTable(value) ? [[getTableName(value), value]] : [])));
}

function pairOf(
  name: string,
  from: ReturnType<typeof getSqliteConfig>,
  to: ReturnType<typeof getPgConfig>,
): MovedTable {
  const columns = from.columns.map((column) => column.name);
  const others = to.columns.map((column) => column.name);
  if (columns.toSorted().join() !== others.toSorted().join()) {
    throw new Error(`The columns of ${name} differ: ${columns.join(", ")} and ${others.join(", ")}.`);
  }
  const key = from.primaryKeys[0]?.columns ?? from.columns.filter((column) => column.primary);
  return {
    name,
    columns,
    key: key.map((column) => column.name),
    json: new Set(to.columns.filter((column) => column.getSQLType() === "jsonb").map((column) => column.name)),
    hasIdentity: to.columns.some((column) => column.generatedIdentity !== undefined),
  };
}
