import * as v from "valibot";
import { isTimeZone } from "../../core/conversion/date-time.ts";
import { isCurrency } from "../../core/conversion/money.ts";
import type { Localized } from "../../core/language.ts";
import { component } from "../../core/plugin/valibot-openapi.ts";

/** Sentences for the checks below, by the message that each gives. */
export const webhookChecks = {
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
    ru: "Указаны и token, и account_id. Оставьте одно: вебхук отправляет либо своим токеном, либо через подключённый аккаунт.",
    en: "Both token and account_id are given. Keep one: a webhook sends either with a token of its own or through a connected account.",
  },
  account_unknown: {
    ru: "Аккаунта {received} в этом рабочем пространстве нет, или он отключён. Список — GET /v1/accounts.",
    en: "There is no account {received} in this workspace, or it is disconnected. GET /v1/accounts lists them.",
  },
} satisfies Record<string, Localized>;

const name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200));
const description = v.nullish(v.pipe(v.string(), v.maxLength(2000)));
const token = v.pipe(
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

const options = {
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

/** What a webhook is created from. */
export const NewWebhook = v.pipe(
  v.strictObject({
    name,
    counter_id: counterId,
    token: v.optional(token),
    account_id: v.optional(accountId),
    description,
    ...options,
  }),
  v.forward(
    v.partialCheck(
      [["token"], ["account_id"]],
      (it) => it.token !== undefined || it.account_id !== undefined,
      "token_or_account",
    ),
    ["token"],
  ),
  v.forward(
    v.partialCheck(
      [["token"], ["account_id"]],
      (it) => it.token === undefined || it.account_id === undefined,
      "token_and_account",
    ),
    ["account_id"],
  ),
  component("NewWebhook"),
);

/** What may be changed; what is left out stays. */
export const WebhookChange = v.pipe(
  v.strictObject({
    name: v.optional(name),
    description,
    token: v.optional(token),
    account_id: v.optional(accountId),
    is_active: v.optional(v.pipe(v.boolean(), v.description("false: conversions are refused with webhook_disabled"))),
    delivery_paused: v.optional(
      v.pipe(
        v.boolean(),
        v.description("true: conversions are accepted and wait; nothing is sent until it is false again"),
      ),
    ),
    ...options,
  }),
  v.forward(
    v.partialCheck(
      [["token"], ["account_id"]],
      (it) => it.token === undefined || it.account_id === undefined,
      "token_and_account",
    ),
    ["account_id"],
  ),
  component("WebhookChange"),
);

const Warning = v.object({ code: v.string(), message: v.string() });

/** A new webhook, with its secret. */
export const CreatedWebhook = v.pipe(
  v.object({
    webhook_id: v.string(),
    secret: v.pipe(v.string(), v.description("Shown this once: keep it for the header X-Webhook-Secret")),
    url: v.string(),
    warnings: v.pipe(v.array(Warning), v.description("What is doubtful about the token or the address")),
  }),
  component("CreatedWebhook"),
);

/** A webhook as it is shown; neither token nor secret. */
export const Webhook = v.pipe(
  v.object({
    webhook_id: v.string(),
    name: v.string(),
    description: v.nullable(v.string()),
    counter_id: v.number(),
    url: v.string(),
    is_active: v.boolean(),
    delivery_paused: v.boolean(),
    time_zone: v.string(),
    time_zone_from: v.string(),
    default_currency: v.string(),
    default_currency_from: v.string(),
    language: v.picklist(["ru", "en"]),
    dedupe_by: v.picklist(["exact", "purchase"]),
    identifiers: v.picklist(["all", "best"]),
    create_missing_goals: v.boolean(),
    allow_personal_user_id: v.boolean(),
    uncertain_policy: v.picklist(["resend", "hold"]),
    account_id: v.pipe(
      v.nullable(v.string()),
      v.description("The Yandex account it sends through; null: a token of its own"),
    ),
    login: v.pipe(v.nullable(v.string()), v.description("Yandex login of the token, once known")),
    sending: v.object({
      paused_until: v.nullable(v.string()),
      reason: v.nullable(v.picklist(["unauthorized", "forbidden", "quota"])),
    }),
    created_at: v.string(),
    updated_at: v.string(),
    warnings: v.pipe(
      v.array(Warning),
      v.description("What is doubtful about the address; after a change, also about a new token"),
    ),
  }),
  component("Webhook"),
);

/** The new secret of a webhook. */
export const RotatedSecret = v.pipe(
  v.object({
    webhook_id: v.string(),
    secret: v.string(),
    previous_valid_until: v.pipe(v.string(), v.description("Until then the old secret is accepted too")),
  }),
  component("RotatedSecret"),
);

/** A wish to cancel conversions. */
export const Cancellation = v.pipe(
  v.strictObject({ dry_run: v.optional(v.pipe(v.boolean(), v.description("Only count. Default: false"))) }),
  component("Cancellation"),
);

/** What became of a wish to cancel conversions. */
export const Cancelled = v.pipe(
  v.object({
    cancelled: v.pipe(v.number(), v.description("Conversions that were cancelled, or would be")),
    not_cancellable: v.pipe(
      v.number(),
      v.description("Conversions on their way to Metrika, which cannot delete; of a batch also those that it has"),
    ),
    dry_run: v.boolean(),
  }),
  component("Cancelled"),
);

/** A page of a list. */
export const pageOf = <Row extends v.GenericSchema>(name: string, row: Row) =>
  v.pipe(
    v.object({
      data: v.array(row),
      next_cursor: v.pipe(v.nullable(v.string()), v.description("Give it as `cursor` for the next page")),
    }),
    component(`${name}Page`),
  );
