import type { Localized, Params } from "../language.ts";
import { mayWrite } from "../metrika/counters.ts";
import type { AccountRecord, CounterRecord } from "../store/store.ts";

/** What keeps conversions from an attached counter, by stable code. */
export const counterSentences = {
  read_only: {
    ru: "У логина {login} на счётчике {counter} только право «{permission}», конверсии загрузить нельзя. Попросите владельца ({owner}) выдать логину {login} доступ «редактирование».",
    en: "The login {login} has only the right “{permission}” on counter {counter}, so conversions cannot be uploaded. Ask its owner ({owner}) to grant {login} the right to edit.",
  },
  deleted: {
    ru: "Счётчик {counter} удалён в Метрике. Восстановите его там или отключите здесь.",
    en: "Counter {counter} was deleted in Metrika. Restore it there, or detach it here.",
  },
  not_accessible: {
    ru: "Логин {login} больше не видит счётчика {counter}: он удалён, или доступ отозван. Попросите владельца ({owner}) выдать логину {login} доступ «редактирование».",
    en: "The login {login} does not see counter {counter} any more: it was deleted, or access was withdrawn. Ask its owner ({owner}) to grant {login} the right to edit.",
  },
  account_disconnected: {
    ru: "Аккаунт {login}, через который подключён счётчик {counter}, отключён. Подключите его снова или подключите счётчик через другой аккаунт.",
    en: "The account {login}, through which counter {counter} is attached, is disconnected. Connect it again, or attach the counter through another one.",
  },
} as const satisfies Record<string, Localized>;

/** What an attached counter is good for: conversions, or why not. */
export type CounterState = "ready" | keyof typeof counterSentences;

/** States of {@link CounterState}, for documents. */
export const counterStates = ["ready", "read_only", "deleted", "not_accessible", "account_disconnected"] as const;

/** What is known of a counter since it was last read. A right that Metrika did not tell counts as enough. */
export function stateOf(
  { errorCode, status, permission }: CounterRecord,
  { disconnectedAt }: Pick<AccountRecord, "disconnectedAt">,
): CounterState {
  if (disconnectedAt !== null) return "account_disconnected";
  if (errorCode !== null) return "not_accessible";
  if (status === "Deleted") return "deleted";
  return mayWrite(permission) === false ? "read_only" : "ready";
}

/** The blanks of a counter's sentence. */
export const stateParams = (counter: CounterRecord, { login }: Pick<AccountRecord, "login">): Params => ({
  counter: counter.counterId,
  login,
  permission: counter.permission ?? "—",
  owner: counter.ownerLogin ?? "—",
});
