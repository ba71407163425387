import type { Database } from "bun:sqlite";
import { LEFT_OUT_IDS, type ResumedFiles, resumeFiles } from "../sql/resume-restored.ts";
import { createSqliteDriver } from "./driver.ts";
import { unmarkAsMoved } from "./moved.ts";

const BACKUP_MADE_AT = "backup_made_at";

/** What was done about a restored copy. */
export interface ResumedCopy extends ResumedFiles {
  /** When the copy was made; Unix milliseconds. */
  readonly madeAt: number;
}

/** Marks a database as a copy that was made at `now` (Unix ms), unless it is marked as an earlier one, and opens it to gateways. */
export function markAsCopy(sqlite: Database, now: number): void {
  unmarkAsMoved(sqlite);
  sqlite.query("insert or ignore into watermarks (name, value) values (?, ?)").run(BACKUP_MADE_AT, now);
}

/**
 * Prepares a restored copy for work, as `resumeFiles` says. To be called before ids are given out. Null, and nothing done,
 * for a database that is no copy.
 * @param now Unix milliseconds
 */
export function resumeRestored(sqlite: Database, now: number): ResumedCopy | null {
  const read = sqlite.query<{ value: number }, [string]>("select value from watermarks where name = ?");
  const driver = createSqliteDriver(sqlite);
  const resume = sqlite.transaction((): ResumedCopy | null => {
    const madeAt = read.get(BACKUP_MADE_AT)?.value;
    if (madeAt === undefined) return null;
    const resumed = driver.now(resumeFiles(now));
    leaveOutIds(sqlite, now);
    sqlite.query("delete from watermarks where name = ?").run(BACKUP_MADE_AT);
    return { ...resumed, madeAt };
  });
  return resume.immediate();
}

/** SQLite gives out the highest id and one: a batch and a cancelled conversion of no source stand where ids go on. */
function leaveOutIds(sqlite: Database, now: number): void {
  const next = (table: string) =>
    (sqlite.query<{ id: number | null }, []>(`select max(id) as id from ${table}`).get()?.id ?? 0) + LEFT_OUT_IDS;
  const [batchId, conversionId] = [next("batches"), next("conversions")];
  sqlite
    .query(
      `insert into batches (id, source_id, received, duplicates, rejected, sealed, created_at, updated_at)
       values (?1, 0, 0, 0, 0, 1, ?2, ?2)`,
    )
    .run(batchId, now);
  sqlite
    .query(
      `insert into conversions (id, batch_id, row, source_id, workspace_id, counter_id, date_time, target, purchase_id, set_aside)
       values (?1, ?2, 0, 0, 0, 0, 0, '', ?3, 'cancelled')`,
    )
    .run(conversionId, batchId, String(conversionId));
}
