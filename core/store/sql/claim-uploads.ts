import { uploadStates } from "../port/uploads.ts";
import type { UploadRecord, UploadState, UploadStore } from "../store.ts";
import { dayOf, LOGIN_KEY } from "./quota.ts";
import { uploadRecord } from "./upload-columns.ts";
import { ids, type Statement, statement, type Work } from "./work.ts";

type DueRequest = Parameters<UploadStore["claimDue"]>[0];
type PollRequest = Parameters<UploadStore["claimToPoll"]>[0];
type Claimed = readonly UploadRecord[];

// The statements begin from the states, whose index (`uploads_due`) holds what is open.
const isFree = "(u.claim is null or u.lease_until <= ?3)";

// `crowd`: what each counter has to send, filling files included, since they are about to want a place. What makes an upload
// eligible is said once more where it is written: it may have moved since the places were counted.
const shareOf = (states: string) => `with crowd as materialized (
     select ${LOGIN_KEY} as login_key, u.counter_id, sum(case when u.state <> 'filling' and not ${isFree} then 1 else 0 end) as held
     from uploads u join credentials c on c.id = u.credential_id where u.state in ('filling', 'planned', 'sending') group by 1, 2),
   logins as materialized (select login_key, count(*) as counters, sum(held) as held from crowd group by 1),
   due as (
     select u.id, u.counter_id, u.next_attempt_at, ${LOGIN_KEY} as login_key, coalesce(k.held, 0) as held,
       coalesce(k.held, 0) + row_number() over (partition by ${LOGIN_KEY}, u.counter_id
         order by case when u.deadline is null then 1 else 0 end, u.deadline, u.next_attempt_at, u.id) as place
     from uploads u join credentials c on c.id = u.credential_id
       left join crowd k on k.login_key = ${LOGIN_KEY} and k.counter_id = u.counter_id
     where u.state in ${states} and u.next_attempt_at <= ?3 and ${isFree}
       and (c.paused_until is null or c.paused_until <= ?3)),
   queue as (
     select d.id, d.next_attempt_at, coalesce(l.held, 0) + row_number() over (partition by d.login_key
         order by d.place, coalesce(t.turn, 0), d.next_attempt_at, d.id) as place
     from due d left join logins l on l.login_key = d.login_key
       left join counter_turns t on t.login_key = d.login_key and t.counter_id = d.counter_id
     where d.place <= cast(?5 as bigint) - case when cast(?5 as bigint) > 1 and coalesce(l.counters, 1) > 1 then 1 else 0 end),
   chosen as (select id from queue where place <= cast(?5 as bigint) order by place, next_attempt_at, id limit ?4)
   update uploads set claim = ?1, lease_until = ?2
   where id in (select id from chosen) and state in ${states} and next_attempt_at <= ?3 and (claim is null or lease_until <= ?3)
   returning ${uploadRecord("uploads")}`;
const takeTurns = statement<never, [uploads: string]>(
  `insert into counter_turns (login_key, counter_id, turn)
   select ${LOGIN_KEY}, u.counter_id, (select coalesce(max(turn), 0) + 1 from counter_turns)
   from uploads u join credentials c on c.id = u.credential_id where u.id in ${ids("?1")} group by 1, 2
   on conflict (login_key, counter_id) do update set turn = excluded.turn`,
);
const toPoll = statement<UploadRecord, [claim: string, leaseUntil: number, now: number, limit: number, day: number]>(
  `with due as materialized (
     select u.id, u.counter_id, u.credential_id from uploads u join credentials c on c.id = u.credential_id
     where u.state in ('sent', 'processing', 'uncertain') and u.next_attempt_at <= ?3 and ${isFree}
       and (c.paused_until is null or c.paused_until <= ?3 or (c.paused_reason = 'quota' and not exists (
         select 1 from login_quota q where q.login_key = ${LOGIN_KEY} and q.day = ?5 and q.exhausted_at is not null)))
     order by u.next_attempt_at, u.id limit ?4),
   polled as (select distinct counter_id, credential_id from due)
   update uploads set claim = ?1, lease_until = ?2 where id in (
     select id from due union
     select u.id from uploads u cross join polled p
     where p.counter_id = +u.counter_id and p.credential_id = u.credential_id and u.state in ('sent', 'processing') and ${isFree})
     and state in ('sent', 'processing', 'uncertain') and (claim is null or lease_until <= ?3)
   returning ${uploadRecord("uploads")}`,
);

const inOrder = (claimed: Claimed) => claimed.toSorted((a, b) => a.nextAttemptAt - b.nextAttemptAt || a.id - b.id);

/** The states of what Metrika is asked about. */
export const AT_METRIKA: readonly UploadState[] = ["sent", "processing", "uncertain"];

/** The statements about uploads in certain states. */
interface OfStates {
  readonly due: Statement<{ found: number }, [now: number]>;
  readonly share: Statement<
    UploadRecord,
    [claim: string, leaseUntil: number, now: number, limit: number, perLogin: number]
  >;
}
const byStates = new Map<string, OfStates>();

/** The states stand in the text: of a list that comes as a parameter PostgreSQL does not know that it is short, and reads all uploads. */
function statementsOf(states: readonly UploadState[]): OfStates {
  const list = `(${uploadStates.flatMap((state) => (states.includes(state) ? [`'${state}'`] : [])).join()})`;
  let known = byStates.get(list);
  if (!known) {
    // The least by the index: asked for any that is due, PostgreSQL believes that one is soon found among all uploads there ever were.
    const least = uploadStates
      .filter((state) => states.includes(state))
      .map((state) => `cast(?1 as bigint) >= (select min(next_attempt_at) from uploads where state = '${state}')`);
    const due = `select 1 as found where ${least.join(" or ")}`;
    known = { due: statement(due), share: statement(shareOf(list)) };
    byStates.set(list, known);
  }
  return known;
}

/** Whether anything is due in these states. Nothing is most of the time, and then the places need not be counted. */
export function* isAnythingDue(states: readonly UploadState[], now: number): Work<boolean> {
  return (yield* statementsOf(states).due.get(now)) !== null;
}

/** Shares out the places, see {@link UploadStore.claimDue}. One at a time, since each counts what the others hold. */
export function* claimDue({ claim, now, leaseMs, states, limit, perLogin }: DueRequest): Work<Claimed> {
  const claimed = yield* statementsOf(states).share.all(claim, now + leaseMs, now, limit, perLogin);
  if (claimed.length > 0) yield* takeTurns.send(JSON.stringify(claimed.map(({ id }) => id)));
  return inOrder(claimed);
}

/** See {@link UploadStore.claimToPoll}. One at a time, so that what belongs together is claimed by one. */
export function* claimToPoll({ claim, now, leaseMs, limit }: PollRequest): Work<Claimed> {
  return inOrder(yield* toPoll.all(claim, now + leaseMs, now, limit, dayOf(now)));
}
