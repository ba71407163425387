import type { OwnedSession, SessionStore } from "../store/store.ts";

/** A session that ended is known everywhere within this time. */
const CACHE_MS = 5000;
const MOST_CACHED = 10_000;

/** Which sessions live, as this gateway knows it. */
export interface LiveSessions {
  /** Null for one that ended, expired or never was. */
  find(uuid: string): Promise<OwnedSession | null>;
  /** A session was changed or ended, here or by another gateway. */
  forget(uuid: string): void;
}

/** Sessions read from the database and believed for five seconds. */
export function createLiveSessions(store: Pick<SessionStore, "find">, now: () => number): LiveSessions {
  const cache = new Map<string, { readonly owned: OwnedSession | null; readonly until: number }>();
  let forgotten = 0;

  const living = (owned: OwnedSession | null) =>
    owned !== null && owned.session.endedAt === null && owned.session.expiresAt > now() ? owned : null;

  return {
    async find(uuid) {
      const entry = cache.get(uuid);
      if (entry && entry.until > now()) return living(entry.owned);
      const [before, until] = [forgotten, now() + CACHE_MS];
      const owned = await store.find(uuid);
      if (cache.size >= MOST_CACHED) cache.clear();
      // What was read while something was forgotten may be from before.
      if (before === forgotten) cache.set(uuid, { owned, until });
      return living(owned);
    },
    forget(uuid) {
      forgotten++;
      cache.delete(uuid);
    },
  };
}
