import type { Database } from "bun:sqlite";
import { toUnassigned, UNASSIGNED, type UnassignedColumns } from "../sql/unassigned-rows.ts";
import { createWaitingRows } from "../sql/waiting-rows.ts";
import { PLANNED_UP_TO, readWatermark } from "../sql/watermark.ts";
import type { PlanningStore } from "../store.ts";
import type { SqliteDriver } from "./driver.ts";

/** Reads the rows that want a file: new ones, those that come back, those that wait for a goal. */
export function prepareUnassignedRows(
  sqlite: Database,
  driver: SqliteDriver,
): Omit<PlanningStore, "place" | "sealRipe"> {
  // Rows of a half-written batch, and unplanned facts that one corrects, hold the watermark until the batch is whole.
  // The cross join and the plus keep SQLite from scanning the whole backlog by id: unsealed batches are few.
  const firstUnsealedRow = sqlite.prepare<{ id: number | null }, [number]>(
    `select min(id) as id from (
       select first_conversion_id as id from batches where sealed = 0
       union all
       select c.id from batches b cross join conversions c on c.batch_id = b.id and c.revision > 0
         where b.sealed = 0 and +c.id > ? and c.upload_id is null and c.set_aside is null)`,
  );
  // Ids commit in order on SQLite, so reading forward from a watermark misses nothing and needs no index beside the key.
  const newRows = sqlite.prepare<UnassignedColumns, [number, number, number]>(
    `${UNASSIGNED} where c.id > ? and c.id < ? and c.upload_id is null and c.set_aside is null order by c.id limit ?`,
  );
  const highestId = sqlite.prepare<{ id: number | null }, []>("select max(id) as id from conversions");
  // Also a requeued row may have to wait: one that was cancelled while an earlier revision was on its way, and then revived.
  const returningRows = sqlite.prepare<UnassignedColumns, [number]>(
    `${UNASSIGNED} where b.sealed = 1 and c.set_aside in ('requeued', 'waiting_upload')
       and not exists (select 1 from conversion_revisions r join uploads u on u.id = r.upload_id
         where r.conversion_id = c.id and u.state not in ('completed', 'failed'))
     order by c.id limit ?`,
  );

  return {
    ...createWaitingRows(driver),
    async readNew(limit) {
      const from = driver.now(readWatermark(PLANNED_UP_TO));
      if ((highestId.get()?.id ?? 0) <= from) return [];
      return newRows.all(from, firstUnsealedRow.get(from)?.id ?? Number.MAX_SAFE_INTEGER, limit).map(toUnassigned);
    },
    async readReturning(limit) {
      return returningRows.all(limit).map(toUnassigned);
    },
  };
}
