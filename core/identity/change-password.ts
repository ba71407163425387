import type { IdentityStore, OwnedSession } from "../store/store.ts";
import type { Client } from "./client-network.ts";
import { IdentityError } from "./identity-error.ts";
import { canBePassword, checkNewPassword, normalPassword } from "./password-rules.ts";
import type { Passwords } from "./passwords.ts";
import type { Throttling } from "./throttle.ts";

/**
 * A session this young began with the password or with a recovery code, so that the password need not be told again. Refreshing makes
 * none younger: whoever finds an open computer cannot lock its owner out.
 */
const FRESH_MS = 15 * 60_000;

/** What changing a password works with. */
export interface ChangePasswordDeps {
  readonly store: Pick<IdentityStore, "users">;
  readonly passwords: Passwords;
  readonly throttling: Throttling;
  readonly now: () => number;
  readonly onEnded: (uuid: string) => void;
}

/**
 * Sets another password and ends the person's other sessions.
 * @throws {IdentityError} `weak_password`, `reauthentication_needed`, `invalid_credentials`, `over_request_rate_limit`
 */
export async function changePassword(
  deps: ChangePasswordDeps,
  { session, user }: OwnedSession,
  given: { readonly password: string; readonly currentPassword: string | null },
  client: Client,
): Promise<void> {
  const { store, passwords, now } = deps;
  const password = normalPassword(given.password);
  checkNewPassword(password, user.email);
  if (given.currentPassword !== null) await proveCurrent(deps, user.id, user.email, given.currentPassword, client);
  else if (now() - session.createdAt > FRESH_MS)
    throw new IdentityError("reauthentication_needed", { minutes: FRESH_MS / 60_000 });
  const hash = await passwords.hash(password);
  const ended = await store.users.setPassword({ userId: user.id, hash, keep: session.uuid, now: now() });
  for (const uuid of ended) deps.onEnded(uuid);
}

/** Counted like a sign-in: whoever holds a stolen session must not guess here what he may not guess there. */
async function proveCurrent(
  { store, passwords, throttling }: ChangePasswordDeps,
  userId: number,
  email: string,
  current: string,
  client: Client,
): Promise<void> {
  const attempt = await throttling.ofPassword(email, client, []);
  const hash = await store.users.passwordHash(userId);
  if (!canBePassword(current) || !(await passwords.verify(normalPassword(current), hash)))
    throw new IdentityError("invalid_credentials");
  await attempt.succeeded();
}
