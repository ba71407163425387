import * as v from "valibot";
import { isTimeZone } from "../../core/conversion/date-time.ts";
import { isCurrency } from "../../core/conversion/money.ts";
import type { Localized } from "../../core/language.ts";

/** Sentences for the checks below, by the message that each gives. */
export const sourceChecks = {
  time_zone_unknown: {
    ru: "Часового пояса «{received}» нет. Укажите имя вроде Europe/Moscow или смещение вроде +03:00.",
    en: "There is no time zone “{received}”. Give a name such as Europe/Moscow, or an offset such as +03:00.",
  },
  currency_unknown: {
    ru: "Валюты «{received}» нет. Укажите код ISO 4217, например RUB.",
    en: "There is no currency “{received}”. Give an ISO 4217 code, for example RUB.",
  },
  token_format: {
    ru: "Это не похоже на OAuth-токен: в нём не бывает пробелов. Скопируйте токен без кавычек и слова OAuth.",
    en: "This does not look like an OAuth token: it holds no spaces. Copy the token without quotes and without the word OAuth.",
  },
  token_or_account: {
    ru: "Укажите token (OAuth-токен) или account_id (подключённый аккаунт Яндекса).",
    en: "Give token (an OAuth token) or account_id (a connected Yandex account).",
  },
  token_and_account: {
    ru: "Указаны и token, и account_id. Оставьте одно: конверсии отправляются либо собственным токеном, либо через подключённый аккаунт.",
    en: "Both token and account_id are given. Keep one: conversions are sent either with a token of their own or through a connected account.",
  },
  plugin_unknown: {
    ru: "Плагина {received} нет среди подключённых. Список — GET /v1/plugins.",
    en: "There is no plugin {received} among those that are listed. GET /v1/plugins lists them.",
  },
  counter_unseen: {
    ru: "Счётчик {received} не виден этому доступу: {text}. Попросите владельца счётчика выдать логину доступ «редактирование» или уберите счётчик из списка.",
    en: "Counter {received} is not seen by this access: {text}. Ask the counter's owner to grant the login the right to edit, or take the counter off the list.",
  },
  cron_format: {
    ru: "«{received}» — не расписание. Укажите пять полей cron, например 17 3 * * *, или off, чтобы ничего не запускать; null вернёт расписание плагина.",
    en: "“{received}” is no schedule. Give the five fields of a cron, such as 17 3 * * *, or off so that nothing runs; null brings back the plugin's own.",
  },
  schedule_unused: {
    ru: "Плагин {plugin} ничего не делает по расписанию. Уберите это поле.",
    en: "The plugin {plugin} does nothing by the clock. Leave this field out.",
  },
  secret_format: {
    ru: "Секрет — от {shortest} до {longest} видимых символов ASCII без пробелов.",
    en: "A secret has {shortest} to {longest} visible ASCII characters without spaces.",
  },
  secret_unfit: {
    ru: "Такой секрет не подойдёт: {fault}.",
    en: "This secret will not do: {fault}.",
  },
  secret_not_taken: {
    ru: "Секрет источников плагина {plugin} создаёт шлюз. Уберите это поле и возьмите секрет из ответа.",
    en: "The secret of a source of the plugin {plugin} is made by the gateway. Leave this field out, and take the secret from the answer.",
  },
  secret_of_sender: {
    ru: "Секрет источников плагина {plugin} создаёт отправитель. Скопируйте его у отправителя и передайте в этом поле.",
    en: "The secret of a source of the plugin {plugin} is made by its sender. Copy it there, and give it in this field.",
  },
  account_unknown: {
    ru: "Аккаунта {received} в этом рабочем пространстве нет, или он отключён. Список — GET /v1/accounts.",
    en: "There is no account {received} in this workspace, or it is disconnected. GET /v1/accounts lists them.",
  },
} satisfies Record<string, Localized>;

/** What people call a source. */
export const name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200));
/** What people note of a source. */
export const description = v.nullish(v.pipe(v.string(), v.maxLength(2000)));
/** What a source uploads with, where it has a token of its own. */
export const token = v.pipe(
  v.string(),
  v.minLength(8),
  v.maxLength(2000),
  v.regex(/^[\x21-\x7e]+$/, "token_format"),
  v.description("OAuth token of Yandex; stored encrypted and never shown again"),
);

/** A connected Yandex account. */
export const accountId = v.pipe(
  v.string(),
  v.maxLength(100),
  v.description("A connected Yandex account, in place of a token"),
);

/** The two ways to say what a source uploads with. */
export interface AccessFields {
  readonly token?: string | undefined;
  readonly account_id?: string | undefined;
}

/** Whether a body says what to upload with. */
export const namesAccess = ({ token, account_id }: AccessFields): boolean =>
  token !== undefined || account_id !== undefined;

/** Whether a body does not say it twice. */
export const namesOneAccess = ({ token, account_id }: AccessFields): boolean =>
  token === undefined || account_id === undefined;

/** What every source can be told, whatever its plugin. */
export const options = {
  time_zone: v.optional(
    v.pipe(
      v.string(),
      v.check(isTimeZone, "time_zone_unknown"),
      v.description("Zone of `date_time` without an offset. Default: the counter's zone"),
    ),
  ),
  default_currency: v.optional(
    v.pipe(
      v.string(),
      v.toUpperCase(),
      v.check(isCurrency, "currency_unknown"),
      v.description("Currency of a price that comes without one. Default: RUB"),
    ),
  ),
  language: v.optional(
    v.pipe(v.picklist(["ru", "en"]), v.description("Language of messages where the sender names none. Default: ru")),
  ),
  dedupe_by: v.optional(
    v.pipe(
      v.picklist(["exact", "purchase"]),
      v.description(
        "`exact`: the same row is a repeat. `purchase`: one conversion for a purchase_id and target, whatever its time. Default: exact",
      ),
    ),
  ),
  identifiers: v.optional(
    v.pipe(
      v.picklist(["all", "best"]),
      v.description("Send every identifier of a row, or only the strongest. Default: all"),
    ),
  ),
  create_missing_goals: v.optional(
    v.pipe(v.boolean(), v.description("Create a goal in Metrika for a target that has none. Default: false")),
  ),
  allow_personal_user_id: v.optional(
    v.pipe(v.boolean(), v.description("Let an e-mail address or a phone number pass as user_id. Default: false")),
  ),
  uncertain_policy: v.optional(
    v.pipe(
      v.picklist(["resend", "hold"]),
      v.description(
        "A file whose answer was lost and that Metrika does not list: `resend` it, or `hold` it until a person decides. Default: resend",
      ),
    ),
  ),
};

/** The number of a counter of Metrika. */
export const counterId = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1),
  v.maxValue(2_147_483_647),
  v.description("Metrika's counter"),
);
