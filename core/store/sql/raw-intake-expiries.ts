import { NOT_RELEASED } from "../port/raw-intakes.ts";

const DAY_MS = 86_400_000;

/** How long after its content one can still be read about. */
const GONE_AFTER_DAYS = 90;
const GONE = `r.sealed is null and r.expires_at <= cast(?1 as bigint) - ${GONE_AFTER_DAYS * DAY_MS}`;

/**
 * What is forgotten of raw intakes, as `expiries` of the maintenance: `?1` is now, `?2` how many rows at most. First their content, later
 * all that is told of them. What was kept and never released is lost with its content, and says so.
 */
export const rawIntakeExpiries: readonly string[] = [
  `update raw_intakes set sealed = null, error_code = case when state = 'kept' then 'not_released' else error_code end,
     error = case when state = 'kept' then '${JSON.stringify(NOT_RELEASED)}' else error end, state = case when state = 'kept' then 'failed' else state end
   where id in (select id from raw_intakes where expires_at <= cast(?1 as bigint) and sealed is not null order by expires_at limit ?2)`,
  `delete from raw_intake_batches where raw_intake_id in (select r.id from raw_intakes r join raw_intake_batches b on b.raw_intake_id = r.id
     where ${GONE} limit ?2)`,
  `delete from raw_intakes where id in (select r.id from raw_intakes r where ${GONE}
     and not exists (select 1 from raw_intake_batches b where b.raw_intake_id = r.id) limit ?2)`,
];
