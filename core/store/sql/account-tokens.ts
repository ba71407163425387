import type { AccountUse, NewConnection, RefreshedTokens, SealedToken } from "../store.ts";
import { type Param, statement, type Work } from "./work.ts";

const credentialOf = statement<{ id: number }, [account: number]>(
  "select credential_id as id from accounts where id = ?1",
);
const setToken = statement<never, [credential: number, sealed: string, hash: string, login: string, now: number]>(
  `update credentials set sealed_token = ?2, token_hash = ?3, login = ?4, paused_until = null, paused_reason = null, pauses = 0,
     updated_at = ?5 where id = ?1`,
);
const setConnection = statement<never, [account: number, ...facts: Param[]]>(
  `update accounts set login = ?2, origin = ?3, client_id = ?4, device_id = ?5, sealed_refresh_token = ?6, expires_at = ?7,
     refresh_at = ?8, refreshed_at = null, refresh_failures = 0, refresh_error = null, warned_at = null, connected_at = ?9,
     disconnected_at = null, updated_at = ?9 where id = ?1`,
);
const setDisconnected = statement<never, [account: number, now: number]>(
  `update accounts set disconnected_at = ?2, sealed_refresh_token = null, expires_at = null, refresh_at = null, refresh_failures = 0,
     refresh_error = null, updated_at = ?2 where id = ?1 and disconnected_at is null`,
);
const takeToken = statement<never, [credential: number, sealed: string, hash: string, restUntil: number, now: number]>(
  `update credentials set sealed_token = ?2, token_hash = ?3, paused_until = ?4, paused_reason = 'unauthorized',
     updated_at = ?5 where id = ?1`,
);
const setRefreshed = statement<never, [account: number, claimedUntil: number, ...facts: Param[]]>(
  `update accounts set sealed_refresh_token = ?3, expires_at = ?4, refresh_at = ?5, refreshed_at = ?6, refresh_failures = 0,
     refresh_error = null, warned_at = null, updated_at = ?6 where id = ?1 and refresh_at = ?2 and disconnected_at is null`,
);
// A login's used-up quota is not given back by another token.
const freshToken = statement<never, [credential: number, sealed: string, hash: string, now: number]>(
  `update credentials set sealed_token = ?2, token_hash = ?3, updated_at = ?4,
     paused_until = case when paused_reason = 'quota' then paused_until end,
     pauses = case when paused_reason = 'quota' then pauses else 0 end,
     paused_reason = case when paused_reason = 'quota' then paused_reason end
   where id = ?1`,
);
const use = statement<AccountUse, [account: number]>(
  `select (select count(*) from sources s where s.credential_id = a.credential_id and s.deleted_at is null) as sources,
     (select count(*) from counters c where c.account_id = a.id) as counters
   from accounts a where a.id = ?1`,
);

function* credentialIdOf(account: number): Work<number> {
  const found = yield* credentialOf.get(account);
  if (found === null) throw new Error(`There is no account ${account}.`);
  return found.id;
}

/** Gives an account and its credential the tokens of a new consent; all but the rights, which need JSON. */
export function* reconnectAccount(id: number, connection: NewConnection, now: number): Work<void> {
  const { token, login, origin, clientId, deviceId, sealedRefreshToken, expiresAt, refreshAt } = connection;
  yield* setToken.send(yield* credentialIdOf(id), token.sealed, token.hash, login, now);
  yield* setConnection.send(id, login, origin, clientId, deviceId, sealedRefreshToken, expiresAt, refreshAt, now);
}

/** Takes the tokens of an account away; false when that was done already. */
export function* disconnectAccount(id: number, token: SealedToken, restUntil: number, now: number): Work<boolean> {
  if ((yield* setDisconnected.run(id, now)) === 0) return false;
  yield* takeToken.send(yield* credentialIdOf(id), token.sealed, token.hash, restUntil, now);
  return true;
}

/** Keeps a refreshed pair while its claim is held. */
export function* saveRefreshed(
  id: number,
  claimedUntil: number,
  { token, sealedRefreshToken, expiresAt, refreshAt }: RefreshedTokens,
  now: number,
): Work<boolean> {
  const kept = yield* setRefreshed.run(id, claimedUntil, sealedRefreshToken, expiresAt, refreshAt, now);
  if (kept === 0) return false;
  yield* freshToken.send(yield* credentialIdOf(id), token.sealed, token.hash, now);
  return true;
}

/** What depends on an account. */
export function* useOfAccount(id: number): Work<AccountUse> {
  return (yield* use.get(id)) ?? { sources: 0, counters: 0 };
}
