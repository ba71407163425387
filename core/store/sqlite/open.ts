import { Database, SQLiteError } from "bun:sqlite";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { SQLiteBunSession } from "drizzle-orm/bun-sqlite/session";
import { SQLiteSyncDialect } from "drizzle-orm/sqlite-core";
import { DatabaseInUseError, DatabaseUnusableError } from "../database-errors.ts";
import * as schema from "../schema.sqlite.ts";
import { migrations } from "./migrations.ts";
import { refuseMoved } from "./moved.ts";

/** The drizzle handle the queries are written against. */
export type Db = ReturnType<typeof drizzle<typeof schema>>;

/** The database, both as it is and as drizzle sees it; closing it gives the lock back. */
export interface OpenDatabase {
  readonly sqlite: Database;
  readonly db: Db;
  /** The migrations that this opening has applied, by name. */
  readonly migrated: readonly string[];
  close(): void;
}

/**
 * Opens (or creates) the SQLite database, takes the one-process lock, applies migrations.
 * @param path a file's path, or ":memory:"
 * @throws {DatabaseInUseError} when another process holds it
 * @throws {DatabaseUnusableError} also when its data went to PostgreSQL
 */
export function openSqlite(path: string): OpenDatabase {
  const inMemory = path === ":memory:";
  if (!inMemory) makeFolder(dirname(path));
  const lock = inMemory ? null : takeLock(path);
  let sqlite: Database | null = null;
  let db: Db;
  let migrated: readonly string[];
  try {
    sqlite = openFile(path);
    db = drizzle(sqlite, { schema });
    const applied = refuseNewer(sqlite, path);
    migrated = migrations.slice(applied).map(({ tag }) => tag);
    migrate(sqlite);
    refuseMoved(sqlite, path);
  } catch (cause) {
    sqlite?.close();
    lock?.close();
    if (cause instanceof DatabaseUnusableError) throw cause;
    throw new DatabaseUnusableError(
      `The database ${path} cannot be brought to this version's schema. Is it a metrika-gateway database, and not of a newer version?`,
      { cause },
    );
  }
  return {
    sqlite,
    db,
    migrated,
    close() {
      sqlite.close();
      lock?.close();
    },
  };
}

/**
 * Makes the folder of the database and of what lies beside it.
 * @throws {DatabaseUnusableError}
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unusable(`The folder ${path} cannot be made`, cause);
  }
}

function openFile(path: string): Database {
  try {
    // It holds identifiers of visitors, and the folder may be one that others can read; its -wal and -shm get its mode.
    if (path !== ":memory:") closeSync(openSync(path, "a", 0o600));
    const sqlite = new Database(path, { create: true, strict: true });
    // FULL: a 2xx must survive power loss. The checkpoint distance keeps checkpoints out of most commits, and those that run
    // one short: of 10,000 pages it held everybody up for 100 ms, the most of all that is done for a request of 100,000 rows;
    // of 3000 a sixth more is written in all (measured).
    sqlite.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA busy_timeout = 5000;
      PRAGMA cache_size = -65536;
      PRAGMA wal_autocheckpoint = 3000;
      PRAGMA temp_store = MEMORY;
      PRAGMA foreign_keys = ON;
    `);
    return sqlite;
  } catch (cause) {
    throw unusable(`The database ${path} cannot be opened`, cause);
  }
}

/** Applies what is missing. drizzle's `migrate` reads a folder and hands over to this, which an executable cannot. */
function migrate(sqlite: Database): void {
  const dialect = new SQLiteSyncDialect();
  dialect.migrate([...migrations], new SQLiteBunSession(sqlite, dialect, undefined));
}

function unusable(what: string, cause: unknown): DatabaseUnusableError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const mend = "Let the gateway's user write there, or name another place (DATABASE_URL).";
  return new DatabaseUnusableError(`${what}: ${why}. ${mend}`, { cause });
}

/**
 * drizzle's migrator passes over migrations that it does not know, so an older program would work on a newer schema.
 * @returns how many migrations have been applied
 * @throws {DatabaseUnusableError}
 */
export function refuseNewer(sqlite: Database, path: string): number {
  const known = migrations.length;
  const isNew = sqlite.query("select 1 from sqlite_schema where name = '__drizzle_migrations'").get() === null;
  const applied = isNew
    ? 0
    : (sqlite.query<{ n: number }, []>("select count(*) as n from __drizzle_migrations").get()?.n ?? 0);
  if (applied <= known) return applied;
  throw new DatabaseUnusableError(
    `The database ${path} was written by a newer version of metrika-gateway. Start that version, or restore a backup made before the upgrade.`,
  );
}

/**
 * The one-process lock of the database at `path`; closing it gives it back. It is an exclusive transaction on a database of
 * its own, held as long as the process lives: the operating system frees it when the process dies, however it dies, which a
 * file with a process id does not give.
 * @throws {DatabaseInUseError} {DatabaseUnusableError}
 */
export function takeLock(path: string): Database {
  const lockPath = `${path}.lock`;
  let lock: Database | null = null;
  try {
    lock = new Database(lockPath, { create: true });
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
    return lock;
  } catch (cause) {
    lock?.close();
    if (!isBusy(cause)) throw unusable(`The lock file ${lockPath} cannot be written`, cause);
    throw new DatabaseInUseError(
      `Another metrika-gateway already works on ${path}. Stop it first, or give this one a database of its own (DATABASE_URL).`,
      { cause },
    );
  }
}

const isBusy = (error: unknown) => error instanceof SQLiteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code ?? "");
