import type { PlanningStore } from "../store.ts";
import { toUnassigned, UNASSIGNED, type UnassignedColumns } from "./unassigned-rows.ts";
import { type Driver, statement, texts } from "./work.ts";

const waitingRows = statement<
  UnassignedColumns,
  [counter: number, workspace: number, after: number, targets: string | null, limit: number]
>(
  `${UNASSIGNED} where b.sealed = 1 and c.set_aside in ('checking_goal', 'waiting_goal') and c.counter_id = ?1 and c.workspace_id = ?2 and c.id > ?3
     and (cast(?4 as text) is null or c.target in ${texts("?4")}) order by c.id limit ?5`,
);
const waitingCounters = statement<{
  readonly workspace_id: number;
  readonly counter_id: number;
  readonly newest_arrival: number;
  readonly unjudged: number;
  readonly credential_id: number;
}>(
  `select c.workspace_id, c.counter_id, max(b.created_at) as newest_arrival,
     max(case when c.set_aside = 'checking_goal' then 1 else 0 end) as unjudged,
     coalesce(max(case when k.paused_until is null then k.id end), max(k.id)) as credential_id
   from conversions c join batches b on b.id = c.batch_id join sources s on s.id = c.source_id join credentials k on k.id = s.credential_id
   where c.set_aside in ('checking_goal', 'waiting_goal') group by c.workspace_id, c.counter_id`,
);
// A JSON truth as text is 1 on SQLite, true on PostgreSQL.
const waitingTargets = statement<{ target: string; wish: number }, [counter: number, workspace: number]>(
  `select c.target, max(case when cast(s.options ->> 'createMissingGoals' as text) in ('1', 'true') then 1 else 0 end) as wish
   from conversions c join sources s on s.id = c.source_id
   where c.set_aside in ('checking_goal', 'waiting_goal') and c.counter_id = ?1 and c.workspace_id = ?2 group by c.target`,
);

/** Reads the rows that wait for a goal. */
export function createWaitingRows(
  driver: Driver,
): Pick<PlanningStore, "readWaitingForGoal" | "countersWaitingForGoal" | "targetsWaitingForGoal"> {
  return {
    async readWaitingForGoal({ workspaceId, counterId, targets, after, limit }) {
      const list = targets === null ? null : JSON.stringify(targets);
      return (await driver.ask(waitingRows.all(counterId, workspaceId, after, list, limit))).map(toUnassigned);
    },
    async countersWaitingForGoal() {
      return (await driver.ask(waitingCounters.all())).map((row) => ({
        workspaceId: row.workspace_id,
        counterId: row.counter_id,
        newestArrival: row.newest_arrival,
        unjudged: row.unjudged === 1,
        credentialId: row.credential_id,
      }));
    },
    async targetsWaitingForGoal(workspaceId, counterId) {
      const found = await driver.ask(waitingTargets.all(counterId, workspaceId));
      return found.map(({ target, wish }) => ({ target, create: wish === 1 }));
    },
  };
}
