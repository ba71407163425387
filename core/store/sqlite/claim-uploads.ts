import type { Database } from "bun:sqlite";
import type { UploadStore } from "../store.ts";
import { dayOf, LOGIN_KEY } from "./quota.ts";

type Ids = readonly number[];

/** How uploads are claimed; each returns the ids, in no order. */
export interface UploadClaims {
  claimDue(request: Parameters<UploadStore["claimDue"]>[0]): Ids;
  claimToPoll(request: Parameters<UploadStore["claimToPoll"]>[0]): Ids;
}

/** The statements that share out the places. They begin from the states, whose index (`uploads_due`) holds what is open. */
export function prepareClaims(sqlite: Database): UploadClaims {
  // Whose turn it was last. Forgotten with the process, which costs a counter one turn.
  sqlite.exec(
    "create temp table if not exists counter_turns (login_key text not null, counter_id integer not null, turn integer not null, primary key (login_key, counter_id)) without rowid",
  );
  const isFree = "(u.claim is null or u.lease_until <= ?3)";
  const anyDue = sqlite.prepare<{ found: number }, [string, number]>(
    `select 1 as found from uploads where state in (select value from json_each(?)) and next_attempt_at <= ? limit 1`,
  );
  // `crowd`: what each counter has to send, filling files included, since they are about to want a place.
  const claimDue = sqlite.prepare<{ id: number }, [string, number, number, string, number, number]>(
    `with crowd as materialized (
       select ${LOGIN_KEY} as login_key, u.counter_id, sum(u.state <> 'filling' and not ${isFree}) as held
       from uploads u join credentials c on c.id = u.credential_id where u.state in ('filling', 'planned', 'sending') group by 1, 2),
     logins as materialized (select login_key, count(*) as counters, sum(held) as held from crowd group by 1),
     due as (
       select u.id, u.counter_id, u.next_attempt_at, ${LOGIN_KEY} as login_key, coalesce(k.held, 0) as held,
         coalesce(k.held, 0) + row_number() over (partition by ${LOGIN_KEY}, u.counter_id
           order by u.deadline is null, u.deadline, u.next_attempt_at, u.id) as place
       from uploads u join credentials c on c.id = u.credential_id
         left join crowd k on k.login_key = ${LOGIN_KEY} and k.counter_id = u.counter_id
       where u.state in (select value from json_each(?4)) and u.next_attempt_at <= ?3 and ${isFree}
         and (c.paused_until is null or c.paused_until <= ?3)),
     queue as (
       select d.id, d.next_attempt_at, coalesce(l.held, 0) + row_number() over (partition by d.login_key
           order by d.place, coalesce(t.turn, 0), d.next_attempt_at, d.id) as place
       from due d left join logins l on l.login_key = d.login_key
         left join temp.counter_turns t on t.login_key = d.login_key and t.counter_id = d.counter_id
       where d.place <= max(1, ?6 - (coalesce(l.counters, 1) > 1))),
     chosen as (select id from queue where place <= ?6 order by place, next_attempt_at, id limit ?5)
     update uploads set claim = ?1, lease_until = ?2 where id in (select id from chosen) returning id`,
  );
  const takeTurns = sqlite.prepare(
    `insert into temp.counter_turns (login_key, counter_id, turn)
     select ${LOGIN_KEY}, u.counter_id, (select coalesce(max(turn), 0) + 1 from temp.counter_turns)
     from uploads u join credentials c on c.id = u.credential_id where u.id in (select value from json_each(?)) group by 1, 2
     on conflict (login_key, counter_id) do update set turn = excluded.turn`,
  );
  const claimToPoll = sqlite.prepare<{ id: number }, [string, number, number, number, number]>(
    `with due as materialized (
       select u.id, u.counter_id, u.credential_id from uploads u join credentials c on c.id = u.credential_id
       where u.state in ('sent', 'processing', 'uncertain') and u.next_attempt_at <= ?3 and ${isFree}
         and (c.paused_until is null or c.paused_until <= ?3 or (c.paused_reason = 'quota' and not exists (
           select 1 from login_quota q where q.login_key = ${LOGIN_KEY} and q.day = ?5 and q.exhausted_at is not null)))
       order by u.next_attempt_at, u.id limit ?4),
     polled as (select distinct counter_id, credential_id from due)
     update uploads set claim = ?1, lease_until = ?2 where id in (
       select id from due union
       select u.id from uploads u cross join polled p on p.counter_id = +u.counter_id and p.credential_id = u.credential_id
       where u.state in ('sent', 'processing') and ${isFree})
     returning id`,
  );

  const claim = sqlite.transaction((request: Parameters<UploadStore["claimDue"]>[0]): Ids => {
    const { claim: name, now, leaseMs, states, limit, perLogin } = request;
    const ids = claimDue.all(name, now + leaseMs, now, JSON.stringify(states), limit, perLogin).map(({ id }) => id);
    if (ids.length > 0) takeTurns.run(JSON.stringify(ids));
    return ids;
  });

  return {
    claimDue(request) {
      // Nothing is due most of the time, and then the places need not be counted.
      if (!anyDue.get(JSON.stringify(request.states), request.now)) return [];
      return claim.immediate(request);
    },
    claimToPoll({ claim: name, now, leaseMs, limit }) {
      return claimToPoll.all(name, now + leaseMs, now, limit, dayOf(now)).map(({ id }) => id);
    },
  };
}
