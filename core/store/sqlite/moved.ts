import type { Database } from "bun:sqlite";
import { DatabaseUnusableError } from "../database-errors.ts";

const MOVED_AT = "moved_to_postgres_at";

/** Closes a database to gateways, since its data went to PostgreSQL: two that send the same files would be one too many. */
export function markAsMoved(sqlite: Database, now: number): void {
  sqlite.query("insert into watermarks (name, value) values (?, ?) on conflict do nothing").run(MOVED_AT, now);
}

/** Takes the mark off a copy, by which an operator goes back to it. */
export function unmarkAsMoved(sqlite: Database): void {
  sqlite.query("delete from watermarks where name = ?").run(MOVED_AT);
}

/**
 * A gateway on a database that was moved would send once more what the other one sends.
 * @throws {DatabaseUnusableError}
 */
export function refuseMoved(sqlite: Database, path: string): void {
  const moment = movedAt(sqlite);
  if (moment === null) return;
  throw new DatabaseUnusableError(
    `The database ${path} was moved to PostgreSQL at ${new Date(moment).toISOString()}. Set DATABASE_URL to that one. To go back to this state instead, restore it under another name: cli restore --from ${path} --to file:…`,
  );
}

/** When a database was moved to PostgreSQL (Unix ms), or null. */
export function movedAt(sqlite: Database): number | null {
  const read = sqlite.query<{ value: number }, [string]>("select value from watermarks where name = ?");
  return read.get(MOVED_AT)?.value ?? null;
}
