import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { migrate } from "drizzle-orm/bun-sqlite/migrator";
import * as schema from "../schema.sqlite.ts";

const MIGRATIONS = `${import.meta.dir}/../migrations/sqlite`;

/** The drizzle handle the queries are written against. */
export type Db = ReturnType<typeof drizzle<typeof schema>>;

/** Another gateway holds the database: two processes would claim the same uploads. */
export class DatabaseInUseError extends Error {
  override readonly name = "DatabaseInUseError";
}

/** The database was written by a newer version, or is not a gateway's database at all. */
export class DatabaseUnusableError extends Error {
  override readonly name = "DatabaseUnusableError";
}

export interface OpenDatabase {
  readonly sqlite: Database;
  readonly db: Db;
  close(): void;
}

/**
 * Opens (or creates) the SQLite database, takes the one-process lock, applies migrations.
 * @param path a file's path, or ":memory:"
 * @throws {DatabaseInUseError} when another process holds it
 */
export function openSqlite(path: string): OpenDatabase {
  const inMemory = path === ":memory:";
  if (!inMemory) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const lock = inMemory ? null : takeLock(`${path}.lock`, path);
  const sqlite = new Database(path, { create: true, strict: true });
  // FULL: a 2xx must survive power loss. The large checkpoint distance keeps checkpoints out of most commits.
  sqlite.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA busy_timeout = 5000;
    PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 10000;
    PRAGMA temp_store = MEMORY;
    PRAGMA foreign_keys = ON;
  `);
  const db = drizzle(sqlite, { schema });
  try {
    migrate(db, { migrationsFolder: MIGRATIONS });
  } catch (cause) {
    sqlite.close();
    lock?.close();
    throw new DatabaseUnusableError(
      `The database ${path} cannot be brought to this version's schema. Is it a metrika-gateway database, and not of a newer version?`,
      { cause },
    );
  }
  return {
    sqlite,
    db,
    close() {
      sqlite.close();
      lock?.close();
    },
  };
}

/**
 * An exclusive transaction on a database of its own, held as long as the process lives: the operating system frees it when
 * the process dies, however it dies, which a file with a process id does not give.
 */
function takeLock(lockPath: string, path: string): Database {
  const lock = new Database(lockPath, { create: true });
  try {
    lock.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
    return lock;
  } catch (cause) {
    lock.close();
    throw new DatabaseInUseError(
      `Another metrika-gateway already works on ${path}. Stop it first, or give this one a database of its own (DATABASE_URL).`,
      { cause },
    );
  }
}
