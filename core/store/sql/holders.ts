import type { SetAsideReason } from "../store.ts";
import { addToSetAside, type SetAsideCount, touchBatches } from "./batch-counts.ts";
import { ids, statement, type Work } from "./work.ts";

/** Why a row counts in `batch_set_aside`: its batch does not wait for it. */
const COUNTED: ReadonlySet<string | null> = new Set<SetAsideReason>(["waiting_goal", "goal_not_found", "cancelled"]);

/** Whether rows set aside for this reason are counted apart, so that they do not hold their batch. */
export const isCountedAside = (reason: SetAsideReason | null): reason is SetAsideReason => COUNTED.has(reason);

/** A repeat that follows its fact into a file. A repeat of a revision that was given up stays given up with it. */
export const OPEN_DUPLICATE = `upload_id is null and not exists (select 1 from conversion_revisions r
  where r.conversion_id = duplicates.conversion_id and r.revision = duplicates.revision and r.outcome is not null)`;
/** An earlier revision that follows its fact into a file. */
export const OPEN_REVISION = "upload_id is null and outcome is null";

interface Holder {
  readonly conversion_id: number;
  readonly batch_id: number;
}

const openRevisions = statement<Holder, [string]>(
  `select conversion_id, batch_id from conversion_revisions where conversion_id in ${ids("?1")} and ${OPEN_REVISION}`,
);
const openDuplicates = statement<Holder, [string]>(
  `select conversion_id, batch_id from duplicates where conversion_id in ${ids("?1")} and ${OPEN_DUPLICATE}`,
);

/** A fact of a batch that has come to be set aside for a reason (`by` 1), or is so no longer (-1). */
export interface SetAsideChange {
  readonly id: number;
  readonly batchId: number;
  readonly target: string;
  readonly reason: SetAsideReason | null;
  readonly by: 1 | -1;
}

/** Counts facts that are set aside, or no longer, under their batches and all others that follow their fate. */
export function* countSetAside(changes: readonly SetAsideChange[], now: number): Work<void> {
  const counted = changes.filter(({ reason }) => isCountedAside(reason));
  if (counted.length === 0) return;
  const list = JSON.stringify([...new Set(counted.map(({ id }) => id))]);
  const followers = Map.groupBy(
    [...(yield* openRevisions.all(list)), ...(yield* openDuplicates.all(list))],
    ({ conversion_id: id }) => id,
  );
  const counts = counted.flatMap(({ id, batchId, target, reason, by }): SetAsideCount[] => {
    if (!isCountedAside(reason)) return [];
    const holders = [batchId, ...(followers.get(id) ?? []).map(({ batch_id }) => batch_id)];
    return holders.map((holder) => ({ batchId: holder, target, reason, rows: by }));
  });
  yield* countHolders(counts, now);
}

/** Counts rows that are set aside, or no longer, under these batches, whose status may change by it. */
export function* countHolders(counts: readonly SetAsideCount[], now: number): Work<void> {
  yield* addToSetAside(counts);
  yield* touchBatches(new Set(counts.map(({ batchId }) => batchId)), 1, now);
}
