import { hashSecret } from "../../core/vault/secrets.ts";
import type { SessionClaims } from "./session-verifier.ts";

/** Tokens verified lately, by their hash: a person's next request costs no signature and no question to the issuer. */
export interface VerifiedSessions {
  /** @param revision of the issuer's keys: what was verified under another one is not found */
  find(token: string, revision: number): SessionClaims | null;
  keep(token: string, revision: number, claims: SessionClaims): void;
}

/** For so long a session that was ended goes on being accepted. */
const KEEP_MS = 60_000;
/** Some 0.5 MB. */
const MOST_KEPT = 1000;

/** Makes an empty memory of verified tokens. It never holds a token itself. */
export function createVerifiedSessions(now: () => number): VerifiedSessions {
  const sessions = new Map<string, { claims: SessionClaims; keptAt: number; revision: number }>();
  const keyOf = (token: string) => Buffer.from(hashSecret(token)).toString("base64");

  return {
    find(token, revision) {
      const session = sessions.get(keyOf(token));
      if (session === undefined || session.revision !== revision) return null;
      const age = now() - session.keptAt;
      return age >= 0 && age < KEEP_MS && now() < session.claims.expiresAt ? session.claims : null;
    },
    keep(token, revision, claims) {
      const key = keyOf(token);
      sessions.delete(key);
      // A Map keeps its order: the first is the one kept longest ago.
      const [oldest] = sessions.keys();
      if (sessions.size >= MOST_KEPT && oldest !== undefined) sessions.delete(oldest);
      sessions.set(key, { claims, keptAt: now(), revision });
    },
  };
}
