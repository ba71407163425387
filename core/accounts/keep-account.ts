import type { TokenPair } from "../metrika/oauth.ts";
import { ProblemError } from "../plugin/problem.ts";
import type { AccountRecord, NewConnection, Store } from "../store/store.ts";
import { tokenContext } from "../vault/token-context.ts";
import type { Vault } from "../vault/vault.ts";
import { refreshContext } from "./oauth-contexts.ts";
import type { ProvenToken } from "./prove-token.ts";
import { refreshTime } from "./refresh-schedule.ts";

/** What accounts are kept with. */
export interface KeepDeps {
  readonly store: Pick<Store, "accounts" | "credentials">;
  readonly vault: Vault;
  readonly now: () => number;
  readonly newUuid: () => string;
}

/** Tokens that were proven, and how they came. */
export interface ProvenConnection {
  readonly workspaceId: number;
  readonly proven: ProvenToken;
  readonly origin: AccountRecord["origin"];
  readonly tokens: TokenPair;
  readonly deviceId: string | null;
  /** The account that was to be connected anew; null for whichever it is. */
  readonly expected: AccountRecord | null;
}

/** An account that was connected. */
export interface Connected {
  readonly account: AccountRecord;
  /** False: it was known and got new tokens. */
  readonly isNew: boolean;
  /** Counters that the token may see. */
  readonly counters: number;
}

/**
 * Keeps proven tokens: an account that is known, disconnected or not, gets them in place of its former ones, so that its sources
 * go on; else one is made.
 * @throws {ProblemError} `account_other_login`
 */
export async function keepAccount(deps: KeepDeps, connection: ProvenConnection): Promise<Connected> {
  const { workspaceId, proven, expected } = connection;
  const { accounts, credentials } = deps.store;
  if (expected !== null && expected.yandexId !== proven.yandexId)
    throw new ProblemError("account_other_login", { expected: expected.login, received: proven.login });
  for (;;) {
    const known = expected ?? (await accounts.findByYandexId(workspaceId, proven.yandexId));
    if (known !== null) {
      const credential = await credentials.get(known.credentialId);
      if (credential === null) throw new Error(`Credential ${known.credentialId} of an account is gone.`);
      const facts = factsOf(deps, connection, known.uuid, credential.uuid);
      const account = await accounts.reconnect(known.id, facts, deps.now());
      return { account, isNew: false, counters: proven.counters };
    }
    const [uuid, credentialUuid] = [deps.newUuid(), deps.newUuid()];
    const facts = factsOf(deps, connection, uuid, credentialUuid);
    const made = { ...facts, uuid, credentialUuid, workspaceId, yandexId: proven.yandexId };
    const account = await accounts.connect(made, deps.now());
    // Null: another request has just connected the same, which the next look finds.
    if (account !== null) return { account, isNew: true, counters: proven.counters };
  }
}

function factsOf(
  { vault, now }: KeepDeps,
  { proven, origin, tokens, deviceId }: ProvenConnection,
  accountUuid: string,
  credentialUuid: string,
): NewConnection {
  const { accessToken, refreshToken, expiresAt, scopes } = tokens;
  return {
    ...{ login: proven.login, clientId: proven.clientId, origin, deviceId, expiresAt, scopes },
    sealedRefreshToken: refreshToken === null ? null : vault.seal(refreshToken, refreshContext(accountUuid)),
    refreshAt: refreshToken === null ? null : refreshTime(now(), expiresAt),
    token: { sealed: vault.seal(accessToken, tokenContext(credentialUuid)), hash: vault.hmac("token", accessToken) },
  };
}
