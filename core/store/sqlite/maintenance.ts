import type { Database } from "bun:sqlite";
import type { MaintenanceStore } from "../store.ts";

/** House-keeping: what a crash left half-written, what has expired, what is settled and old. */
export function prepareMaintenance(sqlite: Database): MaintenanceStore {
  const unsealed = sqlite.prepare<{ id: number; first: number | null; last: number | null }, []>(
    "select id, first_conversion_id as first, last_conversion_id as last from batches where sealed = 0",
  );
  // A correction from a half-written batch is taken back: its earlier revision is the latest again.
  const takeBackCorrections = sqlite.prepare(
    `update conversions set (batch_id, row, price, currency, upload_id, revision, set_aside) =
       (select r.batch_id, r.row, r.price, r.currency, r.upload_id, r.revision,
          case when r.upload_id is not null then null when r.outcome is not null then r.outcome else conversions.set_aside end
        from conversion_revisions r where r.conversion_id = conversions.id and r.revision = conversions.revision - 1)
     where batch_id = ? and revision > 0`,
  );
  const dropTakenBack = sqlite.prepare(
    `delete from conversion_revisions where exists (select 1 from conversions c
       where c.id = conversion_revisions.conversion_id and c.revision = conversion_revisions.revision)`,
  );
  const removeUnsealed = sqlite.transaction(() => {
    const batches = unsealed.all();
    for (const { id, first, last } of batches) {
      while (takeBackCorrections.run(id).changes > 0) dropTakenBack.run();
      sqlite
        .query(
          "delete from source_keys where conversion_id between ? and ? and conversion_id in (select id from conversions where batch_id = ?)",
        )
        .run(first, last, id);
      sqlite.query("delete from conversions where id between ? and ? and batch_id = ?").run(first, last, id);
      for (const table of ["duplicates", "rejected_rows", "batch_uploads", "batch_set_aside"]) {
        sqlite.query(`delete from ${table} where batch_id = ?`).run(id);
      }
      sqlite.query("delete from batches where id = ?").run(id);
    }
    return batches.length;
  });

  const purgeExpired = sqlite.transaction((now: number) => {
    let gone = 0;
    for (const table of ["idempotency", "source_keys"]) {
      gone += sqlite.query(`delete from ${table} where expires_at <= ?`).run(now).changes;
    }
    gone += sqlite
      .query("update rejected_rows set sealed = null where expires_at <= ? and sealed is not null")
      .run(now).changes;
    return gone;
  });

  const settledFacts = sqlite.prepare<{ id: number }, [number, number]>(
    `select c.id from conversions c join batches b on b.id = c.batch_id left join uploads u on u.id = c.upload_id
     where b.created_at < ? and (u.state in ('completed', 'failed') or c.set_aside in ('goal_not_found', 'cancelled'))
     order by c.id limit ?`,
  );
  const purgeSettled = sqlite.transaction((before: number, limit: number) => {
    const facts = settledFacts.all(before, limit);
    for (const { id } of facts) {
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
