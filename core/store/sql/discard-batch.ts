import { greater, ids, lesser, statement, type Work } from "./work.ts";

/** A revision of a fact that the batch told: the latest one, or one that another batch has replaced since. */
interface Told {
  readonly conversion_id: number;
  readonly revision: number;
  readonly latest: number;
  readonly date_time: number;
}

/** A repeat of such a revision by another batch. */
interface Repeat {
  readonly conversion_id: number;
  readonly revision: number;
  readonly batch_id: number;
  readonly row: number;
  readonly source_id: number;
}

const unsealed = statement<{ id: number }, [number]>("select id from batches where id = ?1 and sealed = 0");
const told = statement<Told, [number]>(
  `select c.id as conversion_id, 0 as revision, 1 as latest, c.date_time from batches b
     join conversions c on c.id between b.first_conversion_id and b.last_conversion_id and c.batch_id = b.id and c.revision = 0 where b.id = ?1
   union all
   select id, revision, 1, date_time from conversions where batch_id = ?1 and revision > 0
   union all
   select conversion_id, revision, 0, 0 from conversion_revisions where batch_id = ?1`,
);
// A sealed heir first: another unsealed one may be taken away as well.
const repeats = statement<Repeat, [conversions: string, batch: number]>(
  `select d.conversion_id, d.revision, d.batch_id, d.row, b.source_id from duplicates d join batches b on b.id = d.batch_id
   where d.conversion_id in ${ids("?1")} and d.upload_id is null and d.batch_id <> ?2
   order by b.sealed desc, d.batch_id, d.row`,
);
const inheritLatest = statement<never, [number, number, number, number]>(
  "update conversions set batch_id = ?1, row = ?2, source_id = ?3 where id = ?4",
);
const inheritEarlier = statement<never, [number, number, number, number]>(
  "update conversion_revisions set batch_id = ?1, row = ?2 where conversion_id = ?3 and revision = ?4",
);
const noLongerRepeat = statement<never, [number, number]>("delete from duplicates where batch_id = ?1 and row = ?2");
const countInherited = statement<never, [conversion: number, batch: number]>(
  `update batches set duplicates = duplicates - 1, status_version = status_version + 1,
     first_conversion_id = ${lesser("coalesce(first_conversion_id, ?1)", "?1")}, last_conversion_id = ${greater("coalesce(last_conversion_id, ?1)", "?1")}
   where id = ?2`,
);
const dropEarlier = statement<never, [number]>("delete from conversion_revisions where batch_id = ?1");
const restore = statement<{ id: number }, [string]>(
  `update conversions set (batch_id, row, price, currency, upload_id, revision, set_aside, source_id) =
     (select r.batch_id, r.row, r.price, r.currency, r.upload_id, r.revision,
        case when r.upload_id is not null then null else coalesce(r.outcome, conversions.set_aside) end, b.source_id
      from conversion_revisions r join batches b on b.id = r.batch_id where r.conversion_id = conversions.id order by r.revision desc limit 1)
   where id in ${ids("?1")} and exists (select 1 from conversion_revisions r where r.conversion_id = conversions.id) returning id`,
);
const dropRestored = statement<never, [string]>(
  `delete from conversion_revisions where conversion_id in ${ids("?1")}
     and revision = (select c.revision from conversions c where c.id = conversion_revisions.conversion_id)`,
);
const dropKeys = statement<never, [string]>(`delete from source_keys where conversion_id in ${ids("?1")}`);
// The times are named for PostgreSQL, which then looks into the weeks between them alone.
const dropFacts = statement<never, [ids: string, from: number, to: number]>(
  `delete from conversions where id in ${ids("?1")} and date_time between ?2 and ?3`,
);
const ofBatch = ["duplicates", "rejected_rows", "batch_uploads", "batch_set_aside"].map((table) =>
  statement<never, [number]>(`delete from ${table} where batch_id = ?1`),
);
const dropBatch = statement<never, [number]>("delete from batches where id = ?1");

/**
 * Takes away a batch that was never sealed; nothing happens to a sealed one. Its sender has no answer, but others may have been
 * answered by its rows in the meantime: a fact that another batch repeated becomes that batch's own, so that nothing acknowledged
 * goes with it. No row of an unsealed batch stands in a file, which keeps the numbers of uploads out of this. Alone.
 */
export function* discardBatch(batchId: number): Work<void> {
  if (!(yield* unsealed.get(batchId))) return;
  const facts = yield* told.all(batchId);
  const heirs = new Map<string, Repeat>();
  const key = (of: { readonly conversion_id: number; readonly revision: number }) =>
    `${of.conversion_id}/${of.revision}`;
  for (const repeat of yield* repeats.all(listOf(facts), batchId))
    if (!heirs.has(key(repeat))) heirs.set(key(repeat), repeat);
  const orphans: Told[] = [];
  for (const fact of facts) {
    const { conversion_id: id, revision, latest } = fact;
    const heir = heirs.get(key(fact));
    if (!heir) {
      if (latest) orphans.push(fact);
      continue;
    }
    if (latest) yield* inheritLatest.send(heir.batch_id, heir.row, heir.source_id, id);
    else yield* inheritEarlier.send(heir.batch_id, heir.row, id, revision);
    yield* noLongerRepeat.send(heir.batch_id, heir.row);
    yield* countInherited.send(id, heir.batch_id);
  }
  yield* dropEarlier.send(batchId);
  const restored = new Set(
    (yield* restore.all(listOf(orphans.filter((fact) => fact.revision > 0)))).map(({ id }) => id),
  );
  if (restored.size > 0) yield* dropRestored.send(JSON.stringify([...restored]));
  const gone = orphans.filter((fact) => !restored.has(fact.conversion_id));
  if (gone.length > 0) {
    // Of a whole batch, which may be too many for the arguments of a call.
    let [from, to] = [Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER];
    for (const { date_time: at } of gone) [from, to] = [Math.min(from, at), Math.max(to, at)];
    yield* dropFacts.send(listOf(gone), from, to);
    yield* dropKeys.send(listOf(gone));
  }
  for (const clear of ofBatch) yield* clear.send(batchId);
  yield* dropBatch.send(batchId);
}

const listOf = (facts: readonly Told[]) => JSON.stringify(facts.map(({ conversion_id }) => conversion_id));
