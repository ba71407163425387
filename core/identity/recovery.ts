import type { Language } from "../language.ts";
import type { IdentityStore, UserRecord } from "../store/store.ts";
import { newSecret, secretHashHex } from "../vault/secrets.ts";
import type { Client } from "./client-network.ts";
import { normalEmail } from "./email.ts";
import { IdentityError } from "./identity-error.ts";
import { type Mail, recoveryMail } from "./recovery-mail.ts";
import type { IssuedSession, Sessions } from "./sessions.ts";
import type { Throttling } from "./throttle.ts";

const MAILED_MS = 60 * 60_000;
/** A link that an operator hands over may wait for its reader. */
const HANDED_MS = 24 * 60 * 60_000;

/** What recovery works with. */
export interface RecoveryDeps {
  readonly store: Pick<IdentityStore, "users" | "recoveryCodes">;
  readonly sessions: Sessions;
  readonly throttling: Throttling;
  /** Null where there is no mail server. */
  readonly sendMail: ((mail: Mail) => Promise<void>) | null;
  /** Told of a letter that could not be sent. */
  readonly onMailFailed: (error: unknown) => void;
  /** The page that takes the code of a link and asks for a new password. */
  readonly recoveryPage: string;
  readonly now: () => number;
  readonly newUuid: () => string;
}

/** Whoever asked for a letter. */
export interface RecoveryRequest {
  readonly email: string;
  readonly language: Language;
  /** The page that the link leads to; null: the gateway's own. */
  readonly page: string | null;
}

/** Ways back in for whoever forgot his password. */
export interface Recovery {
  /**
   * Sends a letter with a link, if the address is somebody's. What is done with the address is done after the answer, so that the
   * answer tells nothing about it.
   * @throws {IdentityError} `email_provider_disabled`, `over_request_rate_limit`, `email_address_invalid`
   */
  request(asked: RecoveryRequest, client: Client): Promise<void>;
  /** A link for the operator to hand over. */
  link(user: UserRecord): Promise<{ readonly url: string; readonly expiresAt: number }>;
  /**
   * Signs in by a link's code, once.
   * @throws {IdentityError} `otp_expired`, `over_request_rate_limit`
   */
  redeem(code: string, client: Client): Promise<IssuedSession>;
  /** When all letters under way are sent, or have failed. */
  settled(): Promise<void>;
}

/** Recovery by one-time codes, of which the database keeps hashes. */
export function createRecovery(deps: RecoveryDeps): Recovery {
  const { store, sessions, throttling, sendMail, recoveryPage, now, newUuid } = deps;
  const underWay = new Set<Promise<void>>();

  async function makeLink(user: UserRecord, page: string, lifeMs: number) {
    const [code, createdAt] = [newSecret(), now()];
    const expiresAt = createdAt + lifeMs;
    await store.recoveryCodes.create({
      ...{ uuid: newUuid(), userId: user.id, hash: secretHashHex(code), createdAt, expiresAt },
    });
    // After the `#`: browsers send that part to no server, so the code is in no access log, and a mail scanner that follows the link
    // uses nothing up. The page hands it to `supabase.auth.verifyOtp({ type: "recovery", token_hash })`.
    return { url: `${page}#${new URLSearchParams({ type: "recovery", token_hash: code })}`, expiresAt };
  }

  async function write(send: NonNullable<typeof sendMail>, { language, page }: RecoveryRequest, email: string) {
    const user = await store.users.findByEmail(email);
    if (user === null) return;
    const { url } = await makeLink(user, page ?? recoveryPage, MAILED_MS);
    await send(recoveryMail(user.email, url, MAILED_MS, language));
  }

  return {
    async request(asked, client) {
      const email = normalEmail(asked.email);
      if (sendMail === null) throw new IdentityError("email_provider_disabled");
      await throttling.ofMail(email, client);
      const writing = write(sendMail, asked, email)
        .catch(deps.onMailFailed)
        .finally(() => underWay.delete(writing));
      underWay.add(writing);
    },
    link: (user) => makeLink(user, recoveryPage, HANDED_MS),
    async redeem(code, client) {
      const attempt = await throttling.ofCode(client);
      const user = await store.recoveryCodes.use(secretHashHex(code), now());
      if (user === null) throw new IdentityError("otp_expired");
      await attempt.succeeded();
      return sessions.open(user, client);
    },
    async settled() {
      await Promise.all(underWay);
    },
  };
}
