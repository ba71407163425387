const DAY_MS = 86_400_000;

/** An instant so many days before now. */
const daysAgo = (days: number) => `cast(?1 as bigint) - ${days * DAY_MS}`;

/**
 * What is forgotten of signing in, as `expiries` of the maintenance: `?1` is now, `?2` how many rows at most. A session is kept for a
 * week after its end, so that whoever comes with its token is told so; a used refresh token as long as a session lives unused, so
 * that it is recognised; a retired key far longer than the tokens live that it signed; tries longer than any window they count in.
 */
export const identityExpiries: readonly string[] = [
  `delete from refresh_tokens where hash in (select hash from refresh_tokens where used_at <= ${daysAgo(30)} limit ?2)`,
  `delete from sessions where id in (select id from sessions
     where expires_at <= ${daysAgo(7)} or ended_at <= ${daysAgo(7)} limit ?2)`,
  `delete from one_time_codes where id in (select id from one_time_codes
     where kind = 'recovery' and (expires_at <= cast(?1 as bigint) or used_at <= cast(?1 as bigint)) limit ?2)`,
  `delete from throttles where key in (select key from throttles
     where window_started_at <= ${daysAgo(2)} and coalesce(blocked_until, 0) <= cast(?1 as bigint) limit ?2)`,
  `delete from signing_keys where kid in (select kid from signing_keys where retired_at <= ${daysAgo(1)} limit ?2)`,
];
