import type { Database } from "bun:sqlite";
import type { LaneGroup, LoginRecord, LoginSpending, QuotaStore } from "../store.ts";

const DAY_MS = 86_400_000;

/** The day of an instant (Unix ms) as `login_quota` counts it: days since 1970, GMT. */
export const dayOf = (now: number) => Math.floor(now / DAY_MS);

/** Whose quota a credential uses: its login, or its token's hash while the login is unknown; `c` is the credential. */
export const LOGIN_KEY = "coalesce(c.login, c.token_hash)";

/** The day's quota of logins. */
export function prepareQuota(sqlite: Database): QuotaStore {
  const spend = (column: "reads" | "writes") =>
    sqlite.prepare(
      `insert into login_quota (login_key, day, ${column}) select ?1, ?2, 1 where ?3 > 0
       on conflict (login_key, day) do update set ${column} = ${column} + 1 where ${column} < ?3`,
    );
  const spends = { read: spend("reads"), write: spend("writes") };
  const exhaust = sqlite.prepare(
    `insert into login_quota (login_key, day, exhausted_at) values (?1, ?2, ?3)
     on conflict (login_key, day) do update set exhausted_at = coalesce(exhausted_at, excluded.exhausted_at)`,
  );
  const spent = sqlite.prepare<LoginSpending, [string, number]>(
    "select reads, writes, exhausted_at as exhaustedAt from login_quota where login_key = ? and day = ?",
  );
  const members = `members as materialized (select c.id from credentials c where ${LOGIN_KEY} = ?1),
    counters as materialized (select distinct s.counter_id as id from sources s where s.credential_id in (select id from members))`;
  // Ids grow with time, so the first id of the window makes `uploads_of_counter` an index by counter and time. The cross
  // joins keep SQLite from beginning elsewhere.
  const groups = sqlite.prepare<LaneGroup, [string, number]>(
    `with ${members}
     select u.counter_id as counterId, u.credential_id as credentialId, u.currency, g.target, g.identifier,
       count(distinct u.id) as files, avg(max(0, coalesce(u.sealed_at, u.ripe_at) - u.created_at)) as lingerMs, min(u.created_at) as firstAt
     from counters k cross join uploads u on u.counter_id = k.id
       and u.id >= (select id from uploads where created_at >= ?2 order by created_at, id limit 1)
     cross join upload_groups g on g.upload_id = u.id
     where u.created_at >= ?2 and u.replay_of is null and u.credential_id in (select id from members)
     group by 1, 2, 3, 4, 5`,
  );
  const planned = sqlite.prepare<{ n: number }, [string]>(
    `with ${members} select count(*) as n from uploads where state = 'planned' and credential_id in (select id from members)`,
  );
  const open = sqlite.prepare<{ n: number }, [string]>(
    `with ${members} select count(*) as n from uploads
     where state in ('sent', 'processing', 'uncertain') and credential_id in (select id from members) group by +counter_id, credential_id`,
  );
  const waiting = sqlite.prepare<{ n: number }, [string]>(
    `with ${members} select count(*) as n from counters k where exists (
       select 1 from conversions c where c.set_aside in ('checking_goal', 'waiting_goal') and c.counter_id = k.id)`,
  );
  const logins = sqlite.prepare<LoginRecord & { readonly first: number }, [number, number, number, number]>(
    `select ${LOGIN_KEY} as loginKey, max(c.login) as login, count(*) as credentials,
       count(case when c.paused_until > ?4 then 1 end) as paused, min(c.id) as first
     from credentials c where c.workspace_id = ?1
       and c.id in (select s.credential_id from sources s where s.workspace_id = ?1 and s.deleted_at is null)
     group by 1 having min(c.id) > ?2 order by first limit ?3`,
  );

  return {
    async spend({ loginKey, kind, limit, now }) {
      return spends[kind].run(loginKey, dayOf(now), limit).changes > 0;
    },
    async exhaust(loginKey, now) {
      exhaust.run(loginKey, dayOf(now), now);
    },
    async spent(loginKey, now) {
      return spent.get(loginKey, dayOf(now)) ?? { reads: 0, writes: 0, exhaustedAt: null };
    },
    async demand(loginKey, since) {
      return {
        groups: groups.all(loginKey, since),
        plannedFiles: planned.get(loginKey)?.n ?? 0,
        openFiles: open.all(loginKey).map(({ n }) => n),
        countersWaiting: waiting.get(loginKey)?.n ?? 0,
      };
    },
    async logins({ workspaceId, after, limit, now }) {
      const found = logins.all(workspaceId, after ?? 0, limit + 1, now);
      const rows = found.slice(0, limit);
      return {
        rows: rows.map(({ first: _, ...login }) => login),
        after: found.length > limit ? (rows.at(-1)?.first ?? null) : null,
      };
    },
  };
}
