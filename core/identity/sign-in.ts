import type { IdentityStore } from "../store/store.ts";
import type { Client } from "./client-network.ts";
import { normalEmail } from "./email.ts";
import { IdentityError } from "./identity-error.ts";
import { canBePassword, normalPassword } from "./password-rules.ts";
import type { Passwords } from "./passwords.ts";
import type { IssuedSession, Sessions } from "./sessions.ts";
import type { Throttling } from "./throttle.ts";

/** What signing in works with. */
export interface SignInDeps {
  readonly store: Pick<IdentityStore, "users" | "sessions">;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly throttling: Throttling;
}

/**
 * Signs somebody in. An unknown address takes the same steps and the same hash as a wrong password.
 * @throws {IdentityError} `invalid_credentials`, `over_request_rate_limit`, `email_address_invalid`
 */
export async function signIn(
  { store, passwords, sessions, throttling }: SignInDeps,
  given: { readonly email: string; readonly password: string },
  client: Client,
): Promise<IssuedSession> {
  const email = normalEmail(given.email);
  if (!canBePassword(given.password)) throw new IdentityError("invalid_credentials");
  const [user, known] = [await store.users.findByEmail(email), await store.sessions.addresses(email)];
  const hash = await store.users.passwordHash(user?.id ?? 0);
  const attempt = await throttling.ofPassword(email, client, known);
  const isRight = await passwords.verify(normalPassword(given.password), hash).catch(async (error: unknown) => {
    await attempt.withdrawn();
    throw error;
  });
  if (user === null || !isRight) throw new IdentityError("invalid_credentials");
  await attempt.succeeded();
  return sessions.open(user, client);
}
