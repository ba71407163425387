import { existsSync } from "node:fs";
import type { Command } from "commander";
import { RefusedError } from "../../core/store/database-errors.ts";
import { openPostgres } from "../../core/store/postgres/open.ts";
import { openSqlite } from "../../core/store/sqlite/open.ts";
import { readConfig } from "../config.ts";
import { isPostgres, sqliteFileOf } from "./database-url.ts";

/** `migrate`: the database is brought to this version's schema without a gateway being started. */
export function addMigrateCommand(program: Command): void {
  program
    .command("migrate")
    .description("Bring the database (DATABASE_URL) to this version's schema, as a start of the gateway would")
    .action(async () => {
      const url = process.env.DATABASE_URL?.trim() ?? "";
      const migrated = isPostgres(url)
        ? await migratePostgres(url)
        : migrateSqlite(sqliteFileOf(readConfig(process.env), "migrate it there"));
      for (const name of migrated) console.log(name);
      console.error(
        migrated.length === 0
          ? "Nothing to do: the database has this version's schema."
          : `Migrations applied: ${migrated.length}. The database has this version's schema.`,
      );
    });
}

async function migratePostgres(url: string): Promise<readonly string[]> {
  // Two: one holds the lock that keeps other gateways out meanwhile.
  const { migrated, close } = await openPostgres(url, 2);
  await close();
  return migrated;
}

function migrateSqlite(path: string): readonly string[] {
  if (!existsSync(path)) {
    throw new RefusedError(
      `There is no database ${path}. The first start of the gateway makes it, with its master key.`,
    );
  }
  const { migrated, close } = openSqlite(path);
  close();
  return migrated;
}
