import { isDeepStrictEqual } from "node:util";
import { getLogger } from "@logtape/logtape";
import * as v from "valibot";
import { retryLater } from "../../core/plugin/problem.ts";
import type { PublicKeyAlgorithm } from "./access-token.ts";

/** A public key that an issuer signs tokens with. */
export interface PublishedKey {
  readonly algorithm: PublicKeyAlgorithm;
  readonly jwk: v.InferOutput<typeof SigningKey>;
}

/** The keys an issuer publishes, by their ids. */
export type KeySet = ReadonlyMap<string, PublishedKey>;

/** The issuer's keys, kept and kept up to date. */
export interface PublishedKeys {
  /**
   * The key of this id; null when the issuer publishes none such.
   * @throws {ProblemError} `identity_unavailable` when it cannot be known
   */
  find(keyId: string): Promise<PublishedKey | null>;
  /** Rises whenever a key is withdrawn or changed: what was verified before may no longer be trusted. */
  readonly revision: number;
}

const MINUTE = 60_000;
/** As often as Supabase's edge renews its copy: https://supabase.com/docs/guides/auth/signing-keys */
const REFRESH_MS = 10 * MINUTE;
/** After so long a silence the first request waits for the refresh: nobody else has found withdrawn keys meanwhile. */
const AWAIT_REFRESH_MS = 20 * MINUTE;
/** Forged key ids make us ask no more often than this. */
const ASK_EVERY_MS = 10_000;
/** How long keys go on being trusted while the issuer does not answer. */
const TRUSTED_MS = 24 * 60 * MINUTE;

const signing = { kid: v.string(), use: v.optional(v.literal("sig")) };
const ecdsa = { kty: v.literal("EC"), crv: v.literal("P-256"), alg: v.optional(v.literal("ES256")) };
const rsa = { kty: v.literal("RSA"), alg: v.optional(v.literal("RS256")) };
// Without further members: a private part or a list of operations must not reach the verifier.
const SigningKey = v.variant("kty", [
  v.object({ ...signing, ...ecdsa, x: v.string(), y: v.string() }),
  v.object({ ...signing, ...rsa, n: v.string(), e: v.string() }),
]);
const Published = v.object({ keys: v.array(v.unknown()) });

/** Reads a JSON Web Key Set (https://www.rfc-editor.org/rfc/rfc7517); keys that can sign no token are left out. */
export function readKeySet(answer: unknown): KeySet {
  const set = new Map<string, PublishedKey>();
  for (const key of v.parse(Published, answer).keys) {
    const read = v.safeParse(SigningKey, key);
    if (!read.success) continue;
    set.set(read.output.kid, { algorithm: read.output.kty === "EC" ? "ES256" : "RS256", jwk: read.output });
  }
  return set;
}

/**
 * Keeps an issuer's keys. They are asked for anew by the requests that need them, never by a timer: every 10 minutes
 * in the background, and for an unknown key id at once, but at most every 10 seconds and by one request at a time.
 * While the issuer does not answer, keys already known are trusted for 24 hours.
 *
 * Supabase's edge keeps the key set for 10 minutes, so a key that signs within 10 minutes of being made is unknown
 * here for the rest of them.
 */
export function createPublishedKeys(fetchKeySet: () => Promise<KeySet>, now: () => number): PublishedKeys {
  const log = getLogger(["metrika-gateway", "auth"]);
  let kept: { readonly keys: KeySet; readonly since: number } | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | null = null;
  let failure: unknown = null;
  let revision = 0;

  /** A clock that was set back must not keep withdrawn keys alive until it has caught up. */
  function elapsedSince(instant: number): number {
    const elapsed = now() - instant;
    return elapsed < 0 ? Number.POSITIVE_INFINITY : elapsed;
  }

  async function ask(): Promise<void> {
    askedAt = now();
    try {
      const keys = await fetchKeySet();
      const isKept = ([keyId, key]: [string, PublishedKey]) => isDeepStrictEqual(keys.get(keyId), key);
      if (kept !== null && ![...kept.keys].every(isKept)) revision += 1;
      kept = { keys, since: askedAt };
      failure = null;
    } catch (error) {
      failure = error;
      const detail = error instanceof Error ? error.message : String(error);
      log.warn("The identity service's signing keys could not be read; known ones are trusted for 24 hours: {detail}", {
        detail,
      });
    }
  }

  async function refresh(): Promise<void> {
    if (asking === null && elapsedSince(askedAt) < ASK_EVERY_MS) return;
    asking ??= ask().finally(() => {
      asking = null;
    });
    await asking;
  }

  function trustedKey(keyId: string): PublishedKey | undefined {
    return kept !== null && elapsedSince(kept.since) < TRUSTED_MS ? kept.keys.get(keyId) : undefined;
  }

  return {
    get revision() {
      return revision;
    },
    async find(keyId) {
      const isIdle = elapsedSince(askedAt) >= AWAIT_REFRESH_MS;
      if (isIdle || trustedKey(keyId) === undefined) await refresh();
      else if (kept !== null && elapsedSince(kept.since) >= REFRESH_MS) void refresh();
      const key = trustedKey(keyId);
      if (key !== undefined) return key;
      if (failure === null) return null;
      const wait = Math.max(0, ASK_EVERY_MS - elapsedSince(askedAt));
      throw retryLater("identity_unavailable", Math.max(1, Math.ceil(wait / 1000)), failure);
    },
  };
}
