import type { ExchangeOutcome, IdentityStore, OwnedSession, SessionsToEnd, UserRecord } from "../store/store.ts";
import { newSecret, secretHashHex } from "../vault/secrets.ts";
import type { Vault } from "../vault/vault.ts";
import type { AccessTokens } from "./access-tokens.ts";
import type { Client } from "./client-network.ts";
import { IdentityError } from "./identity-error.ts";

/** A session that is not refreshed for so long is over. */
const UNUSED_MS = 30 * 86_400_000;
/**
 * A refresh token that comes back within this time is the same request once more, whose answer was lost, or another tab:
 * Supabase Auth's own interval. https://supabase.com/docs/guides/auth/sessions
 */
const GRACE_MS = 10_000;
const MOST_USER_AGENT = 300;
/** A chain of tokens each used within the grace time of the one before; nobody refreshes so often. */
const MOST_STEPS = 20;

/** What a device gets when somebody signs in or refreshes. */
export interface IssuedSession {
  readonly user: UserRecord;
  readonly accessToken: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
  readonly refreshToken: string;
}

/** What sessions work with. */
export interface SessionDeps {
  readonly store: IdentityStore;
  readonly vault: Vault;
  readonly tokens: AccessTokens;
  readonly now: () => number;
  readonly newUuid: () => string;
  /** Called with each session that ended here. */
  readonly onEnded: (uuid: string) => void;
}

/** Sessions of people whom the gateway signs in. */
export interface Sessions {
  open(user: UserRecord, client: Client): Promise<IssuedSession>;
  /**
   * Exchanges a refresh token for the next one, which follows from it: who comes twice gets the same, and no second line of tokens
   * begins that a thief could live on unseen.
   * @throws {IdentityError} `refresh_token_not_found`, `refresh_token_already_used`
   */
  refresh(refreshToken: string): Promise<IssuedSession>;
  end(which: SessionsToEnd): Promise<readonly string[]>;
}

/** Sessions with refresh tokens that are used once. */
export function createSessions({ store, vault, tokens, now, newUuid, onEnded }: SessionDeps): Sessions {
  const successorOf = (token: string) => vault.hmac("refresh-token", token);

  async function issue(sessionUuid: string, refreshToken: string): Promise<IssuedSession> {
    const owned = await store.sessions.find(sessionUuid);
    if (owned === null) throw new IdentityError("refresh_token_not_found");
    return withTokens(owned, refreshToken);
  }

  async function withTokens(owned: OwnedSession, refreshToken: string): Promise<IssuedSession> {
    const { token, expiresAt } = await tokens.sign(owned);
    return { user: owned.user, accessToken: token, expiresAt, refreshToken };
  }

  /** Where the line has come to meanwhile: the other tab may have gone on. */
  async function newestAfter(refreshToken: string): Promise<string> {
    let newest = successorOf(refreshToken);
    for (let step = 0; step < MOST_STEPS && (await store.sessions.isTokenUsed(secretHashHex(newest))); step++)
      newest = successorOf(newest);
    return newest;
  }

  return {
    async open(user, { address, userAgent }) {
      const [uuid, refreshToken, createdAt] = [newUuid(), newSecret(), now()];
      const device = { address, userAgent: userAgent?.slice(0, MOST_USER_AGENT) ?? null };
      const session = { uuid, userId: user.id, createdAt, expiresAt: createdAt + UNUSED_MS, ...device };
      await store.sessions.open(session, secretHashHex(refreshToken));
      return issue(uuid, refreshToken);
    },
    async refresh(refreshToken) {
      const successor = successorOf(refreshToken);
      const exchanged: ExchangeOutcome = await store.sessions.exchange({
        hash: secretHashHex(refreshToken),
        successorHash: secretHashHex(successor),
        now: now(),
        expiresAt: now() + UNUSED_MS,
        graceMs: GRACE_MS,
      });
      switch (exchanged.outcome) {
        case "exchanged":
          return issue(exchanged.sessionUuid, successor);
        case "repeated":
          return issue(exchanged.sessionUuid, await newestAfter(refreshToken));
        case "reused":
          onEnded(exchanged.sessionUuid);
          throw new IdentityError("refresh_token_already_used", { session: exchanged.sessionUuid });
        default:
          throw new IdentityError("refresh_token_not_found");
      }
    },
    async end(which) {
      const ended = await store.sessions.end(which, now());
      for (const uuid of ended) onEnded(uuid);
      return ended;
    },
  };
}
