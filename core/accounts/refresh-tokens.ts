import { type Audit, NO_ORIGIN, SYSTEM } from "../audit/audit.ts";
import type { YandexOauth } from "../metrika/oauth.ts";
import { YandexOauthError } from "../metrika/oauth-error.ts";
import type { AccountRecord, Store } from "../store/store.ts";
import { tokenContext } from "../vault/token-context.ts";
import type { Vault } from "../vault/vault.ts";
import { OTHER_APPLICATION, REFRESH_ENDED } from "./account-state.ts";
import type { OauthApplications } from "./oauth-application.ts";
import { refreshContext } from "./oauth-contexts.ts";
import { refreshBackoff, refreshTime, WARNED_BEFORE_MS } from "./refresh-schedule.ts";

/** What tokens are refreshed with. */
export interface RefreshDeps {
  readonly store: Pick<Store, "accounts" | "credentials">;
  readonly vault: Vault;
  readonly oauth: Pick<YandexOauth, "refresh" | "revoke">;
  readonly applications: Pick<OauthApplications, "current">;
  readonly audit: Audit;
  readonly now: () => number;
  readonly log: { warn(message: string, facts: Readonly<Record<string, unknown>>): void };
}

/** Accounts refreshed or warned of in one look. */
const MOST_AT_ONCE = 20;

/** As long as a refresh may take, and more: a gateway that dies meanwhile leaves it to another after this. */
const CLAIM_MS = 5 * 60_000;

/** How often it is looked whether the former application was set again. */
const OTHER_APPLICATION_MS = 86_400_000;

/**
 * Refreshes the tokens that are due, and warns of those that end and cannot be refreshed.
 * @param signal breaks off what is under way, as when an answer is lost
 */
export async function refreshTokens(deps: RefreshDeps, signal: AbortSignal): Promise<void> {
  const { accounts } = deps.store;
  for (const account of await accounts.dueForRefresh(deps.now(), MOST_AT_ONCE)) {
    if (signal.aborted) return;
    await refreshAccount(deps, account, signal);
  }
  for (const account of await accounts.endingUnwarned(deps.now() + WARNED_BEFORE_MS, MOST_AT_ONCE)) {
    if (account.expiresAt !== null)
      deps.log.warn("The access of Yandex account {account} ends at {until}: connect it anew", factsOf(account));
    await accounts.recordWarning(account.id, deps.now());
  }
}

const factsOf = ({ uuid, expiresAt }: AccountRecord) => ({
  account: uuid,
  until: expiresAt === null ? null : new Date(expiresAt).toISOString(),
});

async function refreshAccount(deps: RefreshDeps, account: AccountRecord, signal: AbortSignal): Promise<void> {
  const { store, vault, oauth, now, log } = deps;
  const { id, uuid, sealedRefreshToken, refreshFailures } = account;
  // Claimed in the store, since a refresh that is made twice ends the token of the first.
  const claim = now() + CLAIM_MS;
  if (sealedRefreshToken === null || !(await store.accounts.claimRefresh(account, claim))) return;

  async function fail(error: string, refreshAt: number | null): Promise<void> {
    if (account.refreshError !== error) {
      const facts = { ...factsOf(account), error };
      if (refreshAt === null)
        log.warn("Yandex renews the access of account {account} no longer: connect it anew", facts);
      else
        log.warn("The access of Yandex account {account} could not be renewed and will be tried again: {error}", facts);
    }
    await store.accounts.failRefresh(id, claim, { error, refreshAt }, now());
    if (account.refreshError === error) return;
    await deps.audit.record({
      ...{ action: "account.refresh_failed", workspaceId: account.workspaceId, actor: SYSTEM, origin: NO_ORIGIN },
      ...{ target: { kind: "account", id: uuid, name: account.login }, before: null, after: { error } },
    });
  }

  const app = await deps.applications.current();
  if (app === null || app.clientId !== account.clientId) return fail(OTHER_APPLICATION, now() + OTHER_APPLICATION_MS);
  const credential = await store.credentials.get(account.credentialId);
  if (credential === null) throw new Error(`Credential ${account.credentialId} of an account is gone.`);
  const refreshToken = vault.open(sealedRefreshToken, refreshContext(uuid));
  try {
    const { clientId, clientSecret } = app;
    const ours = { clientId, clientSecret };
    const pair = await oauth.refresh({ app: ours, refreshToken, signal });
    const { accessToken, expiresAt } = pair;
    const fresh = {
      sealedRefreshToken: vault.seal(pair.refreshToken ?? refreshToken, refreshContext(uuid)),
      ...{ expiresAt, refreshAt: refreshTime(now(), expiresAt) },
      token: {
        sealed: vault.seal(accessToken, tokenContext(credential.uuid)),
        hash: vault.hmac("token", accessToken),
      },
    };
    const isKept = await store.accounts.saveRefreshed(id, claim, fresh, now());
    // Connected anew or disconnected meanwhile: nobody has this token, so it must not go on working.
    if (!isKept) await oauth.revoke({ app: ours, accessToken, signal }).catch(() => {});
  } catch (error) {
    if (!(error instanceof YandexOauthError)) throw error;
    // Also where the answer to an earlier try was lost and Yandex had put another refresh token in place of this one.
    if (error.kind === "invalid_grant") return fail(REFRESH_ENDED, null);
    await fail(error.kind, now() + refreshBackoff(refreshFailures + 1));
  }
}
