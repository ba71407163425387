import type { Database } from "bun:sqlite";

/** A revision of a fact that the batch told: the latest one, or one that another batch has replaced since. */
interface Told {
  readonly conversion_id: number;
  readonly revision: number;
  readonly latest: number;
}

/**
 * Takes away a batch that was never sealed. Its sender has no answer, but others may have been answered by its rows in the
 * meantime: a fact that another batch repeated becomes that batch's own, so that nothing acknowledged goes with it.
 * No row of an unsealed batch stands in a file, which keeps the numbers of uploads out of this.
 * @returns a function to be called inside a transaction; it does nothing to a sealed batch
 */
export function prepareDiscard(sqlite: Database): (batchId: number) => void {
  const unsealed = sqlite.prepare<{ id: number }, [number]>("select id from batches where id = ? and sealed = 0");
  const told = sqlite.prepare<Told, [number]>(
    `select c.id as conversion_id, 0 as revision, 1 as latest from batches b
       join conversions c on c.id between b.first_conversion_id and b.last_conversion_id and c.batch_id = b.id and c.revision = 0 where b.id = ?1
     union all
     select id, revision, 1 from conversions where batch_id = ?1 and revision > 0
     union all
     select conversion_id, revision, 0 from conversion_revisions where batch_id = ?1`,
  );
  // A sealed heir first: another unsealed one may be taken away as well.
  const heirOf = sqlite.prepare<
    { batch_id: number; row: number; source_id: number },
    { conversion: number; revision: number; batch: number }
  >(
    `select d.batch_id, d.row, b.source_id from duplicates d join batches b on b.id = d.batch_id
     where d.conversion_id = $conversion and d.revision = $revision and d.upload_id is null and d.batch_id <> $batch
     order by b.sealed desc, d.batch_id, d.row limit 1`,
  );
  const inheritLatest = sqlite.prepare("update conversions set batch_id = ?, row = ?, source_id = ? where id = ?");
  const inheritEarlier = sqlite.prepare(
    "update conversion_revisions set batch_id = ?, row = ? where conversion_id = ? and revision = ?",
  );
  const noLongerRepeat = sqlite.prepare("delete from duplicates where batch_id = ? and row = ?");
  const countInherited = sqlite.prepare(
    `update batches set duplicates = duplicates - 1, status_version = status_version + 1,
       first_conversion_id = min(coalesce(first_conversion_id, ?1), ?1), last_conversion_id = max(coalesce(last_conversion_id, ?1), ?1)
     where id = ?2`,
  );
  const dropEarlier = sqlite.prepare("delete from conversion_revisions where batch_id = ?");
  const restore = sqlite.prepare(
    `update conversions set (batch_id, row, price, currency, upload_id, revision, set_aside, source_id) =
       (select r.batch_id, r.row, r.price, r.currency, r.upload_id, r.revision,
          case when r.upload_id is not null then null else coalesce(r.outcome, conversions.set_aside) end, b.source_id
        from conversion_revisions r join batches b on b.id = r.batch_id where r.conversion_id = conversions.id order by r.revision desc limit 1)
     where id = ?1 and exists (select 1 from conversion_revisions r where r.conversion_id = ?1)`,
  );
  const dropRestored = sqlite.prepare(
    "delete from conversion_revisions where conversion_id = ?1 and revision = (select revision from conversions where id = ?1)",
  );
  const dropKeys = sqlite.prepare("delete from source_keys where conversion_id in (select value from json_each(?))");
  const dropFact = sqlite.prepare("delete from conversions where id = ?");
  const ofBatch = ["duplicates", "rejected_rows", "batch_uploads", "batch_set_aside"].map((table) =>
    sqlite.prepare(`delete from ${table} where batch_id = ?`),
  );
  const dropBatch = sqlite.prepare("delete from batches where id = ?");

  return (batchId) => {
    if (!unsealed.get(batchId)) return;
    const orphans: number[] = [];
    for (const { conversion_id: id, revision, latest } of told.all(batchId)) {
      const heir = heirOf.get({ conversion: id, revision, batch: batchId });
      if (!heir) {
        if (latest) orphans.push(id);
        continue;
      }
      if (latest) inheritLatest.run(heir.batch_id, heir.row, heir.source_id, id);
      else inheritEarlier.run(heir.batch_id, heir.row, id, revision);
      noLongerRepeat.run(heir.batch_id, heir.row);
      countInherited.run(id, heir.batch_id);
    }
    dropEarlier.run(batchId);
    const gone: number[] = [];
    for (const id of orphans) {
      if (restore.run(id).changes > 0) dropRestored.run(id);
      else {
        dropFact.run(id);
        gone.push(id);
      }
    }
    if (gone.length > 0) dropKeys.run(JSON.stringify(gone));
    for (const statement of ofBatch) statement.run(batchId);
    dropBatch.run(batchId);
  };
}
