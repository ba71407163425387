import type { IdentityStore, OwnedSession } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";
import { createAccessTokens, TokenError } from "./access-tokens.ts";
import type { Admission } from "./admission.ts";
import { changePassword } from "./change-password.ts";
import type { Client } from "./client-network.ts";
import { createLiveSessions } from "./live-sessions.ts";
import type { Passwords } from "./passwords.ts";
import { createRecovery, type Recovery, type RecoveryDeps } from "./recovery.ts";
import { createSessions, type IssuedSession, type Sessions } from "./sessions.ts";
import { signIn } from "./sign-in.ts";
import { type SignUp, signUp } from "./sign-up.ts";
import { createSigningKeys, type SigningKeys } from "./signing-keys.ts";
import { createThrottling } from "./throttle.ts";

/** What signing people in works with. */
export interface IdentityDeps extends Pick<RecoveryDeps, "sendMail" | "onMailFailed" | "recoveryPage"> {
  readonly store: IdentityStore;
  readonly vault: Vault;
  readonly passwords: Passwords;
  readonly admission: Admission;
  /** The address of the identity service, which stands in its tokens. */
  readonly issuer: string;
  readonly now: () => number;
  readonly newUuid: () => string;
}

/** A session that a token was found to be of. */
export interface SignedIn extends OwnedSession {
  /** When the token expires, in Unix milliseconds. */
  readonly expiresAt: number;
}

/** Signing people in without Supabase; errors are as the parts tell them. */
export interface Identity extends Pick<Sessions, "refresh" | "end"> {
  signUp(given: SignUp, client: Client): Promise<IssuedSession>;
  signIn(given: { readonly email: string; readonly password: string }, client: Client): Promise<IssuedSession>;
  /**
   * Whose token it is; null when its session has ended.
   * @throws {TokenError}
   */
  signedIn(token: string): Promise<SignedIn | null>;
  changePassword: (
    owned: OwnedSession,
    given: { readonly password: string; readonly currentPassword: string | null },
    client: Client,
  ) => Promise<void>;
  rename(owned: OwnedSession, name: string | null): Promise<void>;
  readonly recovery: Recovery;
  readonly publishedKeys: SigningKeys["published"];
  /** Another gateway changed a session. */
  forget(sessionUuid: string): void;
}

/** Puts the parts together. */
export function createIdentity(deps: IdentityDeps): Identity {
  const { store, vault, now } = deps;
  const keys = createSigningKeys(store.signingKeys, vault, now);
  const tokens = createAccessTokens(keys, deps.issuer, now);
  const live = createLiveSessions(store.sessions, now);
  const onEnded = (uuid: string) => live.forget(uuid);
  const sessions = createSessions({ ...deps, tokens, onEnded });
  const throttling = createThrottling(store.throttles, vault, now);
  const parts = { ...deps, sessions, throttling, onEnded };
  return {
    signUp: (given, client) => signUp({ ...parts, users: store.users }, given, client),
    signIn: (given, client) => signIn(parts, given, client),
    async signedIn(token) {
      const { subject, sessionId, expiresAt } = await tokens.verify(token);
      const owned = await live.find(sessionId);
      if (owned === null) return null;
      if (owned.user.uuid !== subject) throw new TokenError(false);
      return { ...owned, expiresAt };
    },
    changePassword: (owned, given, client) => changePassword(parts, owned, given, client),
    async rename({ session, user }, name) {
      await store.users.rename(user.id, name, now());
      live.forget(session.uuid);
    },
    recovery: createRecovery(parts),
    refresh: sessions.refresh,
    end: sessions.end,
    publishedKeys: keys.published,
    forget: live.forget,
  };
}
