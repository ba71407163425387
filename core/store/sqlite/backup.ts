import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { RefusedError } from "../database-errors.ts";
import { copyDatabase, existsAlready, publishDraft, removeDraft } from "./copy-database.ts";
import { type DatabaseSummary, inspectDatabase } from "./inspect.ts";
import { makeFolder } from "./open.ts";
import { markAsCopy } from "./resume-restored.ts";

/** A finished backup. */
export interface Backup extends DatabaseSummary {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Writes a consistent copy of the database, also while a gateway serves on it: checked in full, on the disk, readable by
 * its owner only, and marked as a copy, so that a gateway started on it looks up what may have been sent since.
 * @param to never overwritten
 * @param now Unix milliseconds
 * @throws {RefusedError} {CopyDamagedError} {DatabaseUnusableError}; no file `to` was made then
 */
export function backUpSqlite(path: string, to: string, now: number): Backup {
  if (!existsSync(path)) {
    throw new RefusedError(`There is no database ${path}. Set DATABASE_URL to the one that the gateway works on.`);
  }
  if (existsSync(to)) throw existsAlready(to);
  makeFolder(dirname(to));
  const draft = `${to}.${process.pid}.part`;
  copyDatabase(path, draft, (copy) => markAsCopy(copy, now));
  try {
    const summary = inspectDatabase(draft);
    publishDraft(draft, to);
    return { ...summary, path: to, bytes: statSync(to).size };
  } finally {
    removeDraft(draft);
  }
}
