import { existsSync, renameSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { RefusedError } from "../database-errors.ts";
import { copyDatabase, fileStamp, removeDraft, syncFolder } from "./copy-database.ts";
import { openToRead } from "./inspect.ts";
import { makeFolder, takeLock } from "./open.ts";
import { markAsCopy } from "./resume-restored.ts";

/** Which backup goes where. */
export interface RestoreRequest {
  /** A file that `inspectDatabase` has found whole. */
  readonly from: string;
  readonly to: string;
  /** Whether a database that stands there gives way. */
  readonly replace: boolean;
  /** Unix milliseconds. */
  readonly now: number;
}

/** What SQLite keeps beside a database. */
const SIDE_FILES = ["", "-wal", "-shm", "-journal"];

/**
 * Puts a copy of a backup in the place of a database. What stood there is kept aside under another name.
 * @returns the name under which the former database is kept; null when there was none
 * @throws {DatabaseInUseError} when a gateway works on it
 * @throws {RefusedError} when a database with something in it stands there and is not to be replaced
 */
export function restoreSqlite({ from, to, replace, now }: RestoreRequest): { readonly keptAs: string | null } {
  if (resolve(from) === resolve(to)) {
    throw new RefusedError(`${from} is itself the database to be restored. Name the backup with --from.`);
  }
  makeFolder(dirname(to));
  const lock = takeLock(to);
  try {
    if (!replace && !isUnused(to)) {
      throw new RefusedError(
        `${to} holds data already. Give --replace to put the backup in its place (it is kept aside, not deleted), or name another database with --to.`,
      );
    }
    const draft = `${to}.${process.pid}.part`;
    const madeAt = Math.floor(statSync(from).mtimeMs);
    copyDatabase(from, draft, (copy) => markAsCopy(copy, madeAt));
    try {
      const keptAs = setAside(to, now);
      renameSync(draft, to);
      syncFolder(dirname(to));
      return { keptAs };
    } finally {
      removeDraft(draft);
    }
  } finally {
    lock.close();
  }
}

/** No file, an empty one, or the database of a gateway that nobody has used yet. */
function isUnused(path: string): boolean {
  if (!existsSync(path) || statSync(path).size === 0) return true;
  const sqlite = openToRead(path);
  try {
    const used =
      "select exists (select 1 from sources) or exists (select 1 from batches) or exists (select 1 from api_keys) as used";
    return sqlite.query<{ used: number }, []>(used).get()?.used === 0;
  } catch {
    // Something that is no gateway's database, or a damaged one: not ours to lose.
    return false;
  } finally {
    sqlite.close();
  }
}

/** A `-wal` that stayed would be taken for the restored database's own. */
function setAside(path: string, now: number): string | null {
  const name = `${path}.replaced-${fileStamp(now)}`;
  if (SIDE_FILES.some((suffix) => existsSync(name + suffix))) {
    throw new RefusedError(`${name} exists already. Move it away, or try again in a second.`);
  }
  const there = SIDE_FILES.filter((suffix) => existsSync(path + suffix));
  for (const suffix of there) renameSync(path + suffix, name + suffix);
  return there.includes("") ? name : null;
}
