import type { SetAsideReason } from "../store.ts";
import { ids, statement, type Work } from "./work.ts";

// In order, so that two transactions that count the same batches do not wait for each other crosswise.
const listed = "select cast(value as bigint) as id from json_each(cast(?1 as text)) order by 1";

const inUpload = statement<never, [batches: string, upload: number, rows: number, duplicates: number]>(
  `insert into batch_uploads (batch_id, upload_id, rows, duplicates)
   select b.id, cast(?2 as bigint), cast(?3 as bigint), cast(?4 as bigint) from (${listed}) b where true
   on conflict (batch_id, upload_id) do update set rows = batch_uploads.rows + excluded.rows, duplicates = batch_uploads.duplicates + excluded.duplicates`,
);
const dropEmptyInUpload = statement<never, [batches: string, upload: number]>(
  `delete from batch_uploads where upload_id = ?2 and batch_id in ${ids("?1")} and rows <= 0 and duplicates <= 0`,
);
const setAside = statement<never, [batches: string, target: string, reason: string, rows: number]>(
  `insert into batch_set_aside (batch_id, target, reason, rows)
   select b.id, cast(?2 as text), cast(?3 as text), cast(?4 as bigint) from (${listed}) b where true
   on conflict (batch_id, target, reason) do update set rows = batch_set_aside.rows + excluded.rows`,
);
const dropEmptySetAside = statement<never, [batches: string]>(
  `delete from batch_set_aside where batch_id in ${ids("?1")} and rows <= 0`,
);
const touch = statement<never, [batches: string, by: number, now: number]>(
  `update batches set status_version = status_version + ?2, updated_at = ?3 where id in ${ids("?1")}`,
);

/** So many rows, and repeats of rows. */
export interface RowCounts {
  rows: number;
  duplicates: number;
}

/** So many rows of a batch more (or, negative, fewer) are set aside for a reason. */
export interface SetAsideCount {
  readonly batchId: number;
  readonly target: string;
  readonly reason: SetAsideReason;
  readonly rows: number;
}

/** So many more rows, and repeats of rows, of each batch stand in an upload; negative: fewer. */
export function* addToUpload(uploadId: number, byBatch: ReadonlyMap<number, Readonly<RowCounts>>): Work<void> {
  const left: number[] = [];
  // Most batches of a step have the same counts: many batches of one row each.
  for (const [, alike] of Map.groupBy(byBatch, ([, { rows, duplicates }]) => `${rows}/${duplicates}`)) {
    const batchIds = alike.map(([batchId]) => batchId);
    const { rows, duplicates } = (alike[0] as (typeof alike)[0])[1];
    if (rows === 0 && duplicates === 0) continue;
    yield* inUpload.send(JSON.stringify(batchIds), uploadId, rows, duplicates);
    if (rows < 0 || duplicates < 0) left.push(...batchIds);
  }
  if (left.length > 0) yield* dropEmptyInUpload.send(JSON.stringify(left), uploadId);
}

/** Counts rows set aside. */
export function* addToSetAside(counts: readonly SetAsideCount[]): Work<void> {
  const sums = new Map<string, { batchId: number; target: string; reason: SetAsideReason; rows: number }>();
  for (const count of counts) {
    const key = `${count.batchId}/${count.reason}/${count.target}`;
    const sum = sums.get(key);
    if (sum) sum.rows += count.rows;
    else sums.set(key, { ...count });
  }
  const fewer = new Set<number>();
  for (const [, alike] of Map.groupBy(sums.values(), ({ rows, reason, target }) => `${rows}/${reason}/${target}`)) {
    const { rows, target, reason } = alike[0] as (typeof alike)[0];
    if (rows === 0) continue;
    const batchIds = alike.map(({ batchId }) => batchId);
    yield* setAside.send(JSON.stringify(batchIds), target, reason, rows);
    if (rows < 0) for (const batchId of batchIds) fewer.add(batchId);
  }
  if (fewer.size > 0) yield* dropEmptySetAside.send(JSON.stringify([...fewer]));
}

/** The status of these batches may have changed: their version grows by so much. */
export function* touchBatches(batchIds: Iterable<number>, by: number, now: number): Work<void> {
  const list = [...batchIds];
  if (list.length > 0) yield* touch.send(JSON.stringify(list), by, now);
}
