import { statement, type Work } from "../sql/work.ts";

const batchUpTo = statement<{ id: number; created_at: number }, [number]>(
  "select id, created_at from batches where id <= ?1 order by id desc limit 1",
);

/** The last batch that came before an instant (Unix ms), 0 when none did. Found by halving: ids grow with time, and no index knows the times. */
export function* lastBatchBefore(instant: number): Work<number> {
  let [early, late] = [0, (yield* batchUpTo.get(Number.MAX_SAFE_INTEGER))?.id ?? 0];
  while (early < late) {
    const middle = Math.ceil((early + late) / 2);
    const batch = yield* batchUpTo.get(middle);
    if (!batch || batch.created_at < instant) early = middle;
    else late = batch.id - 1;
  }
  return early;
}
