import { Database } from "bun:sqlite";
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { RefusedError } from "../database-errors.ts";
import { openToRead, sentenceOf } from "./inspect.ts";

/**
 * Copies a database as it is at one moment, however busy it is, into a new file that only its owner can read. Writers go
 * on meanwhile: the copy reads one snapshot, and the `-wal` file grows until it has.
 * @param draft must not exist; removed again when the copy fails
 * @param finish is given the copy, before it is closed and synced to the disk
 * @throws {RefusedError}
 */
export function copyDatabase<T>(from: string, draft: string, finish: (copy: Database) => T): T {
  try {
    // SQLite keeps the mode of an empty file that it finds.
    closeSync(openSync(draft, "wx", 0o600));
    const source = openToRead(from);
    try {
      source.query("vacuum into ?").run(draft);
    } finally {
      source.close();
    }
    const copy = new Database(draft, { readwrite: true, strict: true });
    let finished: T;
    try {
      finished = finish(copy);
    } finally {
      copy.close();
    }
    syncFile(draft);
    return finished;
  } catch (cause) {
    removeDraft(draft);
    if (cause instanceof RefusedError) throw cause;
    throw new RefusedError(
      `${from} could not be copied to ${draft}: ${sentenceOf(cause)}. Free the disk, or name another place.`,
      { cause },
    );
  }
}

/** Removes a draft and what SQLite may have put beside it. */
export function removeDraft(draft: string): void {
  for (const suffix of ["", "-journal", "-wal", "-shm"]) rmSync(draft + suffix, { force: true });
}

/** File systems that know no second name for a file. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"];

/**
 * Gives a finished draft its name, never that of a file that exists.
 * @throws {RefusedError}
 */
export function publishDraft(draft: string, to: string): void {
  try {
    // Not a rename: link refuses an existing name.
    linkSync(draft, to);
    rmSync(draft);
  } catch (cause) {
    if (codeOf(cause) === "EEXIST" || existsSync(to)) throw existsAlready(to);
    if (!NO_LINKS.includes(codeOf(cause))) throw cause;
    renameSync(draft, to);
  }
  syncFolder(dirname(to));
}

/** The refusal to write over a file. */
export const existsAlready = (to: string) =>
  new RefusedError(`${to} exists already and is not overwritten. Name another file with --to, or move it away.`);

function syncFile(path: string): void {
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A new name survives a power loss only once its folder is on disk; Windows cannot open folders and needs no sync. */
export function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** An instant (Unix ms) as part of a file's name: `20261123T120000Z`. */
export function fileStamp(instant: number): string {
  return new Date(instant).toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, "");
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
