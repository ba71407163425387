import type { UserRecord, UserStore } from "../../core/store/store.ts";
import type { SessionVerifier } from "./session-verifier.ts";

/** People who are signed in. */
export interface People {
  /**
   * Whose session a token is of; whoever is seen for the first time is known from then on.
   * @throws {ProblemError} see {@link SessionVerifier.verify}
   */
  verify(token: string): Promise<UserRecord>;
}

/** How long an e-mail address that was changed at the issuer may stay unseen, and how often it is noted that somebody was seen. */
const KEPT_MS = 60_000;
const MOST_KEPT = 10_000;

/** Makes the people of one process. */
export function createPeople(deps: {
  readonly sessions: SessionVerifier;
  readonly users: UserStore;
  readonly issuer: string;
  readonly now: () => number;
  readonly newUuid: () => string;
}): People {
  const { sessions, users, issuer, now } = deps;
  const known = new Map<string, { readonly user: UserRecord; readonly until: number }>();
  return {
    async verify(token) {
      const { subject, email, name } = await sessions.verify(token);
      const kept = known.get(subject);
      if (kept && kept.until > now() && (email === null || kept.user.email === email.toLowerCase())) return kept.user;
      const found = await users.find(issuer, subject);
      const told = { email: email?.toLowerCase() ?? found?.email ?? "", name: name ?? found?.name ?? null };
      const isCurrent = found !== null && found.email === told.email && found.name === told.name;
      const user = isCurrent
        ? found
        : await users.remember({ uuid: deps.newUuid(), issuer, subject, ...told, createdAt: now() });
      await users.recordSeen(user.id, now());
      if (known.size >= MOST_KEPT) known.clear();
      known.set(subject, { user, until: now() + KEPT_MS });
      return user;
    },
  };
}
