import { existsSync } from "node:fs";
import { SingleBar } from "cli-progress";
import type { Command } from "commander";
import { RefusedError } from "../../core/store/database-errors.ts";
import { type MoveProgress, moveToPostgres } from "../../core/store/move/move.ts";
import { openPostgres } from "../../core/store/postgres/open.ts";
import type { DatabaseSummary } from "../../core/store/sqlite/inspect.ts";
import { previousKeysFile } from "../../core/vault/key-file.ts";
import { type Config, readConfig } from "../config.ts";
import { checkMasterKey } from "./check-master-key.ts";
import { isPostgres, sqliteFileOf } from "./database-url.ts";
import { whole } from "./figures.ts";
import { recordAct } from "./record-act.ts";

const PARTS = { moving: "Moving   ", verifying: "Verifying" } as const;

/** `move`: everything that SQLite holds goes to PostgreSQL. */
export function addMoveCommand(program: Command): void {
  program
    .command("move")
    .description(
      "Move everything from SQLite to PostgreSQL; the gateway must be stopped. Broken off, it goes on when run again",
    )
    .requiredOption("--from <address>", "file: address of the SQLite database")
    .option(
      "--to <address>",
      "postgres:// address of an empty database (default: DATABASE_URL, which keeps its password out of the list of processes)",
    )
    .action(async ({ from, to = process.env.DATABASE_URL ?? "" }: { from: string; to?: string }) => {
      if (!isPostgres(to)) {
        throw new RefusedError(
          "The target is no postgres:// address. Set DATABASE_URL to that of the new database, or give --to.",
        );
      }
      const config = readConfig({ ...process.env, DATABASE_URL: from, GATEWAY_ROLE: "all" });
      const file = sqliteFileOf(config, "it need not be moved");
      const progress = process.stderr.isTTY ? barOn(process.stderr) : silence;
      const approve = async ({ vaultCheck }: DatabaseSummary) => {
        refuseHalfChanged(config);
        await checkMasterKey(config, vaultCheck);
      };
      // A bar that is not ended leaves the terminal without its cursor.
      const { wasDone, tables } = await moveToPostgres({ from: file, to, now: Date.now(), approve, progress }).finally(
        progress.end,
      );
      const rows = tables.reduce((sum, table) => sum + table.rows, 0);
      console.log(
        wasDone
          ? "An earlier run had moved everything."
          : `Moved ${whole(rows)} rows of ${tables.length} tables; every row was read back from PostgreSQL and is the same.`,
      );
      if (!wasDone) await recordMove(to, rows);
      const key =
        config.secretKey === null
          ? `Set GATEWAY_SECRET_KEY to the content of ${config.masterKeyFile}`
          : "Keep GATEWAY_SECRET_KEY as it is";
      console.error(`${key}, set DATABASE_URL to the PostgreSQL database and start the gateway.
${file} stays as it is, but no gateway starts on it any more.`);
    });
}

/**
 * PostgreSQL has no file beside it that could hold the former key as well.
 * @throws {RefusedError}
 */
function refuseHalfChanged({ secretKey, masterKeyFile }: Config): void {
  const former = previousKeysFile(masterKeyFile);
  if (secretKey !== null || !existsSync(former)) return;
  throw new RefusedError(
    `A change of the master key is unfinished: ${former} holds a key that is still needed. Run rotate-key to its end, then move. Nothing was moved.`,
  );
}

async function recordMove(to: string, rows: number): Promise<void> {
  const opened = await openPostgres(to, 2);
  await recordAct(opened, { action: "database.moved", after: { rows } }).finally(opened.close);
}

const silence: MoveProgress = { begin() {}, advance() {}, end() {} };

/** A bar for each part, with rows, and how long it will still take. */
function barOn(stream: NodeJS.WriteStream): MoveProgress {
  let bar: SingleBar | null = null;
  return {
    begin(part, done, total) {
      const format = `${PARTS[part]} {bar} {percentage} %, {value} of {total} rows, {eta_formatted} left`;
      bar = new SingleBar({ format, stream, hideCursor: true, etaBuffer: 50, barsize: 30 });
      bar.start(total, done);
    },
    advance: (rows) => bar?.increment(rows),
    end: () => bar?.stop(),
  };
}
