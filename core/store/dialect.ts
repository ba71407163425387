import { type AnyColumn, type Placeholder, type SQL, sql } from "drizzle-orm";
import type { PgDb } from "./postgres/open.ts";
import type * as postgres from "./schema.postgres.ts";
import * as sqlite from "./schema.sqlite.ts";
import type { Db } from "./sqlite/open.ts";

/**
 * A database as drizzle sees it, for queries that are written once. They are written in PostgreSQL's types and always awaited,
 * never asked by `get`, `all` or `run`, which only SQLite's builders have.
 */
export interface Drizzle {
  readonly db: PgDb;
  readonly tables: Pick<typeof postgres, keyof typeof postgres & keyof typeof sqlite>;
  /** Whether an id is one of a list that comes as JSON. */
  isOneOf(id: AnyColumn, list: Placeholder): SQL;
  /** Whether a list that a column of JSON has under a name contains a number. */
  hasNumber(json: AnyColumn, name: string, value: number): SQL;
  /** See `SourceStore.changesElsewhere`. */
  changesElsewhere(): Promise<number>;
}

/**
 * Queries on SQLite: the one cast between the twins. Their builders have the same methods, those of SQLite answer when awaited
 * as well, and `dialect.test.ts` holds the tables to the same rows.
 */
export function drizzleOnSqlite(db: Db): Drizzle {
  // https://www.sqlite.org/pragma.html#pragma_data_version
  const dataVersion = db.$client.prepare<{ data_version: number }, []>("pragma data_version");
  const twins: unknown = { db, tables: sqlite };
  return {
    ...(twins as Pick<Drizzle, "db" | "tables">),
    isOneOf: (id, list) => sql`${id} in (select value from json_each(${list}))`,
    hasNumber: (json, name, value) => sql`${value} in (select value from json_each(${json}, ${`$.${name}`}))`,
    changesElsewhere: async () => dataVersion.get()?.data_version ?? 0,
  };
}
