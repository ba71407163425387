import type { Database } from "bun:sqlite";
import { unmarkAsMoved } from "./moved.ts";

const BACKUP_MADE_AT = "backup_made_at";

/**
 * Ids that are left out after a restore: more than the gateway that was lost can have given out since the backup. The public
 * ids of batches and conversions are derived from them, so that one the senders hold from then is unknown, not another's.
 */
const LEFT_OUT_IDS = 100_000_000_000;

/** What was done about the files of a restored copy. */
export interface ResumedCopy {
  /** When the copy was made; Unix milliseconds. */
  readonly madeAt: number;
  /** Files that are looked up at Metrika before anything of them is sent. */
  readonly lookedUp: number;
  /** Files that go on filling, under new ids. */
  readonly renamed: number;
}

/** Marks a database as a copy that was made at `now` (Unix ms), unless it is marked as an earlier one, and opens it to gateways. */
export function markAsCopy(sqlite: Database, now: number): void {
  unmarkAsMoved(sqlite);
  sqlite.query("insert or ignore into watermarks (name, value) values (?, ?)").run(BACKUP_MADE_AT, now);
}

/**
 * Prepares a restored copy for work: whatever the gateway that it was copied from may have sent after the copy was made is
 * looked up before it is sent. To be called before ids are given out. Null, and nothing done, for a database that is no copy.
 *
 * - `planned`, `sending` and `uncertain` files keep their rows and their comment, so Metrika's list tells: they become
 *   `uncertain`, and the waiting for the list begins anew at `now`, since the last request may be as young as that.
 * - A `filling` file may have grown before the lost gateway sent it, so a file with its comment would prove nothing of what
 *   fills ours from now on, and rows would be lost if we took it for ours. It goes on under a new id, hence a new comment;
 *   rows that it shares with the other one have the same seconds, which Metrika overwrites rather than counts.
 * - Whose policy is `hold` does not rely on that: there it is closed as it is and looked up as well, and a person decides if
 *   it is not found.
 * @param now Unix milliseconds
 */
export function resumeRestored(sqlite: Database, now: number): ResumedCopy | null {
  const read = sqlite.query<{ value: number }, [string]>("select value from watermarks where name = ?");
  const isUnclear = `state in ('planned', 'sending', 'uncertain') or (state = 'filling' and uncertain_policy = 'hold' and rows > 0)`;
  const resume = sqlite.transaction((): ResumedCopy | null => {
    const madeAt = read.get(BACKUP_MADE_AT)?.value;
    if (madeAt === undefined) return null;
    sqlite
      .query(
        `insert into upload_attempts (upload_id, kind, started_at, ended_at, outcome)
         select id, 'decision', ?1, ?1, 'restored' from uploads where ${isUnclear}`,
      )
      .run(now);
    const lookedUp = sqlite
      .query(
        `update uploads set state = 'uncertain', sealed_at = coalesce(sealed_at, ?1), request_ended_at = ?1, complete_lists = 0,
           next_attempt_at = ?1, claim = null, lease_until = null, error_code = null, error_text = null, updated_at = ?1,
           version = version + 1 where ${isUnclear}`,
      )
      .run(now).changes;
    const filling = sqlite.query<{ id: number }, []>("select id from uploads where state = 'filling'").all();
    const rename = sqlite.query("update uploads set uuid = ?, updated_at = ?, version = version + 1 where id = ?");
    for (const { id } of filling) rename.run(Bun.randomUUIDv7("hex", now), now, id);
    leaveOutIds(sqlite, now);
    sqlite.query("delete from watermarks where name = ?").run(BACKUP_MADE_AT);
    return { madeAt, lookedUp, renamed: filling.length };
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
