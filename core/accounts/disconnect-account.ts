import type { YandexOauth } from "../metrika/oauth.ts";
import { YandexOauthError } from "../metrika/oauth-error.ts";
import { ProblemError } from "../plugin/problem.ts";
import type { AccountRecord, Store } from "../store/store.ts";
import { tokenContext } from "../vault/token-context.ts";
import type { Vault } from "../vault/vault.ts";
import type { OauthApplications } from "./oauth-application.ts";

/** What became of a token at Yandex. Only one that is bound to a device can be revoked by its application. */
export type Revocation = "revoked" | "not_ours" | "not_answering";

/** An account that was disconnected. */
export interface Disconnected {
  readonly revocation: Revocation;
  /** Living sources, which wait from now on. */
  readonly sourcesWaiting: number;
}

/** What accounts are disconnected with. */
export interface DisconnectDeps {
  readonly store: Pick<Store, "accounts" | "credentials">;
  readonly vault: Vault;
  readonly oauth: Pick<YandexOauth, "revoke">;
  readonly applications: Pick<OauthApplications, "current">;
  readonly now: () => number;
}

/** Metrika is not asked with the credential of a disconnected account before this is over: a new consent ends it at once. */
const REST_MS = 365 * 86_400_000;

/**
 * Revokes an account's token at Yandex where that can be done, and destroys what is kept of it. Its sources stay and wait.
 * @throws {ProblemError} `account_disconnected`
 */
export async function disconnectAccount(deps: DisconnectDeps, account: AccountRecord): Promise<Disconnected> {
  const { store, vault, now } = deps;
  const { id, uuid, login } = account;
  if (account.disconnectedAt !== null) throw new ProblemError("account_disconnected", { login });
  const credential = await store.credentials.get(account.credentialId);
  if (credential === null) throw new Error(`Credential ${account.credentialId} of an account is gone.`);
  const revocation = await revoke(deps, account, vault.open(credential.sealedToken, tokenContext(credential.uuid)));
  // An empty token, so that whoever opens it finds none; hashed by the account, so that no two are taken for one.
  const token = { sealed: vault.seal("", tokenContext(credential.uuid)), hash: vault.hmac("token", `none:${uuid}`) };
  const { sources } = await store.accounts.useOf(id);
  const done = await store.accounts.disconnect(id, token, now() + REST_MS, now());
  if (!done) throw new ProblemError("account_disconnected", { login });
  return { revocation, sourcesWaiting: sources };
}

async function revoke(
  { oauth, applications }: DisconnectDeps,
  { origin, clientId, deviceId }: AccountRecord,
  accessToken: string,
): Promise<Revocation> {
  const app = await applications.current();
  if (origin !== "oauth" || deviceId === null || app === null || app.clientId !== clientId) return "not_ours";
  try {
    await oauth.revoke({ app: { clientId: app.clientId, clientSecret: app.clientSecret }, accessToken });
    return "revoked";
  } catch (error) {
    if (!(error instanceof YandexOauthError)) throw error;
    // Dead already, or bound to no device as Yandex sees it.
    return error.kind === "unreachable" || error.kind === "unexpected" ? "not_answering" : "not_ours";
  }
}
