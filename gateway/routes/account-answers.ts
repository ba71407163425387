import { accountSentences, judgeAccount } from "../../core/accounts/account-state.ts";
import type { Disconnected } from "../../core/accounts/disconnect-account.ts";
import type { Connected } from "../../core/accounts/keep-account.ts";
import { type Language, type Localized, render } from "../../core/language.ts";
import { iso, isoOrNull } from "../../core/plugin/answers.ts";
import type { AccountRecord, Store } from "../../core/store/store.ts";

/** What answers about accounts are read from. */
export interface AccountReader {
  readonly store: Pick<Store, "accounts" | "credentials">;
  readonly now: () => number;
}

/** An account as it is shown. */
export async function accountAnswer({ store, now }: AccountReader, account: AccountRecord, language: Language) {
  const credential = await store.credentials.get(account.credentialId);
  if (credential === null) throw new Error(`Credential ${account.credentialId} of an account is gone.`);
  const { state, warnings } = judgeAccount(account, credential, now());
  return {
    account_id: account.uuid,
    login: account.login,
    name: account.name,
    origin: account.origin,
    state,
    rights: account.scopes === null ? null : [...account.scopes],
    expires_at: isoOrNull(account.expiresAt),
    refresh_at: isoOrNull(account.refreshAt),
    refreshed_at: isoOrNull(account.refreshedAt),
    connected_at: iso(account.connectedAt),
    disconnected_at: isoOrNull(account.disconnectedAt),
    ...(await store.accounts.useOf(account.id)),
    sending: { paused_until: isoOrNull(credential.pausedUntil), reason: credential.pausedReason },
    warnings: warnings.map(({ code, params }) => ({ code, message: render(accountSentences[code], language, params) })),
  };
}

/** An account that was just connected, as it is shown. */
export async function connectedAnswer(reader: AccountReader, connected: Connected, language: Language) {
  const { account, isNew, counters } = connected;
  return { ...(await accountAnswer(reader, account, language)), is_new: isNew, visible_counters: counters };
}

const revocations: Readonly<Record<Disconnected["revocation"], Localized>> = {
  revoked: {
    ru: "Токен отозван у Яндекса и уничтожен здесь.",
    en: "The token was revoked at Yandex and destroyed here.",
  },
  not_ours: {
    ru: "Токен уничтожен здесь. Отозвать его у Яндекса шлюз не может: он выдан не этим приложением или уже не действует. Доступ закрывается на https://id.yandex.ru/personal/data-access.",
    en: "The token was destroyed here. The gateway cannot revoke it at Yandex: another application issued it, or it works no longer. Access is taken back at https://id.yandex.ru/personal/data-access.",
  },
  not_answering: {
    ru: "Токен уничтожен здесь, но Яндекс не ответил, отозван ли он. Проверьте доступ на https://id.yandex.ru/personal/data-access.",
    en: "The token was destroyed here, but Yandex did not answer whether it is revoked. Check the access at https://id.yandex.ru/personal/data-access.",
  },
};

/** What became of an account that was disconnected. */
export const disconnectedAnswer = (account: AccountRecord, disconnected: Disconnected, language: Language) => ({
  account_id: account.uuid,
  revocation: disconnected.revocation,
  message: render(revocations[disconnected.revocation], language),
  sources_waiting: disconnected.sourcesWaiting,
});
