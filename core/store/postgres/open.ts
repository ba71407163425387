import { PgDialect } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/postgres-js";
import { PostgresJsSession } from "drizzle-orm/postgres-js/session";
import type { Sql, TransactionSql } from "postgres";
import { DatabaseUnusableError } from "../database-errors.ts";
import * as schema from "../schema.postgres.ts";
import type { SharedChange, SharedDatabase } from "../store.ts";
import { listenForChanges } from "./changes.ts";
import { createPostgresDriver, type PostgresDriver } from "./driver.ts";
import { migrations } from "./migrations.ts";
import { ensureWeeks } from "./partitions.ts";
import { openPool, type Pool } from "./pool.ts";

/** Only one gateway migrates at a time; the others wait and find it done. Held by the transaction, since a pooler keeps no session. */
const MIGRATION_LOCK = 7_190_000;

/** Supabase's pooler hands out a connection for each transaction on this port, https://supabase.com/docs/guides/database/connecting-to-postgres */
const TRANSACTION_POOLER_PORT = "6543";

export type PgDb = ReturnType<typeof drizzle<typeof schema>>;

export interface OpenPostgres {
  readonly driver: PostgresDriver;
  readonly db: PgDb;
  /** The migrations that this opening has applied, by name. */
  readonly migrated: readonly string[];
  readonly shared: SharedDatabase;
  close(): Promise<void>;
}

/**
 * Connects to a PostgreSQL database (15 or newer), applies migrations.
 * @param url `postgres://…`; `?prepare=false` behind a pooler that hands out a connection for each transaction
 * @param connections the most that this gateway opens
 * @param purpose only a move may work on a database into which one has begun
 * @throws {DatabaseUnusableError} when it cannot be reached, is too old, or was written by a newer version
 */
export async function openPostgres(
  url: string,
  connections = 10,
  purpose: "gateway" | "move" = "gateway",
): Promise<OpenPostgres> {
  const address = new URL(url);
  const prepares = address.searchParams.get("prepare") !== "false" && address.port !== TRANSACTION_POOLER_PORT;
  address.searchParams.delete("prepare");
  let pool: Pool | null = null;
  try {
    pool = await openPool(address.href, connections, prepares);
    const { sql, pulse } = pool;
    const db = drizzle(sql, { schema });
    const migrated = await prepareSchema(sql);
    if (purpose === "gateway") await refuseHalfMoved(sql);
    await ensureWeeks(sql, pulse.now());
    // Behind a pooler of transactions there is no session that could listen.
    const changes = prepares ? listenForChanges(address.href, pool) : null;
    const shared = {
      now: pulse.now,
      onChange: (listener: (change: SharedChange) => void) => changes?.onChange(listener),
    };
    const close = async () => {
      await changes?.close();
      await pool?.close();
    };
    return { driver: createPostgresDriver(sql, prepares), db, migrated, shared, close };
  } catch (cause) {
    await pool?.close();
    if (cause instanceof DatabaseUnusableError) throw cause;
    throw new DatabaseUnusableError(
      `The database ${told(address)} cannot be used: ${innermost(cause)}. Check DATABASE_URL, that the server runs, and that its user may create the schema "gateway".`,
      { cause },
    );
  }
}

/** What the server said, without what the libraries say around it. */
function innermost(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : innermost(error.cause);
}

/** An address without what must not be told. */
function told(address: URL): string {
  return `${address.protocol}//${address.host}${address.pathname}`;
}

/** What a move has begun and not ended is not all of the data. */
async function refuseHalfMoved(sql: Sql): Promise<void> {
  const [table] = await sql`select to_regclass('gateway.move_progress') is not null as there`;
  if (!table?.there) return;
  throw new DatabaseUnusableError(
    "A move from SQLite into this PostgreSQL database is unfinished. Run the command move again: it goes on where it was.",
  );
}

/** Carries out in a transaction what only one gateway may do at a time when it starts. */
export async function underMigrationLock<T>(sql: Sql, work: (tx: TransactionSql) => Promise<T>): Promise<T> {
  return (await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${MIGRATION_LOCK})`;
    return await work(tx);
  })) as T;
}

/** Returns the names of the migrations that were applied. */
async function prepareSchema(sql: Sql): Promise<readonly string[]> {
  const [server] = await sql`select current_setting('server_version_num')::int as version`;
  if (Number(server?.version) < 150_000)
    throw new DatabaseUnusableError(
      "The PostgreSQL server is older than version 15. Upgrade it, or name another one (DATABASE_URL).",
    );
  return await underMigrationLock(sql, async () => {
    // On other connections from here on: this one holds nothing but the lock.
    const [table] = await sql`select to_regclass('gateway.__drizzle_migrations') is not null as there`;
    const applied = table?.there
      ? Number((await sql`select count(*) as n from gateway.__drizzle_migrations`)[0]?.n)
      : 0;
    if (applied > migrations.length)
      throw new DatabaseUnusableError(
        "The database was written by a newer version of metrika-gateway. Start that version, or restore a backup made before the upgrade.",
      );
    const missing = migrations.slice(applied).map(({ tag }) => tag);
    if (missing.length > 0) await migrate(sql);
    return missing;
  });
}

/** Applies what is missing. drizzle's `migrate` reads a folder and hands over to this, which an executable cannot. */
async function migrate(sql: Sql): Promise<void> {
  const dialect = new PgDialect();
  const session = new PostgresJsSession<Sql, Record<string, never>, Record<string, never>>(sql, dialect, undefined);
  await dialect.migrate([...migrations], session, { migrationsFolder: "", migrationsSchema: "gateway" });
}
