import { ProblemError } from "../../core/plugin/problem.ts";
import type { ApiKeyRecord, ApiKeyScope, ApiKeyStore } from "../../core/store/store.ts";
import { apiKeyPrefix, hashSecret, secretMatches } from "../../core/vault/secrets.ts";

/** Who calls a management route. */
export interface Principal {
  readonly workspaceId: number;
}

/**
 * Finds out who calls.
 * @throws {ProblemError} `unauthorized`, `api_key_invalid`, `forbidden_scope`
 */
export type Authenticate = (authorization: string | undefined, scope: ApiKeyScope) => Promise<Principal>;

/** How long a key may stay in memory: a revoked one is refused everywhere within this time. */
const CACHE_MS = 5000;
const USE_NOTED_EVERY_MS = 60_000;
const MOST_CACHED = 1000;

/**
 * Checks API keys (`Authorization: Bearer mgw_…`), kept hashed.
 * @param operatorToken a secret of this run, known to whoever can read the data folder; it may do everything
 */
export function createAuthenticate(
  keys: ApiKeyStore,
  workspaceId: number,
  operatorToken: string,
  now: () => number,
): { authenticate: Authenticate; isOperator: (authorization: string | undefined) => boolean; forget(): void } {
  const cache = new Map<string, { readonly key: ApiKeyRecord | null; readonly until: number }>();
  const operatorHash = [hashSecret(operatorToken)];
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
    isOperator(authorization) {
      return secretMatches(bearerOf(authorization) ?? "", operatorHash);
    },
    async authenticate(authorization, scope) {
      const presented = bearerOf(authorization);
      if (presented === undefined) throw new ProblemError("unauthorized");
      if (secretMatches(presented, operatorHash)) return { workspaceId };
      const prefix = apiKeyPrefix(presented);
      const key = prefix === null ? null : await findKey(prefix);
      const known = secretMatches(presented, key === null ? [] : [Buffer.from(key.hash, "hex")]);
      const inForce = key !== null && key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now());
      if (!known || !inForce) throw new ProblemError("api_key_invalid");
      if (!key.scopes.includes(scope)) throw new ProblemError("forbidden_scope", { scope });
      await noteUse(key);
      return { workspaceId: key.workspaceId };
    },
  };
}

const bearerOf = (authorization: string | undefined) => /^Bearer\s+(\S+)$/i.exec(authorization ?? "")?.[1];
