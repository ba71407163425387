import * as v from "valibot";
import { component } from "../../core/plugin/valibot-openapi.ts";
import {
  accountId,
  counterId,
  description,
  name,
  namesAccess,
  namesOneAccess,
  options,
  token,
} from "./source-fields.ts";

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
  v.forward(v.partialCheck([["token"], ["account_id"]], namesAccess, "token_or_account"), ["token"]),
  v.forward(v.partialCheck([["token"], ["account_id"]], namesOneAccess, "token_and_account"), ["account_id"]),
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
  v.forward(v.partialCheck([["token"], ["account_id"]], namesOneAccess, "token_and_account"), ["account_id"]),
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
