import type { SupabaseClient } from "@supabase/supabase-js";
import type { Fetch } from "../../core/metrika/http.ts";
import { type ProblemError, retryLater } from "../../core/plugin/problem.ts";
import { type AccessToken, MAX_TOKEN_CHARACTERS, readAccessToken } from "./access-token.ts";
import { createPublishedKeys, readKeySet } from "./published-keys.ts";
import { sessionInvalid } from "./session-refusals.ts";
import type { SessionClaims, SessionVerifier } from "./session-verifier.ts";
import { createVerifiedSessions } from "./verified-sessions.ts";

/** Which Supabase project signs people in, and what the verifier needs of its surroundings. */
export interface SupabaseSessionsOptions {
  /** `https://project.supabase.co`, with or without a slash at its end. */
  readonly url: string;
  /** Goes along with every question to the project; no secret. */
  readonly publishableKey: string;
  readonly fetch: Fetch;
  readonly now: () => number;
  /** Milliseconds after which the project counts as not answering. Default 5000. */
  readonly timeoutMs?: number;
}

type Auth = SupabaseClient["auth"];

/** So many tokens at a time are put before the issuer: a flood of forged ones must not become a flood of questions. */
const MOST_QUESTIONS = 8;
const RETRY_SECONDS = 5;

/**
 * Verifies access tokens of Supabase Auth. Tokens signed by a key pair are checked here, by the keys the project
 * publishes; those of a project with a shared secret (HS256) are put before the project itself (`getUser`), which also
 * finds a session that was ended. Answers are kept for a minute at most. Measured, on a busy machine: 0.22 ms for a
 * signature (ES256; RS256 0.27 ms), 3 µs for a token verified lately.
 *
 * Read in supabase-js 2.119.1, and the reason why `getClaims` gets only tokens that were judged before, and the one
 * key that is to verify them:
 * - It looks at the signature and `exp` alone: not at `iss`, `aud`, `nbf` or `role`.
 * - A key id that is not among the keys given to it makes it fetch the key set, each time, and then ask `getUser`; a
 *   missing `alg` or `kid` makes it ask `getUser` at once.
 * - Its own memory of keys is shared by all clients whose host names begin with the same word.
 * - It reads the time from `Date.now()`, so `exp` is checked here and not there.
 * - It rejects, instead of answering with an error, where a token is no JSON, its `alg` is neither ES256 nor RS256, or
 *   the key cannot be used.
 */
export function createSupabaseSessions(options: SupabaseSessionsOptions): SessionVerifier {
  const { publishableKey, now, timeoutMs = 5000 } = options;
  const url = options.url.replace(/\/+$/, "");
  const issuer = `${url}/auth/v1`;
  const keys = createPublishedKeys(fetchKeySet, now);
  const verified = createVerifiedSessions(now);
  const questions = new Map<string, Promise<void>>();
  let loading: Promise<Auth> | null = null;

  /** A person's token goes to the project and nowhere that an answer may redirect to. */
  function ask(address: string, init: RequestInit): Promise<Response> {
    return options.fetch(address, { ...init, redirect: "error", signal: AbortSignal.timeout(timeoutMs) });
  }

  async function fetchKeySet() {
    const response = await ask(`${issuer}/.well-known/jwks.json`, { headers: { apikey: publishableKey } });
    if (!response.ok) throw new Error(`The key set was answered with HTTP ${response.status}`);
    return readKeySet(await response.json());
  }

  /** Loaded on first use: it takes some 50 ms and 8 to 15 MB that a gateway without Supabase need not spend. */
  async function loadAuth(): Promise<Auth> {
    const { createClient } = await import("@supabase/supabase-js");
    const client = createClient(url, publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false, skipAutoInitialize: true },
      global: {
        fetch: Object.assign((input: unknown, init?: RequestInit) => ask(String(input), init ?? {}), {
          preconnect: () => undefined,
        }),
      },
    });
    return client.auth;
  }

  function supabaseAuth(): Promise<Auth> {
    loading ??= loadAuth();
    return loading;
  }

  async function checkSignature(token: string, { algorithm, keyId }: AccessToken): Promise<void> {
    const key = keyId === null ? null : await keys.find(keyId);
    if (key === null) throw sessionInvalid("unknown_key");
    if (key.algorithm !== algorithm) throw sessionInvalid("algorithm");
    const auth = await supabaseAuth();
    const { error } = await auth
      .getClaims(token, {
        jwks: { keys: [{ ...key.jwk, alg: key.algorithm, key_ops: ["verify"] }] },
        allowExpired: true,
      })
      .catch((error: unknown) => ({ error }));
    if (error !== null) throw sessionInvalid("signature", error);
  }

  async function askProject(token: string, claims: SessionClaims): Promise<void> {
    const auth = await supabaseAuth();
    const { data, error } = await auth.getUser(token).catch((error: object) => ({ data: { user: null }, error }));
    if (error !== null) throw refusalBy(error);
    if (data.user.id !== claims.subject) throw sessionInvalid("ended");
    if (data.user.is_anonymous) throw sessionInvalid("anonymous");
  }

  function askProjectOnce(token: string, claims: SessionClaims): Promise<void> {
    const asked = questions.get(token);
    if (asked !== undefined) return asked;
    if (questions.size >= MOST_QUESTIONS) throw retryLater("identity_unavailable", 1);
    const question = askProject(token, claims).finally(() => questions.delete(token));
    questions.set(token, question);
    return question;
  }

  return {
    async verify(token) {
      if (token.length > MAX_TOKEN_CHARACTERS) throw sessionInvalid("too_long");
      const known = verified.find(token, keys.revision);
      if (known !== null) return known;
      const read = readAccessToken(token, issuer, now());
      const { claims } = read;
      const { revision } = keys;
      if (read.algorithm === "HS256") await askProjectOnce(token, claims);
      else await checkSignature(token, read);
      verified.keep(token, revision, claims);
      return claims;
    },
  };
}

/**
 * What an error of `getUser` means. Supabase Auth refuses a token with 403, one without a subject that it could look up
 * with 400 (https://github.com/supabase/auth/blob/master/internal/api/auth.go); all else is not about the token: 401
 * the gateway before it gives for a wrong publishable key, 429 for too many questions.
 */
function refusalBy(error: { readonly status?: number | undefined }): ProblemError {
  if (error.status === 403 || error.status === 400) return sessionInvalid("ended", error);
  return retryLater("identity_unavailable", RETRY_SECONDS, error);
}
