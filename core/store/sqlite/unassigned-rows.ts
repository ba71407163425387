import type { Database } from "bun:sqlite";
import type { IdentifierKind } from "../../conversion/conversion.ts";
import type { PlanningStore, SetAsideReason, UnassignedRow } from "../store.ts";
import { BYTES, IDENTIFIER } from "./upload-groups.ts";
import { PLANNED_UP_TO, prepareWatermark } from "./watermark.ts";

interface Row {
  readonly id: number;
  readonly batch_id: number;
  readonly received_at: number;
  readonly source_id: number;
  readonly workspace_id: number;
  readonly counter_id: number;
  readonly currency: string;
  readonly target: string;
  readonly identifier: IdentifierKind;
  readonly purchase_id: string;
  readonly date_time: number;
  readonly bytes: number;
  readonly set_aside: SetAsideReason | null;
}

const UNASSIGNED = `select c.id, c.batch_id, b.created_at as received_at, c.source_id, c.workspace_id, c.counter_id, c.currency, c.target,
    ${IDENTIFIER} as identifier, c.purchase_id, c.date_time, ${BYTES} as bytes, c.set_aside
  from conversions c join batches b on b.id = c.batch_id`;

const toUnassigned = (r: Row): UnassignedRow => ({
  id: r.id,
  batchId: r.batch_id,
  receivedAt: r.received_at,
  sourceId: r.source_id,
  workspaceId: r.workspace_id,
  counterId: r.counter_id,
  currency: r.currency,
  target: r.target,
  identifier: r.identifier,
  purchaseId: r.purchase_id,
  dateTime: r.date_time,
  bytes: r.bytes,
  setAside: r.set_aside,
});

/** Reads the rows that want a file: new ones, those that come back, those that wait for a goal. */
export function prepareUnassignedRows(sqlite: Database): Omit<PlanningStore, "place" | "sealRipe"> {
  const planned = prepareWatermark(sqlite, PLANNED_UP_TO);
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
  const newRows = sqlite.prepare<Row, [number, number, number]>(
    `${UNASSIGNED} where c.id > ? and c.id < ? and c.upload_id is null and c.set_aside is null order by c.id limit ?`,
  );
  const highestId = sqlite.prepare<{ id: number | null }, []>("select max(id) as id from conversions");
  // Also a requeued row may have to wait: one that was cancelled while an earlier revision was on its way, and then revived.
  const returningRows = sqlite.prepare<Row, [number]>(
    `${UNASSIGNED} where b.sealed = 1 and c.set_aside in ('requeued', 'waiting_upload')
       and not exists (select 1 from conversion_revisions r join uploads u on u.id = r.upload_id
         where r.conversion_id = c.id and u.state not in ('completed', 'failed'))
     order by c.id limit ?`,
  );
  const waitingRows = sqlite.prepare<Row, [number, number, number, string | null, string | null, number]>(
    `${UNASSIGNED} where b.sealed = 1 and c.set_aside in ('checking_goal', 'waiting_goal') and c.counter_id = ? and c.workspace_id = ? and c.id > ?
       and (? is null or c.target in (select value from json_each(?))) order by c.id limit ?`,
  );
  const waitingCounters = sqlite.prepare<
    { workspaceId: number; counterId: number; newestArrival: number; unjudged: number; credentialId: number },
    []
  >(
    `select c.workspace_id as workspaceId, c.counter_id as counterId, max(b.created_at) as newestArrival,
       max(c.set_aside = 'checking_goal') as unjudged,
       coalesce(max(case when k.paused_until is null then k.id end), max(k.id)) as credentialId
     from conversions c join batches b on b.id = c.batch_id join sources s on s.id = c.source_id join credentials k on k.id = s.credential_id
     where c.set_aside in ('checking_goal', 'waiting_goal') group by 1, 2`,
  );
  const waitingTargets = sqlite.prepare<{ target: string; wish: number }, [number, number]>(
    `select c.target as target, max(s.options ->> 'createMissingGoals') as wish
     from conversions c join sources s on s.id = c.source_id
     where c.set_aside in ('checking_goal', 'waiting_goal') and c.counter_id = ? and c.workspace_id = ? group by 1`,
  );

  return {
    async readNew(limit) {
      const from = planned.value();
      if ((highestId.get()?.id ?? 0) <= from) return [];
      return newRows.all(from, firstUnsealedRow.get(from)?.id ?? Number.MAX_SAFE_INTEGER, limit).map(toUnassigned);
    },
    async readReturning(limit) {
      return returningRows.all(limit).map(toUnassigned);
    },
    async readWaitingForGoal({ workspaceId, counterId, targets, after, limit }) {
      const list = targets === null ? null : JSON.stringify(targets);
      return waitingRows.all(counterId, workspaceId, after, list, list, limit).map(toUnassigned);
    },
    async countersWaitingForGoal() {
      return waitingCounters.all().map(({ unjudged, ...counter }) => ({ ...counter, unjudged: unjudged === 1 }));
    },
    async targetsWaitingForGoal(workspaceId, counterId) {
      return waitingTargets.all(counterId, workspaceId).map(({ target, wish }) => ({ target, create: Boolean(wish) }));
    },
  };
}
