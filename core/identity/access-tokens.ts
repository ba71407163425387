import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { OwnedSession } from "../store/store.ts";
import { ALGORITHM, type SigningKeys } from "./signing-keys.ts";

/** How long an access token is good: as with Supabase, an hour. */
export const ACCESS_TOKEN_SECONDS = 3600;

/** Whom tokens are for, and their role, by the words of Supabase Auth. https://supabase.com/docs/guides/auth/jwt-fields */
export const AUDIENCE = "authenticated";

/** What a token says once its signature was found right. */
export interface TokenClaims {
  readonly subject: string;
  readonly sessionId: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** A token that is not good; `isExpired` when it was. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  readonly isExpired: boolean;
  constructor(isExpired: boolean, cause?: unknown) {
    super(isExpired ? "The access token has expired" : "Not an access token of this gateway", { cause });
    this.isExpired = isExpired;
  }
}

/** Access tokens: what a session shows of itself with each request. */
export interface AccessTokens {
  sign(owned: OwnedSession): Promise<{ readonly token: string; readonly expiresAt: number }>;
  /** @throws {TokenError} */
  verify(token: string): Promise<TokenClaims>;
}

/**
 * JWTs by ES256, and by nothing else, whatever a token's header says.
 * @param issuer the address of the identity service, `PUBLIC_URL/auth/v1`
 */
export function createAccessTokens(keys: SigningKeys, issuer: string, now: () => number): AccessTokens {
  return {
    async sign({ session, user }) {
      const { kid, key } = await keys.current();
      const issuedAt = Math.floor(now() / 1000);
      const expiresAt = issuedAt + ACCESS_TOKEN_SECONDS;
      const claims = {
        session_id: session.uuid,
        email: user.email,
        phone: "",
        role: AUDIENCE,
        aal: "aal1",
        amr: [{ method: "password", timestamp: Math.floor(session.createdAt / 1000) }],
        is_anonymous: false,
        app_metadata: { provider: "email", providers: ["email"] },
        user_metadata: { name: user.name },
      };
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: ALGORITHM, kid, typ: "JWT" })
        .setIssuer(issuer)
        .setAudience(AUDIENCE)
        .setSubject(user.uuid)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .sign(key);
      return { token, expiresAt: expiresAt * 1000 };
    },
    async verify(token) {
      return claimsOf(await payloadOf(token));
    },
  };

  async function payloadOf(token: string): Promise<JWTPayload> {
    const rules = { issuer, audience: AUDIENCE, algorithms: [ALGORITHM], currentDate: new Date(now()) };
    let unread: unknown;
    try {
      const { payload } = await jwtVerify(
        token,
        async ({ kid }) => {
          const key = await keys.verifying(kid ?? "").catch((error: unknown) => {
            // Not the token's fault: a database that is away.
            unread = error;
            throw error;
          });
          if (key === null) throw new TokenError(false);
          return key;
        },
        { ...rules, requiredClaims: ["sub", "exp", "session_id"] },
      );
      return payload;
    } catch (error) {
      if (unread !== undefined) throw unread;
      throw error instanceof TokenError ? error : new TokenError(error instanceof errors.JWTExpired, error);
    }
  }
}

function claimsOf({ sub, exp, session_id: sessionId }: JWTPayload): TokenClaims {
  if (sub === undefined || exp === undefined || typeof sessionId !== "string") throw new TokenError(false);
  return { subject: sub, sessionId, expiresAt: exp * 1000 };
}
