import { TokenError } from "../../core/identity/access-tokens.ts";
import type { Identity } from "../../core/identity/identity.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { isStorageFault } from "../../core/store/storage-fault.ts";
import type { SessionVerifier } from "../auth/session-verifier.ts";

/** Seconds after which a client asks again while the database does not answer. */
const RETRY_SECONDS = 2;

/** Verifies the sessions of people whom the gateway signs in itself. */
export function createEmbeddedSessions(identity: Pick<Identity, "signedIn">): SessionVerifier {
  return {
    async verify(token) {
      const signedIn = await identity.signedIn(token).catch((error: unknown) => {
        throw refusalOf(error);
      });
      if (signedIn === null) throw new ProblemError("session_invalid");
      const { user, session, expiresAt } = signedIn;
      return { subject: user.subject, email: user.email, name: user.name, sessionId: session.uuid, expiresAt };
    },
  };
}

function refusalOf(error: unknown): unknown {
  if (error instanceof TokenError) return new ProblemError(error.isExpired ? "session_expired" : "session_invalid");
  if (!isStorageFault(error)) return error;
  const headers = { "retry-after": String(RETRY_SECONDS) };
  return new ProblemError("identity_unavailable", { seconds: RETRY_SECONDS }, { headers, cause: error });
}
