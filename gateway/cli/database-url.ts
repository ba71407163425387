import { RefusedError } from "../../core/store/database-errors.ts";
import type { Config } from "../config.ts";

/** Whether an address names a PostgreSQL server. */
export const isPostgres = (url: string): boolean => /^postgres(ql)?:\/\//i.test(url.trim());

/**
 * The path of the SQLite database that is configured.
 * @param mend what to do where it is PostgreSQL, such as "back it up with pg_dump"
 * @throws {RefusedError} where it is PostgreSQL
 */
export function sqliteFileOf({ database }: Config, mend: string): string {
  if (database.kind === "sqlite") return database.file;
  throw new RefusedError(
    `The database is PostgreSQL: ${mend} (docs/operations.md says how). This command serves SQLite.`,
  );
}
