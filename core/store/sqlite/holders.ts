import type { Database } from "bun:sqlite";
import type { SetAsideReason } from "../store.ts";
import { prepareBatchCounts } from "./batch-counts.ts";

/** Why a row counts in `batch_set_aside`: its batch does not wait for it. */
const COUNTED: ReadonlySet<string | null> = new Set<SetAsideReason>(["waiting_goal", "goal_not_found", "cancelled"]);

/** Whether rows set aside for this reason are counted apart, so that they do not hold their batch. */
export const isCountedAside = (reason: SetAsideReason | null): boolean => COUNTED.has(reason);

/** A repeat of a revision that was given up stays given up with it. */
const OPEN_DUPLICATE = `conversion_id = ?1 and upload_id is null and not exists (select 1 from conversion_revisions r
  where r.conversion_id = duplicates.conversion_id and r.revision = duplicates.revision and r.outcome is not null)`;

/** Batches that told earlier revisions of a fact, and its repeats, one entry each. */
interface Followers {
  readonly rows: readonly number[];
  readonly duplicates: readonly number[];
}

/** The batches that follow the fate of a fact in no file, and what is counted of them. */
export function prepareHolders(sqlite: Database) {
  const openRevisions = sqlite.prepare<{ batch_id: number }, [number]>(
    "select batch_id from conversion_revisions where conversion_id = ? and upload_id is null and outcome is null",
  );
  const assignRevisions = sqlite.prepare(
    "update conversion_revisions set upload_id = ? where conversion_id = ? and upload_id is null and outcome is null",
  );
  const openDuplicates = sqlite.prepare<{ batch_id: number }, [number]>(
    `select batch_id from duplicates where ${OPEN_DUPLICATE}`,
  );
  const assignDuplicates = sqlite.prepare(`update duplicates set upload_id = ?2 where ${OPEN_DUPLICATE}`);
  const dropEmptySetAside = sqlite.prepare(
    "delete from batch_set_aside where batch_id = ? and target = ? and reason = ? and rows <= 0",
  );
  const touchBatch = sqlite.prepare(
    "update batches set status_version = status_version + 1, updated_at = ? where id = ?",
  );
  const counts = prepareBatchCounts(sqlite);

  return {
    /** Earlier revisions, where the fact has any, and repeats that follow it stand in a file with it now; the batches of both. */
    follow(conversionId: number, uploadId: number, hasRevisions: boolean): Followers {
      const rows = hasRevisions ? openRevisions.all(conversionId).map((r) => r.batch_id) : [];
      const duplicates = openDuplicates.all(conversionId).map((d) => d.batch_id);
      if (rows.length > 0) assignRevisions.run(uploadId, conversionId);
      if (duplicates.length > 0) assignDuplicates.run(conversionId, uploadId);
      return { rows, duplicates };
    },
    /** One fact of `batchId` more (or, negative, less) is set aside for a reason; its other holders follow. */
    countSetAside(
      fact: { readonly id: number; readonly target: string },
      batchId: number,
      reason: SetAsideReason | null,
      by: 1 | -1,
      now: number,
    ): void {
      if (reason === null || !isCountedAside(reason)) return;
      const rows = [batchId, ...openRevisions.all(fact.id).map((r) => r.batch_id)];
      const duplicates = openDuplicates.all(fact.id).map((d) => d.batch_id);
      for (const holder of [...rows, ...duplicates]) {
        counts.addToSetAside(holder, fact.target, reason, by);
        if (by < 0) dropEmptySetAside.run(holder, fact.target, reason);
        touchBatch.run(now, holder);
      }
    },
  };
}
