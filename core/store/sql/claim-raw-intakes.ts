import type { ClaimedRawIntake, RawIntakeStore } from "../store.ts";
import { RAW_INTAKE, type RawIntakeLine, toRawIntake } from "./raw-intake-columns.ts";
import { lesser, statement, type Work } from "./work.ts";

type ClaimRequest = Parameters<RawIntakeStore["claimDue"]>[0];
type LapsedRequest = Parameters<RawIntakeStore["freeLapsed"]>[0];

interface ClaimedLine extends RawIntakeLine {
  readonly claim: string;
  readonly sealed: string;
}

/** The pause after the second death in a row; doubled each time, up to {@link MOST_DOUBLINGS} times. */
const FIRST_PAUSE_MS = 5000;
const MOST_DOUBLINGS = 8;

const anyWaiting = statement<{ found: number }>(
  "select 1 as found from raw_intakes where state = 'waiting' and claim is null limit 1",
);

// From source to source by the index, so that one with a million waiting costs no more than one with a single intake. The limit ends the
// walk: neither database goes on with a recursion that nobody reads.
const claimFirst = statement<
  ClaimedLine,
  [claim: string, leaseUntil: number, now: number, limit: number, afterSource: number]
>(
  `with recursive those(id) as (
     select min(source_id) from raw_intakes where state = 'waiting' and source_id > ?5
     union all
     select (select min(w.source_id) from raw_intakes w where w.state = 'waiting' and w.source_id > those.id) from those where those.id is not null),
   chosen as (
     select (select d.id from raw_intakes d where d.state = 'waiting' and d.source_id = those.id and d.next_attempt_at <= ?3
             order by d.next_attempt_at, d.id limit 1) as id
     from those
     where those.id is not null
       and exists (select 1 from raw_intakes d where d.state = 'waiting' and d.source_id = those.id and d.next_attempt_at <= ?3)
       and not exists (select 1 from raw_intakes b where b.source_id = those.id and b.claim is not null)
       and not exists (select 1 from source_health h join sources s on s.id = h.source_id
         where h.source_id = those.id and h.resting_until > ?3 and h.failed_at >= s.updated_at)
     limit ?4)
   update raw_intakes set claim = ?1, lease_until = ?2, attempts = attempts + 1, trying_since = coalesce(trying_since, ?3)
   where id in (select id from chosen) and state = 'waiting' and claim is null returning ${RAW_INTAKE}, claim, sealed`,
);

const giveUpLapsed = statement<
  never,
  [leasesBefore: number, now: number, givenUpBefore: number, expiresAt: number, code: string, error: string]
>(
  `update raw_intakes set state = 'failed', claim = null, lease_until = null, next_attempt_at = null, trying_since = null, handled_at = ?2,
     expires_at = ?4, error_code = ?5, error = ?6, failures = failures + 1
   where claim is not null and lease_until <= ?1 and trying_since <= ?3`,
);
const freeOthers = statement<never, [leasesBefore: number, now: number]>(
  `update raw_intakes set claim = null, lease_until = null, failures = failures + 1,
     next_attempt_at = cast(?2 as bigint) + case when failures = 0 then 0 else
       cast(${FIRST_PAUSE_MS} as bigint) << cast(${lesser("failures - 1", String(MOST_DOUBLINGS))} as integer) end
   where claim is not null and lease_until <= ?1`,
);

/** Whether anything waits at all. Nothing does most of the time. */
export function* isAnyWaiting(): Work<boolean> {
  return (yield* anyWaiting.get()) !== null;
}

/** Shares out the sources, see {@link RawIntakeStore.claimDue}. One at a time, since each must see what the others hold. */
export function* claimRawIntakes(request: ClaimRequest): Work<readonly ClaimedRawIntake[]> {
  const { claim, now, leaseMs, limit, afterSource } = request;
  const lines = yield* claimFirst.all(claim, now + leaseMs, now, limit, afterSource);
  const claimed = lines.map(({ claim: own, sealed, ...line }) => ({ ...toRawIntake(line), claim: own, sealed }));
  return claimed.toSorted((a, b) => a.sourceId - b.sourceId);
}

/** See {@link RawIntakeStore.freeLapsed}. */
export function* freeLapsed(request: LapsedRequest): Work<number> {
  const { leasesBefore, now, givenUpBefore, expiresAt, errorCode, error } = request;
  const reason = JSON.stringify(error);
  const givenUp = yield* giveUpLapsed.run(leasesBefore, now, givenUpBefore, expiresAt, errorCode, reason);
  return givenUp + (yield* freeOthers.run(leasesBefore, now));
}
