import type { Localized, Params } from "../language.ts";
import type { AccountRecord, CredentialRecord } from "../store/store.ts";
import { WARNED_BEFORE_MS } from "./refresh-schedule.ts";

/** How an account stands. `reconnect_needed`: only a person can mend it, by a new consent. */
export const accountStates = ["connected", "expiring", "refresh_failing", "reconnect_needed", "disconnected"] as const;

/** One of {@link accountStates}. */
export type AccountState = (typeof accountStates)[number];

/** What is told of an account, by stable code. */
export const accountSentences = {
  account_reconnect_needed: {
    ru: "Яндекс больше не принимает доступ аккаунта {login}: срок вышел, доступ отозван, сменён пароль или права приложения. Подключите аккаунт заново; его источники ждут и продолжат сами.",
    en: "Yandex accepts the access of {login} no longer: it has expired or was revoked, or the password or the application's rights were changed. Connect the account anew; its sources wait and go on by themselves.",
  },
  account_refresh_ended: {
    ru: "Продлить доступ аккаунта {login} больше нельзя: Яндекс не принял токен обновления. Отправка идёт, пока действует прежний токен (до {until}); подключите аккаунт заново.",
    en: "The access of {login} can be renewed no longer: Yandex refused its refresh token. Sending goes on while the present token lives (until {until}); connect the account anew.",
  },
  account_refresh_failing: {
    ru: "Продлить доступ аккаунта {login} пока не удаётся ({error}); попытки продолжаются, доступ действует до {until}.",
    en: "The access of {login} cannot be renewed for now ({error}); it is tried again, and the access lasts until {until}.",
  },
  account_other_application: {
    ru: "Доступ аккаунта {login} выдан другому OAuth-приложению, не тому, что указано в шлюзе, поэтому продлить его нельзя. Верните прежнее приложение или подключите аккаунт заново до {until}.",
    en: "The access of {login} was given to another OAuth application than the gateway's, so it cannot be renewed. Set the former application again, or connect the account anew before {until}.",
  },
  account_expiring: {
    ru: "Доступ аккаунта {login} кончается {until} и сам не продлевается. Подключите аккаунт заново до этого дня.",
    en: "The access of {login} ends at {until} and cannot be renewed by itself. Connect the account anew before that day.",
  },
  account_disconnected: {
    ru: "Аккаунт {login} отключён; его источники ждут, пока он не будет подключён заново.",
    en: "The account {login} is disconnected; its sources wait until it is connected anew.",
  },
} as const satisfies Record<string, Localized>;

/** A stable code of {@link accountSentences}. */
export type AccountWarningCode = keyof typeof accountSentences;

/** What is doubtful about an account; `params` fill the blanks of its sentence. */
export interface AccountWarning {
  readonly code: AccountWarningCode;
  readonly params: Params;
}

/** Why a refresh is tried no more, as `refreshError` keeps it. */
export const REFRESH_ENDED = "invalid_grant";

/** Why a refresh was not tried: the tokens belong to another application than the one in force, or there is none. */
export const OTHER_APPLICATION = "other_application";

/** Judges an account, and says what a person should know of it. Pure. */
export function judgeAccount(
  account: AccountRecord,
  credential: Pick<CredentialRecord, "pausedReason">,
  now: number,
): { readonly state: AccountState; readonly warnings: readonly AccountWarning[] } {
  const { login, expiresAt, refreshError } = account;
  const until = expiresAt === null ? "?" : new Date(expiresAt).toISOString();
  const judged = (state: AccountState, code: AccountWarningCode) => ({
    state,
    warnings: [{ code, params: { login, until, error: refreshError ?? "" } }],
  });
  if (account.disconnectedAt !== null) return judged("disconnected", "account_disconnected");
  const isDead = credential.pausedReason === "unauthorized" || (expiresAt !== null && expiresAt <= now);
  if (isDead) return judged("reconnect_needed", "account_reconnect_needed");
  if (refreshError === REFRESH_ENDED) return judged("reconnect_needed", "account_refresh_ended");
  if (refreshError === OTHER_APPLICATION) return judged("refresh_failing", "account_other_application");
  if (refreshError !== null) return judged("refresh_failing", "account_refresh_failing");
  const ends = account.refreshAt === null && expiresAt !== null && expiresAt - now <= WARNED_BEFORE_MS;
  return ends ? judged("expiring", "account_expiring") : { state: "connected", warnings: [] };
}
