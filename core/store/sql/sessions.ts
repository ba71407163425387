import type { ExchangeOutcome, SessionStore, SessionsToEnd, TokenExchange } from "../store.ts";
import { type Driver, statement, type Work } from "./work.ts";

const addSession = statement<
  { id: number },
  [string, number, number, number, userAgent: string | null, address: string | null]
>(
  `insert into sessions (uuid, user_id, created_at, refreshed_at, expires_at, user_agent, address)
   values (?1, ?2, ?3, ?3, ?4, ?5, ?6) returning id`,
);
const addToken = statement<never, [hash: string, session: number, now: number]>(
  "insert into refresh_tokens (hash, session_id, created_at) values (?1, ?2, ?3)",
);
const seen = statement<never, [user: number, now: number]>("update users set last_seen_at = ?2 where id = ?1");

const useToken = statement<never, [hash: string, now: number]>(
  `update refresh_tokens set used_at = ?2 where hash = ?1 and used_at is null
   and exists (select 1 from sessions s where s.id = session_id and s.ended_at is null and s.expires_at > ?2)`,
);
const addSuccessor = statement<never, [hash: string, successor: string, now: number]>(
  `insert into refresh_tokens (hash, session_id, created_at) select cast(?2 as text), session_id, cast(?3 as bigint)
   from refresh_tokens where hash = ?1`,
);
const prolong = statement<never, [uuid: string, now: number, expiresAt: number]>(
  "update sessions set refreshed_at = ?2, expires_at = ?3 where uuid = ?1 and ended_at is null",
);
const sessionOfToken = statement<
  { uuid: string; user_id: number; used_at: number | null; ended_at: number | null; expires_at: number },
  [hash: string]
>(
  `select s.uuid, s.user_id, t.used_at, s.ended_at, s.expires_at
   from refresh_tokens t join sessions s on s.id = t.session_id where t.hash = ?1`,
);
const tokenUse = statement<{ used_at: number | null }, [hash: string]>(
  "select used_at from refresh_tokens where hash = ?1",
);
const addresses = statement<{ address: string }, [email: string]>(
  `select distinct s.address from sessions s join users u on u.id = s.user_id
   where u.email = ?1 and u.issuer = 'local' and s.address is not null`,
);
const endThese = statement<{ uuid: string }, [user: number, only: string | null, except: string | null, now: number]>(
  `update sessions set ended_at = ?4 where user_id = ?1 and ended_at is null
   and (cast(?2 as text) is null or uuid = ?2) and uuid is distinct from cast(?3 as text) returning uuid`,
);

/** Ends sessions of a person. Returns the public ids of those that ended just now. */
export function* endSessions({ userId, only, except }: SessionsToEnd, now: number): Work<readonly string[]> {
  return (yield* endThese.all(userId, only, except, now)).map(({ uuid }) => uuid);
}

/** Two who come with the same token at once: one of them uses it, the other finds it used. */
function* exchange({ hash, successorHash, now, expiresAt, graceMs }: TokenExchange): Work<ExchangeOutcome> {
  const isFirst = (yield* useToken.run(hash, now)) > 0;
  const of = yield* sessionOfToken.get(hash);
  if (!of) return { outcome: "unknown" };
  const sessionUuid = of.uuid;
  if (isFirst) {
    yield* addSuccessor.send(hash, successorHash, now);
    yield* prolong.send(sessionUuid, now, expiresAt);
    yield* seen.send(of.user_id, now);
    return { outcome: "exchanged", sessionUuid };
  }
  if (of.ended_at !== null || of.expires_at <= now) return { outcome: "ended" };
  if (now - (of.used_at ?? now) <= graceMs) return { outcome: "repeated", sessionUuid };
  yield* endSessions({ userId: of.user_id, only: sessionUuid, except: null }, now);
  return { outcome: "reused", sessionUuid };
}

/** Sessions, but for what drizzle reads. */
export function createSessionSteps(driver: Driver): Omit<SessionStore, "find" | "list"> {
  function* open(
    { uuid, userId, createdAt, expiresAt, userAgent, address }: Parameters<SessionStore["open"]>[0],
    tokenHash: string,
  ): Work<void> {
    const made = yield* addSession.get(uuid, userId, createdAt, expiresAt, userAgent, address);
    if (!made) throw new Error("A session was stored and has no id.");
    yield* addToken.send(tokenHash, made.id, createdAt);
    yield* seen.send(userId, createdAt);
  }
  return {
    async open(session, tokenHash) {
      await driver.beside(() => open(session, tokenHash));
    },
    exchange: (asked) => driver.beside(() => exchange(asked)),
    async isTokenUsed(hash) {
      const found = await driver.ask(tokenUse.get(hash));
      return found && found.used_at !== null;
    },
    async addresses(email) {
      return (await driver.ask(addresses.all(email))).map(({ address }) => address);
    },
    end: (which, now) => driver.ask(endSessions(which, now)),
  };
}
