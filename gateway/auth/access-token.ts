import * as v from "valibot";
import { ProblemError } from "../../core/plugin/problem.ts";
import { sessionInvalid } from "./session-refusals.ts";
import type { SessionClaims } from "./session-verifier.ts";

/** How tokens may be signed: by a key pair whose public half is published, or by a secret only the issuer knows. */
export type TokenAlgorithm = PublicKeyAlgorithm | "HS256";

/** EdDSA is announced by Supabase and not there yet (https://supabase.com/docs/guides/auth/signing-keys). */
export type PublicKeyAlgorithm = "ES256" | "RS256";

/** What an access token says of itself. Nothing of it is true before its signature is verified. */
export interface AccessToken {
  readonly algorithm: TokenAlgorithm;
  /** Which of the issuer's keys signed it. */
  readonly keyId: string | null;
  readonly claims: SessionClaims;
}

type UncheckedClaims = Readonly<Record<string, unknown>>;

/** A token with a person's metadata has about 1 KB; headers of more than 8 KB many a proxy refuses. */
export const MAX_TOKEN_CHARACTERS = 8192;

/** How far the issuer's clock and ours may differ. */
const LEEWAY_MS = 30_000;
const COMPACT = /^([\w-]+)\.([\w-]+)\.[\w-]+$/;

const Header = v.object({
  alg: v.picklist(["ES256", "RS256", "HS256"]),
  kid: v.fallback(v.nullable(v.string()), null),
  // Extensions that a verifier must understand or refuse: https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11
  crit: v.optional(v.undefined()),
});

const words = v.fallback(v.nullable(v.pipe(v.string(), v.trim(), v.nonEmpty())), null);
const seconds = v.pipe(v.number(), v.finite());
const Person = v.object({
  sub: v.pipe(v.string(), v.nonEmpty(), v.maxLength(255)),
  exp: seconds,
  nbf: v.optional(seconds),
  email: words,
  session_id: words,
  user_metadata: v.fallback(v.object({ full_name: words, name: words }), { full_name: null, name: null }),
});

/**
 * Reads an access token and checks all that can be checked without a key: its form, its algorithm, whom it was issued
 * by and for, its times. Claims: https://supabase.com/docs/guides/auth/jwt-fields
 * @param issuer without a slash at its end
 * @throws {ProblemError} `session_invalid`, `session_expired`
 */
export function readAccessToken(token: string, issuer: string, now: number): AccessToken {
  const [, header, payload] = COMPACT.exec(token) ?? [];
  if (header === undefined || payload === undefined) throw sessionInvalid("malformed");
  const signed = v.safeParse(Header, decode(header));
  if (!signed.success) throw sessionInvalid("algorithm");
  const claims = decode(payload);
  checkOrigin(claims, issuer);
  return { algorithm: signed.output.alg, keyId: signed.output.kid, claims: readPerson(claims, now) };
}

function decode(part: string): UncheckedClaims {
  try {
    return v.parse(v.record(v.string(), v.unknown()), JSON.parse(Buffer.from(part, "base64url").toString()));
  } catch {
    // Without the cause: a parser's message quotes what it could not read.
    throw sessionInvalid("malformed");
  }
}

/** The project's keys (`anon`, `service_role`) may be tokens as well: https://supabase.com/docs/guides/auth/jwt-fields */
function checkOrigin({ role, is_anonymous, iss, aud }: UncheckedClaims, issuer: string): void {
  if (role !== "authenticated") throw sessionInvalid("role");
  if (is_anonymous !== undefined && is_anonymous !== false) throw sessionInvalid("anonymous");
  if (typeof iss !== "string" || iss.replace(/\/$/, "") !== issuer) throw sessionInvalid("issuer");
  if (![aud].flat().includes("authenticated")) throw sessionInvalid("audience");
}

function readPerson(claims: UncheckedClaims, now: number): SessionClaims {
  const person = v.safeParse(Person, claims);
  if (!person.success) throw sessionInvalid("malformed");
  const { sub, exp, nbf, email, session_id, user_metadata } = person.output;
  if (exp * 1000 + LEEWAY_MS <= now) throw new ProblemError("session_expired");
  if (nbf !== undefined && nbf * 1000 - LEEWAY_MS > now) throw sessionInvalid("not_yet_valid");
  return {
    subject: sub,
    email,
    name: user_metadata.full_name ?? user_metadata.name,
    sessionId: session_id,
    expiresAt: exp * 1000,
  };
}
