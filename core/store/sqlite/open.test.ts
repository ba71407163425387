import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { DatabaseInUseError, DatabaseUnusableError } from "../database-errors.ts";
import { openSqlite } from "./open.ts";

function inFolder(act: (path: string) => void): void {
  const folder = mkdtempSync(`${tmpdir()}/open-`);
  try {
    act(`${folder}/gateway.db`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a database of a newer version is refused and left as it is", () => {
  inFolder((path) => {
    openSqlite(path).close();
    const newer = new Database(path);
    newer.exec("insert into __drizzle_migrations (hash, created_at) values ('of the future', 9999999999999)");
    newer.close();

    expect(() => openSqlite(path)).toThrow(DatabaseUnusableError);
    expect(() => openSqlite(path)).toThrow("written by a newer version");
  });
});

test("a second opening of one file is refused until the first is closed", () => {
  inFolder((path) => {
    const first = openSqlite(path);

    expect(() => openSqlite(path)).toThrow(DatabaseInUseError);
    first.close();
    openSqlite(path).close();
  });
});

test("a file that is no database is refused with its path", () => {
  inFolder((path) => {
    Bun.spawnSync(["sh", "-c", `printf 'not a database, only a text of some length' > "$0"`, path]);

    expect(() => openSqlite(path)).toThrow(path);
  });
});
