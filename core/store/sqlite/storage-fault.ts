import { SQLiteError } from "bun:sqlite";

/** Faults of the disk or of the file, https://www.sqlite.org/rescode.html; all other codes tell of a wrong statement. */
const OF_STORAGE = /^SQLITE_(?:BUSY|LOCKED|NOMEM|READONLY|IOERR|CORRUPT|FULL|CANTOPEN|PROTOCOL|NOTADB)/;

/** Whether it was the database that failed (a full or absent disk, a locked or damaged file), not the question asked. */
export function isStorageFault(error: unknown): boolean {
  if (error instanceof SQLiteError) return OF_STORAGE.test(error.code ?? "");
  return error instanceof Error && error.cause !== undefined && isStorageFault(error.cause);
}
