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

/** Further counters that the facts of one source may be for. */
const MOST_COUNTERS = 50;

const config = v.pipe(
  v.record(v.string(), v.unknown()),
  v.description("What its plugin asks for, see `config_schema` of GET /v1/plugins"),
);

const secret = v.pipe(
  v.string(),
  v.maxLength(2000),
  v.description("What its senders prove themselves by, where `secret_from` of the plugin is `sender` or `either`"),
);

/** What every source can be told, beside what webhooks can. */
const more = {
  ...options,
  dedupe_by: v.optional(
    v.pipe(
      v.picklist(["exact", "purchase"]),
      v.description(
        "`exact`: the same row is a repeat. `purchase`: one conversion for a purchase and target, whatever its time; CRMs key by deal. Default: the plugin's",
      ),
    ),
  ),
  identifiers: v.optional(
    v.pipe(
      v.picklist(["all", "best"]),
      v.description("Send every identifier of a row, or only the strongest. Default: the plugin's"),
    ),
  ),
  counters: v.optional(
    v.pipe(
      v.array(counterId),
      v.maxLength(MOST_COUNTERS),
      v.description("Counters besides its own that its facts may be for; its access must see each. Default: none"),
    ),
  ),
  match_by_contact: v.optional(
    v.pipe(
      v.picklist(["none", "md5"]),
      v.description(
        "A sale without an identifier: `none` refuses it, `md5` keeps the MD5 of its buyer's phone and e-mail, never the contact itself. Default: none",
      ),
    ),
  ),
  schedule: v.optional(
    v.pipe(
      v.nullable(v.pipe(v.string(), v.maxLength(100))),
      v.description("Five fields of a cron in the source's zone, or `off`; null: the plugin's own. Default: null"),
    ),
  ),
};

/** What a source is created from. */
export const NewSource = v.pipe(
  v.strictObject({
    plugin: v.pipe(v.string(), v.maxLength(100), v.description("One of GET /v1/plugins")),
    name,
    description,
    counter_id: counterId,
    token: v.optional(token),
    account_id: v.optional(accountId),
    config: v.optional(config),
    secret: v.optional(secret),
    ...more,
  }),
  v.forward(v.partialCheck([["token"], ["account_id"]], namesAccess, "token_or_account"), ["token"]),
  v.forward(v.partialCheck([["token"], ["account_id"]], namesOneAccess, "token_and_account"), ["account_id"]),
  component("NewSource"),
);

/** What may be changed; what is left out stays. */
export const SourceChangeBody = v.pipe(
  v.strictObject({
    name: v.optional(name),
    description,
    token: v.optional(token),
    account_id: v.optional(accountId),
    config: v.optional(
      v.pipe(
        v.record(v.string(), v.unknown()),
        v.description(
          "Replaces the config. A secret that is left out keeps its value, null takes it away; all else that is left out is gone",
        ),
      ),
    ),
    is_active: v.optional(v.pipe(v.boolean(), v.description("false: nothing is taken in and nothing run"))),
    delivery_paused: v.optional(
      v.pipe(
        v.boolean(),
        v.description("true: conversions are accepted and wait; nothing is sent until it is false again"),
      ),
    ),
    ...more,
  }),
  v.forward(v.partialCheck([["token"], ["account_id"]], namesOneAccess, "token_and_account"), ["account_id"]),
  component("SourceChange"),
);

/** A wish for a new secret. */
export const Rotation = v.pipe(
  v.strictObject({
    secret: v.optional(
      v.pipe(v.string(), v.maxLength(2000), v.description("The sender's own; default: the gateway makes one")),
    ),
  }),
  component("SecretRotation"),
);

const Warning = v.object({ code: v.string(), message: v.string() });
const instant = v.nullable(v.string());
const urls = v.array(
  v.object({
    methods: v.array(v.string()),
    url: v.pipe(
      v.string(),
      v.description("`{secret}` stands for the secret, where the sender shows it in the address"),
    ),
    summary: v.string(),
  }),
);
const addresses = v.array(
  v.object({
    methods: v.array(v.string()),
    url: v.string(),
    summary: v.string(),
    address_with_secret: v.pipe(
      v.nullable(v.string()),
      v.description("Shown this once: give it to the sender as it stands. Null where no secret stands in the address"),
    ),
  }),
);
const shownSecret = v.pipe(
  v.nullable(v.string()),
  v.description("Shown this once, where the gateway has made it; null where it is the sender's, or there is none"),
);

/** A source as it is shown; neither token nor secret. */
export const Source = v.pipe(
  v.object({
    source_id: v.string(),
    plugin: v.string(),
    plugin_version: v.pipe(v.nullable(v.string()), v.description("null: the plugin is not listed any more")),
    name: v.string(),
    description: v.nullable(v.string()),
    counter_id: v.number(),
    state: v.pipe(
      v.picklist(["active", "disabled", "waiting_for_person"]),
      v.description("`waiting_for_person`: it cannot be used as it is; `waiting_for` says why and what to do"),
    ),
    waiting_for: v.nullable(Warning),
    config: v.pipe(v.record(v.string(), v.unknown()), v.description("Without its secrets")),
    config_version: v.number(),
    secrets_set: v.pipe(
      v.array(v.string()),
      v.description("The secrets of the config that have a value, by their paths"),
    ),
    counters: v.array(v.number()),
    match_by_contact: v.picklist(["none", "md5"]),
    schedule: v.pipe(v.nullable(v.string()), v.description("A cron, or `off`; null: the plugin's own, if it has one")),
    next_run_at: instant,
    urls: v.pipe(urls, v.description("Where its senders send, and what else there is of it")),
    health: v.object({
      failures: v.pipe(v.number(), v.description("In a row, since it last worked")),
      resting_until: v.pipe(instant, v.description("After some failures nothing is tried until then")),
      last_failure: v.nullable(v.object({ code: v.string(), message: v.string(), failed_at: v.string() })),
      worked_at: instant,
    }),
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
      paused_until: instant,
      reason: v.nullable(v.picklist(["unauthorized", "forbidden", "quota"])),
    }),
    created_at: v.string(),
    updated_at: v.string(),
    warnings: v.pipe(
      v.array(Warning),
      v.description("What is doubtful about the address and the secret; after a change, also about a new token"),
    ),
  }),
  component("Source"),
);

/** A new source, with its secret. */
export const CreatedSource = v.pipe(
  v.object({ ...Source.entries, secret: shownSecret, urls: addresses }),
  component("CreatedSource"),
);

/** The new secret of a source. */
export const RotatedSourceSecret = v.pipe(
  v.object({
    source_id: v.string(),
    secret: shownSecret,
    previous_valid_until: v.pipe(v.string(), v.description("Until then the old secret is accepted too")),
    urls: addresses,
  }),
  component("RotatedSourceSecret"),
);

/** What a check of a source's connections found. */
export const SourceCheck = v.pipe(
  v.object({
    source_id: v.string(),
    ok: v.pipe(v.boolean(), v.description("Whether all is well, here and at Metrika")),
    checks: v.pipe(
      v.array(v.object({ code: v.string(), ok: v.boolean(), message: v.string() })),
      v.description("What its plugin has tried"),
    ),
    metrika: v.object({
      ok: v.boolean(),
      warnings: v.pipe(v.array(Warning), v.description("What is doubtful about its access to its counters")),
    }),
    checked_at: v.string(),
  }),
  component("SourceCheck"),
);
