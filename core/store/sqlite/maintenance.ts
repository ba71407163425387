import { createHousekeeping, forgetFacts, type SettledFact } from "../sql/maintenance.ts";
import { statement, type Work } from "../sql/work.ts";
import type { MaintenanceStore } from "../store.ts";
import { lastBatchBefore } from "./batch-ends.ts";
import type { SqliteDriver } from "./driver.ts";

const firstFactAfter = statement<{ id: number }, [number]>(
  "select first_conversion_id as id from batches where id > ?1 and first_conversion_id is not null order by id limit 1",
);

/**
 * Facts that arrived before an instant have ids below this one; so may a few that are younger, and a batch that was written in
 * slices may end behind it, which its facts then outlive by moments.
 */
function* endOfFactsBefore(instant: number): Work<number> {
  return (yield* firstFactAfter.get(yield* lastBatchBefore(instant)))?.id ?? Number.MAX_SAFE_INTEGER;
}

// The highest id stays: SQLite would give it out again, behind the planner's watermark.
const settledFacts = statement<SettledFact, [before: number, end: number, limit: number]>(
  `select c.id, c.date_time, case u.state when 'completed' then u.id end as upload_id
   from conversions c join batches b on b.id = c.batch_id left join uploads u on u.id = c.upload_id
   where b.created_at < ?1 and (u.state in ('completed', 'failed') or c.set_aside in ('goal_not_found', 'cancelled'))
     and c.id < ?2 and c.id < (select max(id) from conversions)
   order by c.id limit ?3`,
);

function* purgeSettled(before: number, limit: number): Work<number> {
  const facts = yield* settledFacts.all(before, yield* endOfFactsBefore(before), limit);
  yield* forgetFacts(facts);
  return facts.length;
}

/** House-keeping: what a crash left half-written, what has expired, what is settled and old. */
export function createMaintenance(driver: SqliteDriver): MaintenanceStore {
  return {
    ...createHousekeeping(driver),
    purgeSettled: (before, limit) => driver.alone(() => purgeSettled(before, limit)),
    // One table holds all weeks.
    turnWeeks: async () => 0,
  };
}
