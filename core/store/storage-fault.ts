import { SQLiteError } from "bun:sqlite";
import { DatabaseAwayError } from "./database-errors.ts";

/** Faults of the disk or of the file, https://www.sqlite.org/rescode.html; all other codes tell of a wrong statement. */
const OF_SQLITE = /^SQLITE_(?:BUSY|LOCKED|NOMEM|READONLY|IOERR|CORRUPT|FULL|CANTOPEN|PROTOCOL|NOTADB)/;

/**
 * Of PostgreSQL, by class: connection, resources, operator's intervention, system, a transaction that was in others' way to the
 * last, or stood still too long; and a server that only reads, https://www.postgresql.org/docs/15/errcodes-appendix.html
 */
const OF_POSTGRES = /^(?:08|53|57|58|40|25006|25P03|3D000)/;

/** Of the road to it: postgres.js's own codes and those of the network. */
const OF_CONNECTION = /^(?:CONNECT(?:ION)?_|E(?:CONN|PIPE|HOST|NET|TIMEDOUT|AI_AGAIN|NOTFOUND))/;

/** Whether it was the database that failed (a full or absent disk, a lost server, a damaged file), not the question asked. */
export function isStorageFault(error: unknown): boolean {
  if (error instanceof SQLiteError) return OF_SQLITE.test(error.code ?? "");
  if (error instanceof DatabaseAwayError) return true;
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // By its name: the library is not loaded where SQLite serves.
  if (error.name === "PostgresError") return OF_POSTGRES.test(code);
  if (OF_CONNECTION.test(code)) return true;
  return error.cause !== undefined && isStorageFault(error.cause);
}
