import type { Command } from "commander";
import { RefusedError } from "../../core/store/database-errors.ts";
import { openPostgres } from "../../core/store/postgres/open.ts";
import { resumeRestoredPostgres } from "../../core/store/postgres/resume-restored.ts";
import { inspectDatabase } from "../../core/store/sqlite/inspect.ts";
import { restoreSqlite } from "../../core/store/sqlite/restore.ts";
import { readConfig } from "../config.ts";
import { checkMasterKey } from "./check-master-key.ts";
import { isPostgres, sqliteFileOf } from "./database-url.ts";
import { contentsOf } from "./figures.ts";
import { recordAct } from "./record-act.ts";

interface Options {
  readonly from: string;
  readonly to?: string;
  readonly replace?: boolean;
}

/** `restore`: puts a backup in the place of the database. */
export function addRestoreCommand(program: Command): void {
  program
    .command("restore")
    .description("Put a backup in the place of the SQLite database; the gateway must be stopped")
    .requiredOption("--from <file>", "the backup")
    .option("--to <address>", "file: address of the database (default: DATABASE_URL)")
    .option("--replace", "put a database that holds data aside, under another name")
    .action(async ({ from, to, replace = false }: Options) => {
      const config = readConfig({ ...process.env, ...(to && { DATABASE_URL: to }) });
      const target = sqliteFileOf(config, "restore it with pg_restore, then run the command after-pg-restore");
      const summary = inspectDatabase(from);
      await checkMasterKey(config, summary.vaultCheck);
      const { keptAs } = restoreSqlite({ from, to: target, replace, now: Date.now() });
      console.log(target);
      console.error(`Restored, integrity checked: ${contentsOf(summary)}.`);
      if (keptAs) console.error(`The former database is kept as ${keptAs}; delete it when you no longer need it.`);
      console.error(`Start the gateway. Files that may have been sent since the backup are looked up at Metrika first, which takes half an hour.
Conversions that were accepted after the backup are not in it: let the senders repeat them; repeats are recognised.
The gateway that this backup was made from must not run any more.`);
    });
}

/** `after-pg-restore`: what `restore` does for SQLite besides the copying. */
export function addAfterPgRestoreCommand(program: Command): void {
  program
    .command("after-pg-restore")
    .description(
      "Have what may have been sent since a backup looked up first; once after pg_restore, all gateways stopped",
    )
    .action(async () => {
      const url = process.env.DATABASE_URL ?? "";
      if (!isPostgres(url)) {
        throw new RefusedError(
          "DATABASE_URL names no PostgreSQL database. For SQLite the command restore does everything.",
        );
      }
      const opened = await openPostgres(url, 2);
      try {
        const { lookedUp, renamed } = await resumeRestoredPostgres(opened.driver, opened.shared.now());
        await recordAct(opened, { action: "backup.restored", after: { looked_up: lookedUp, renamed } });
        console.error(
          `Files that are looked up at Metrika before they are sent: ${lookedUp}; that were filling and go on under new ids: ${renamed}. Start the gateways.`,
        );
      } finally {
        await opened.close();
      }
    });
}
