import { ProblemError } from "../../core/plugin/problem.ts";
import type { ApiKeyRecord, ApiKeyStore } from "../../core/store/store.ts";
import { apiKeyPrefix, secretMatches } from "../../core/vault/secrets.ts";

/** The keys of programs. */
export interface ApiKeys {
  /**
   * Whose key it is.
   * @throws {ProblemError} `api_key_invalid`
   */
  verify(presented: string): Promise<ApiKeyRecord>;
  /** A key was made or revoked: those in memory are read again. */
  forget(): void;
}

/** How long a key may stay in memory: a revoked one is refused everywhere within this time. */
const CACHE_MS = 5000;
const USE_NOTED_EVERY_MS = 60_000;
const MOST_CACHED = 1000;

/** Checks API keys (`Authorization: Bearer mgw_…`), kept hashed. */
export function createApiKeys(keys: ApiKeyStore, now: () => number): ApiKeys {
  const cache = new Map<string, { readonly key: ApiKeyRecord | null; readonly until: number }>();
  const noted = new Map<number, number>();

  async function findKey(prefix: string): Promise<ApiKeyRecord | null> {
    const entry = cache.get(prefix);
    if (entry && entry.until > now()) return entry.key;
    const key = await keys.findByPrefix(prefix);
    if (cache.size >= MOST_CACHED) cache.clear();
    cache.set(prefix, { key, until: now() + CACHE_MS });
    return key;
  }

  async function noteUse(key: ApiKeyRecord): Promise<void> {
    const last = noted.get(key.id) ?? 0;
    if (now() - last < USE_NOTED_EVERY_MS) return;
    noted.set(key.id, now());
    await keys.recordUse(key.id, now());
  }

  return {
    forget: () => cache.clear(),
    async verify(presented) {
      const prefix = apiKeyPrefix(presented);
      const key = prefix === null ? null : await findKey(prefix);
      const known = secretMatches(presented, key === null ? [] : [Buffer.from(key.hash, "hex")]);
      const inForce = key !== null && key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now());
      if (!known || !inForce) throw new ProblemError("api_key_invalid");
      await noteUse(key);
      return key;
    },
  };
}
