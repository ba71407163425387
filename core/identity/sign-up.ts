import type { LocalUserStore } from "../store/store.ts";
import type { Admission } from "./admission.ts";
import type { Client } from "./client-network.ts";
import { normalEmail } from "./email.ts";
import { IdentityError } from "./identity-error.ts";
import { checkNewPassword, normalPassword } from "./password-rules.ts";
import type { Passwords } from "./passwords.ts";
import type { IssuedSession, Sessions } from "./sessions.ts";
import type { Throttling } from "./throttle.ts";

/** What somebody gives who signs up. */
export interface SignUp {
  readonly email: string;
  readonly password: string;
  readonly name: string | null;
  readonly setupCode: string | null;
  readonly invitationCode: string | null;
}

/** What signing up works with. */
export interface SignUpDeps {
  readonly users: LocalUserStore;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly throttling: Throttling;
  readonly admission: Admission;
  readonly now: () => number;
  readonly newUuid: () => string;
}

/**
 * Makes a person and signs him in at once.
 * @throws {IdentityError} `weak_password`, `user_already_exists`, `over_request_rate_limit`, and what the admission throws
 */
export async function signUp(deps: SignUpDeps, given: SignUp, client: Client): Promise<IssuedSession> {
  const { users, throttling, admission, passwords, sessions } = deps;
  const email = normalEmail(given.email);
  const password = normalPassword(given.password);
  checkNewPassword(password, email);
  // Before the code is looked at: codes are guessed here.
  const attempt = await throttling.ofCode(client);
  const { welcome } = await admission.admit({ ...given, email });
  // Before the hash, which costs; the table decides in the end.
  if ((await users.findByEmail(email)) !== null) throw new IdentityError("user_already_exists");
  const passwordHash = await passwords.hash(password);
  const user = await users.create({ uuid: deps.newUuid(), email, name: given.name, passwordHash, now: deps.now() });
  if (user === null) throw new IdentityError("user_already_exists");
  try {
    await welcome(user.id);
  } catch (error) {
    // Somebody else was quicker to use the code: who has no place must not keep the address.
    await users.remove(user.id);
    throw error;
  }
  await attempt.succeeded();
  return sessions.open(user, client);
}
