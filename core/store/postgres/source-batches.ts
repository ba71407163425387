import type { SourceBatches } from "../sql/batches.ts";
import { statement } from "../sql/work.ts";

interface Found {
  readonly id: number;
}

// By the time of their coming: each gateway takes its ids from a block of its own, so they tell no order.
const newest = statement<Found, [source: number, limit: number]>(
  "select id from batches where source_id = ?1 order by created_at desc, id desc limit ?2",
);
const older = statement<Found, [source: number, limit: number, before: number]>(
  `select id from batches where source_id = ?1 and (created_at, id) < ((select created_at from batches where id = ?3), ?3)
   order by created_at desc, id desc limit ?2`,
);

const accepted = statement<{ rows: number }, [source: number, from: number, before: number]>(
  `select cast(coalesce(sum(received - duplicates - rejected), 0) as bigint) as rows from batches
   where source_id = ?1 and created_at >= ?2 and created_at < ?3 and sealed = 1`,
);

/** Which batches a source has: an index tells it, so that nothing is left to be filed. */
export const sourceBatches: SourceBatches = {
  *idsOf(sourceId, before, limit) {
    const found = before === null ? newest.all(sourceId, limit) : older.all(sourceId, limit, before);
    return (yield* found).map(({ id }) => id);
  },
  *acceptedOf(sourceId, from, before) {
    return (yield* accepted.get(sourceId, from, before))?.rows ?? 0;
  },
  async fileSome() {
    return 0;
  },
};
