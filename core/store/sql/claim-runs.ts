import type { ClaimedRun, RunStore } from "../store.ts";
import { RUN, type RunLine, toRun } from "./run-columns.ts";
import { statement, type Work } from "./work.ts";

type ClaimRequest = Parameters<RunStore["claimDue"]>[0];
type LapsedRequest = Parameters<RunStore["freeLapsed"]>[0];

interface ClaimedLine extends RunLine {
  readonly claim: string;
}

/** The pause after the first death; doubled each time, up to {@link MOST_DOUBLINGS} times. */
const FIRST_PAUSE_MS = 5000;
const MOST_DOUBLINGS = 8;

const anyDue = statement<{ found: number }, [now: number]>(
  "select 1 as found from runs where state = 'waiting' and next_attempt_at <= ?1 limit 1",
);

// Of a source the first alone: the others of it would be begun beside it.
const claimFirst = statement<ClaimedLine, [claim: string, leaseUntil: number, now: number, limit: number]>(
  `with chosen as (
     select d.id from runs d
     where d.state = 'waiting' and d.next_attempt_at <= ?3
       and not exists (select 1 from runs r where r.source_id = d.source_id and r.state = 'running')
       and not exists (select 1 from runs w where w.source_id = d.source_id and w.state = 'waiting' and w.next_attempt_at <= ?3 and w.id < d.id)
       and (d.kind in ('manual', 'dry_run', 'import') or not exists (
         select 1 from source_health h join sources s on s.id = h.source_id
         where h.source_id = d.source_id and h.resting_until > ?3 and h.failed_at >= s.updated_at))
     order by d.next_attempt_at, d.id limit ?4)
   update runs set state = 'running', claim = ?1, lease_until = ?2, attempts = attempts + 1, next_attempt_at = null,
     started_at = coalesce(started_at, ?3)
   where id in (select id from chosen) and state = 'waiting' returning ${RUN}, claim`,
);

const giveUpLapsed = statement<never, [leasesBefore: number, now: number, most: number, code: string, error: string]>(
  `update runs set state = 'failed', claim = null, lease_until = null, ended_at = ?2, error_code = ?4, error = ?5
   where state = 'running' and lease_until <= ?1 and attempts >= ?3`,
);
const freeOthers = statement<never, [leasesBefore: number, now: number]>(
  `update runs set state = 'waiting', claim = null, lease_until = null,
     next_attempt_at = cast(?2 as bigint) + (cast(${FIRST_PAUSE_MS} as bigint) <<
       cast(case when attempts > ${MOST_DOUBLINGS} then ${MOST_DOUBLINGS} else attempts - 1 end as integer))
   where state = 'running' and lease_until <= ?1`,
);

/** Whether anything is due at all. Nothing is most of the time. */
export function* isAnyDue(now: number): Work<boolean> {
  return (yield* anyDue.get(now)) !== null;
}

/** See {@link RunStore.claimDue}. One at a time, since each must see what the others hold. */
export function* claimRuns({ claim, now, leaseMs, limit }: ClaimRequest): Work<readonly ClaimedRun[]> {
  const lines = yield* claimFirst.all(claim, now + leaseMs, now, limit);
  return lines.map(({ claim: own, ...line }) => ({ ...toRun(line), claim: own }));
}

/** See {@link RunStore.freeLapsed}. */
export function* freeLapsedRuns(request: LapsedRequest): Work<number> {
  const { leasesBefore, now, mostAttempts, errorCode, error } = request;
  const givenUp = yield* giveUpLapsed.run(leasesBefore, now, mostAttempts, errorCode, JSON.stringify(error));
  return givenUp + (yield* freeOthers.run(leasesBefore, now));
}
