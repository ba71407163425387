import type { LaneGroup, LoginDemand, LoginRecord, LoginSpending, QuotaStore } from "../store.ts";
import { type Driver, greater, statement, type Work } from "./work.ts";

const DAY_MS = 86_400_000;

/** The day of an instant (Unix ms) as `login_quota` counts it: days since 1970, GMT. */
export const dayOf = (now: number) => Math.floor(now / DAY_MS);

/** Whose quota a credential uses: its login, or its token's hash while the login is unknown; `c` is the credential. */
export const LOGIN_KEY = "coalesce(c.login, c.token_hash)";

const spend = (column: "reads" | "writes") =>
  statement<never, [loginKey: string, day: number, limit: number]>(
    `insert into login_quota (login_key, day, ${column}) select cast(?1 as text), cast(?2 as bigint), 1 where cast(?3 as bigint) > 0
     on conflict (login_key, day) do update set ${column} = login_quota.${column} + 1 where login_quota.${column} < ?3`,
  );
const spends = { read: spend("reads"), write: spend("writes") };
const exhaust = statement<never, [loginKey: string, day: number, now: number]>(
  `insert into login_quota (login_key, day, exhausted_at) values (?1, ?2, ?3)
   on conflict (login_key, day) do update set exhausted_at = coalesce(login_quota.exhausted_at, excluded.exhausted_at)`,
);
const spent = statement<LoginSpending, [loginKey: string, day: number]>(
  `select reads, writes, exhausted_at as "exhaustedAt" from login_quota where login_key = ?1 and day = ?2`,
);
const OF_LOGIN = `login_credentials as materialized (select c.id from credentials c where ${LOGIN_KEY} = ?1),
  login_counters as materialized (
    select s.counter_id as id from sources s where s.credential_id in (select id from login_credentials)
    union
    select o.counter_id from sources s join source_counters o on o.source_id = s.id where s.credential_id in (select id from login_credentials))`;
// Ids grow with time, so the first id of the window makes `uploads_of_counter` an index by counter and time. The cross
// joins keep SQLite from beginning elsewhere.
const groups = statement<LaneGroup, [loginKey: string, since: number]>(
  `with ${OF_LOGIN}
   select u.counter_id as "counterId", u.credential_id as "credentialId", u.currency, g.target, g.identifier,
     count(distinct u.id) as files, avg(${greater("0", "(coalesce(u.sealed_at, u.ripe_at) - u.created_at)")}) as "lingerMs",
     min(u.created_at) as "firstAt"
   from login_counters k cross join uploads u cross join upload_groups g
   where u.counter_id = k.id and u.id >= (select id from uploads where created_at >= ?2 order by created_at, id limit 1)
     and g.upload_id = u.id and u.created_at >= ?2 and u.replay_of is null and u.credential_id in (select id from login_credentials)
   group by 1, 2, 3, 4, 5`,
);
const planned = statement<{ n: number }, [loginKey: string]>(
  `with ${OF_LOGIN} select count(*) as n from uploads where state = 'planned' and credential_id in (select id from login_credentials)`,
);
const open = statement<{ n: number }, [loginKey: string]>(
  `with ${OF_LOGIN} select count(*) as n from uploads
   where state in ('sent', 'processing', 'uncertain') and credential_id in (select id from login_credentials) group by +counter_id, credential_id`,
);
const waiting = statement<{ n: number }, [loginKey: string]>(
  `with ${OF_LOGIN} select count(*) as n from login_counters k where exists (
     select 1 from conversions c where c.set_aside in ('checking_goal', 'waiting_goal') and c.counter_id = k.id)`,
);
const logins = statement<
  LoginRecord & { readonly first: number },
  [workspace: number, after: number, limit: number, now: number]
>(
  `select ${LOGIN_KEY} as "loginKey", max(c.login) as login, count(*) as credentials,
     count(case when c.paused_until > ?4 then 1 end) as paused, min(c.id) as first
   from credentials c where c.workspace_id = ?1
     and c.id in (select s.credential_id from sources s where s.workspace_id = ?1 and s.deleted_at is null)
   group by 1 having min(c.id) > ?2 order by first limit ?3`,
);

function* demandOf(loginKey: string, since: number): Work<LoginDemand> {
  return {
    groups: yield* groups.all(loginKey, since),
    plannedFiles: (yield* planned.get(loginKey))?.n ?? 0,
    openFiles: (yield* open.all(loginKey)).map(({ n }) => n),
    countersWaiting: (yield* waiting.get(loginKey))?.n ?? 0,
  };
}

/** The day's quota of logins. */
export function createQuotaStore(driver: Driver): QuotaStore {
  return {
    async spend({ loginKey, kind, limit, now }) {
      return (await driver.ask(spends[kind].run(loginKey, dayOf(now), limit))) > 0;
    },
    async exhaust(loginKey, now) {
      await driver.ask(exhaust.run(loginKey, dayOf(now), now));
    },
    async spent(loginKey, now) {
      return (await driver.ask(spent.get(loginKey, dayOf(now)))) ?? { reads: 0, writes: 0, exhaustedAt: null };
    },
    demand: (loginKey, since) => driver.ask(demandOf(loginKey, since)),
    async logins({ workspaceId, after, limit, now }) {
      const found = await driver.ask(logins.all(workspaceId, after ?? 0, limit + 1, now));
      const rows = found.slice(0, limit);
      return {
        rows: rows.map(({ first: _, ...login }) => login),
        after: found.length > limit ? (rows.at(-1)?.first ?? null) : null,
      };
    },
  };
}
