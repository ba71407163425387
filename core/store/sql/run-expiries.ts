/** Runs are told for so long. The longest that the batches they link to are kept by default, too. */
const KEPT_MS = 90 * 86_400_000;

const past = `ended_at <= cast(?1 as bigint) - ${KEPT_MS}`;

/** What is forgotten of runs, as `expiries` of the maintenance: `?1` is now, `?2` how many rows at most. Their links go first. */
export const runExpiries: readonly string[] = [
  `delete from run_batches where (run_id, batch_id) in (select b.run_id, b.batch_id from run_batches b
     where exists (select 1 from runs r where r.id = b.run_id and r.${past}) limit ?2)`,
  `delete from runs where id in (select id from runs where ${past} limit ?2)`,
];
