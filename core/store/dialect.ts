import { type SQL, sql } from "drizzle-orm";
import type { PgDb } from "./postgres/open.ts";
import * as postgres from "./schema.postgres.ts";
import * as sqlite from "./schema.sqlite.ts";
import type { Db } from "./sqlite/open.ts";

/** The tables that {@link Accounts} names. */
type AccountTables = Pick<typeof postgres, "apiKeys" | "counterGoals" | "credentials" | "sources">;

/**
 * A database as drizzle sees it, for queries that are written once. They are written in PostgreSQL's types and always awaited,
 * never asked by `get`, `all` or `run`, which only SQLite's builders have.
 */
export interface Accounts {
  readonly db: PgDb;
  readonly tables: AccountTables;
  /** A list of ids that came as JSON, for `in`. */
  ids(list: SQL | ReturnType<typeof sql.placeholder>): SQL;
}

/** Queries on PostgreSQL. */
export function accountsOnPostgres(db: PgDb): Accounts {
  return { db, tables: postgres, ids: (list) => sql`(select value::bigint from gateway.json_each(${list}))` };
}

/**
 * Queries on SQLite. The one cast between the twins: their builders have the same methods, those of SQLite answer when awaited,
 * and `dialect.test.ts` holds the tables to the same rows.
 */
export function accountsOnSqlite(db: Db): Accounts {
  const { apiKeys, counterGoals, credentials, sources } = sqlite;
  const twins = { db, tables: { apiKeys, counterGoals, credentials, sources } };
  return {
    ...(twins as unknown as Pick<Accounts, "db" | "tables">),
    ids: (list) => sql`(select value from json_each(${list}))`,
  };
}
