import { RefusedError } from "../../core/store/database-errors.ts";

/** Whether an address names a PostgreSQL server. */
export const isPostgres = (url: string): boolean => /^postgres(ql)?:\/\//i.test(url.trim());

/**
 * Refuses what PostgreSQL has programs of its own for.
 * @param mend what to do instead, such as "back it up with pg_dump"
 * @throws {RefusedError}
 */
export function refusePostgres(url: string | undefined, mend: string): void {
  if (!isPostgres(url ?? "")) return;
  throw new RefusedError(
    `The database is PostgreSQL: ${mend} (docs/operations.md says how). This command serves SQLite.`,
  );
}
