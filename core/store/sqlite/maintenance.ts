import type { Database } from "bun:sqlite";
import { discardBatch } from "../sql/discard-batch.ts";
import type { MaintenanceStore } from "../store.ts";
import type { SqliteDriver } from "./driver.ts";
import { dayOf } from "./quota.ts";

/** Days for which what a login spent can be read. */
const QUOTA_KEPT_DAYS = 7;

/** House-keeping: what a crash left half-written, what has expired, what is settled and old. */
export function prepareMaintenance(sqlite: Database, driver: SqliteDriver): MaintenanceStore {
  const unsealed = sqlite.prepare<{ id: number }, []>("select id from batches where sealed = 0");
  const removeUnsealed = sqlite.transaction(() => {
    const batches = unsealed.all();
    for (const { id } of batches) driver.now(discardBatch(id));
    return batches.length;
  });

  const purgeExpired = sqlite.transaction((now: number) => {
    let gone = 0;
    for (const table of ["idempotency", "source_keys"]) {
      gone += sqlite.query(`delete from ${table} where expires_at <= ?`).run(now).changes;
    }
    gone += sqlite.query("delete from login_quota where day < ?").run(dayOf(now) - QUOTA_KEPT_DAYS).changes;
    gone += sqlite
      .query("update rejected_rows set sealed = null where expires_at <= ? and sealed is not null")
      .run(now).changes;
    return gone;
  });

  const batchUpTo = sqlite.prepare<{ id: number; created_at: number }, [number]>(
    "select id, created_at from batches where id <= ? order by id desc limit 1",
  );
  const firstFactAfter = sqlite.prepare<{ id: number }, [number]>(
    "select first_conversion_id as id from batches where id > ? and first_conversion_id is not null order by id limit 1",
  );

  /**
   * Facts that arrived before an instant have ids below this one; so may a few that are younger, and a batch that was written in
   * slices may end behind it, which its facts then outlive by moments. Found by halving: ids grow with time, and no index knows
   * the times.
   */
  function endOfFactsBefore(instant: number): number {
    let [early, late] = [0, batchUpTo.get(Number.MAX_SAFE_INTEGER)?.id ?? 0];
    while (early < late) {
      const middle = Math.ceil((early + late) / 2);
      const batch = batchUpTo.get(middle);
      if (!batch || batch.created_at < instant) early = middle;
      else late = batch.id - 1;
    }
    return firstFactAfter.get(early)?.id ?? Number.MAX_SAFE_INTEGER;
  }

  // The highest id stays: SQLite would give it out again, behind the planner's watermark.
  const settledFacts = sqlite.prepare<{ id: number; upload_id: number | null }, [number, number, number]>(
    `select c.id, case u.state when 'completed' then u.id end as upload_id from conversions c join batches b on b.id = c.batch_id left join uploads u on u.id = c.upload_id
     where b.created_at < ? and (u.state in ('completed', 'failed') or c.set_aside in ('goal_not_found', 'cancelled'))
       and c.id < ? and c.id < (select max(id) from conversions)
     order by c.id limit ?`,
  );
  const keepKeys = sqlite.prepare("update source_keys set upload_id = ? where conversion_id = ?");
  const dropKeys = sqlite.prepare("delete from source_keys where conversion_id = ?");
  const purgeSettled = sqlite.transaction((before: number, limit: number) => {
    const facts = settledFacts.all(before, endOfFactsBefore(before), limit);
    for (const { id, upload_id: uploadId } of facts) {
      // What Metrika counted is still known by its key; what it never took may be told anew.
      if (uploadId === null) dropKeys.run(id);
      else keepKeys.run(uploadId, id);
      sqlite.query("delete from conversion_revisions where conversion_id = ?").run(id);
      sqlite.query("delete from conversions where id = ?").run(id);
    }
    return facts.length;
  });

  return {
    async removeUnsealed() {
      return removeUnsealed.immediate();
    },
    async purgeExpired(now) {
      return purgeExpired.immediate(now);
    },
    async purgeSettled(before, limit) {
      return purgeSettled.immediate(before, limit);
    },
    async ping() {
      sqlite.query("select id from installation").get();
    },
  };
}
