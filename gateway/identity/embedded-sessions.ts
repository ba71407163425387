import { TokenError } from "../../core/identity/access-tokens.ts";
import type { Identity } from "../../core/identity/identity.ts";
import { ProblemError, retryLater } from "../../core/plugin/problem.ts";
import { isStorageFault } from "../../core/store/storage-fault.ts";
import { sessionInvalid } from "../auth/session-refusals.ts";
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
      if (signedIn === null) throw sessionInvalid("ended");
      const { user, session, expiresAt } = signedIn;
      return { subject: user.subject, email: user.email, name: user.name, sessionId: session.uuid, expiresAt };
    },
  };
}

function refusalOf(error: unknown): unknown {
  if (error instanceof TokenError)
    return error.isExpired ? new ProblemError("session_expired") : sessionInvalid("malformed", error);
  return isStorageFault(error) ? retryLater("identity_unavailable", RETRY_SECONDS, error) : error;
}
