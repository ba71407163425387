import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import postgres, { type Sql } from "postgres";
import { DatabaseUnusableError } from "../database-errors.ts";
import journal from "../migrations/postgres/meta/_journal.json" with { type: "json" };
import * as schema from "../schema.postgres.ts";
import { createPostgresDriver, type PostgresDriver } from "./driver.ts";
import { ensureWeeks } from "./partitions.ts";

const MIGRATIONS = `${import.meta.dir}/../migrations/postgres`;

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
  /** Of the database's server, in Unix milliseconds. */
  now(): Promise<number>;
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
  const sql = postgres(address.href, {
    max: connections,
    prepare: prepares,
    connect_timeout: 5,
    idle_timeout: 300,
    onnotice: () => {},
    connection: { application_name: "metrika-gateway" },
    types: {
      // Ids and instants stay below 2^53; sums of them come as numeric.
      bigint: { to: 20, from: [20, 1700], parse: Number, serialize: String },
    },
  }) as unknown as Sql;
  const db = drizzle(sql, { schema });
  try {
    const migrated = await prepareSchema(sql, db);
    if (purpose === "gateway") await refuseHalfMoved(sql);
    const driver = createPostgresDriver(sql, prepares);
    const now = async () =>
      Number((await sql`select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`)[0]?.now);
    await ensureWeeks(sql, await now());
    return { driver, db, migrated, now, close: () => sql.end({ timeout: 5 }) };
  } catch (cause) {
    await sql.end({ timeout: 0 });
    if (cause instanceof DatabaseUnusableError) throw cause;
    const why = innermost(cause);
    throw new DatabaseUnusableError(
      `The database ${told(address)} cannot be used: ${why}. Check DATABASE_URL, that the server runs, and that its user may create the schema "gateway".`,
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

/** Returns the names of the migrations that were applied. */
async function prepareSchema(sql: Sql, db: PgDb): Promise<readonly string[]> {
  const [server] = await sql`select current_setting('server_version_num')::int as version`;
  if (Number(server?.version) < 150_000)
    throw new DatabaseUnusableError(
      "The PostgreSQL server is older than version 15. Upgrade it, or name another one (DATABASE_URL).",
    );
  return await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${MIGRATION_LOCK})`;
    // On other connections from here on: this one holds nothing but the lock.
    const [table] = await sql`select to_regclass('gateway.__drizzle_migrations') is not null as there`;
    const applied = table?.there
      ? Number((await sql`select count(*) as n from gateway.__drizzle_migrations`)[0]?.n)
      : 0;
    if (applied > journal.entries.length)
      throw new DatabaseUnusableError(
        "The database was written by a newer version of metrika-gateway. Start that version, or restore a backup made before the upgrade.",
      );
    const missing = journal.entries.slice(applied).map(({ tag }) => tag);
    if (missing.length > 0) await migrate(db, { migrationsFolder: MIGRATIONS, migrationsSchema: "gateway" });
    return missing;
  });
}
