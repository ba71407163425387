import { existsSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { backUpSqlite } from "../../core/store/sqlite/backup.ts";
import { fileStamp } from "../../core/store/sqlite/copy-database.ts";
import { previousKeysFile } from "../../core/vault/key-file.ts";
import { type Config, readConfig } from "../config.ts";
import { sqliteFileOf } from "./database-url.ts";
import { contentsOf, sizeOf } from "./figures.ts";

/** `backup`: one file that holds the whole database, made while the gateway serves. */
export function addBackupCommand(program: Command): void {
  program
    .command("backup")
    .description("Copy the SQLite database into one checked file, also while a gateway serves")
    .option(
      "--to <file>",
      "the file to write, never overwritten (default: backups/gateway-TIME.db beside the database)",
    )
    .action(({ to }: { to?: string }) => {
      const config = readConfig(process.env);
      const file = sqliteFileOf(config, "back it up with pg_dump --format=custom");
      const now = Date.now();
      // A gateway that serves on this machine goes first.
      setPriority(constants.priority.PRIORITY_LOW);
      const target = to ?? join(dirname(file), "backups", `gateway-${fileStamp(now)}.db`);
      const started = performance.now();
      const backup = backUpSqlite(file, target, now);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const key = config.secretKey === null ? keyFilesOf(config) : "GATEWAY_SECRET_KEY";
      console.log(backup.path);
      console.error(`${sizeOf(backup.bytes)} in ${seconds} s, integrity checked: ${contentsOf(backup)}.
The master key is NOT inside; without it the tokens in this backup cannot be opened. It is ${key}:
keep a copy of it, in another place than the backups, since together they open the tokens.`);
    });
}

/** While the key is being changed the copy needs the former one as well. */
function keyFilesOf({ masterKeyFile }: Config): string {
  const former = previousKeysFile(masterKeyFile);
  return existsSync(former) ? `the files ${masterKeyFile} and ${former}` : `the file ${masterKeyFile}`;
}
