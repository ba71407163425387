import { createHash, randomBytes } from "node:crypto";

/** Proof that whoever exchanges a code is the one who asked for it (RFC 7636). */
export interface Pkce {
  /** Secret until the code is exchanged: 43 characters of base64url. */
  readonly verifier: string;
  /** Goes into the authorization URL. */
  readonly challenge: string;
}

/** A fresh pair from 32 random bytes, as RFC 7636, section 4.1, advises. */
export function newPkce(random: (bytes: number) => Uint8Array = randomBytes): Pkce {
  const verifier = Buffer.from(random(32)).toString("base64url");
  return { verifier, challenge: pkceChallenge(verifier) };
}

/** The `S256` challenge of a verifier (RFC 7636, section 4.2). */
export function pkceChallenge(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}
