import * as v from "valibot";
import { accountStates } from "../../core/accounts/account-state.ts";
import type { Localized } from "../../core/language.ts";
import { component } from "../../core/plugin/valibot-openapi.ts";
import { isOwnPath } from "../http/own-path.ts";
import { sourceChecks } from "./source-fields.ts";

/** Sentences for the checks below, by the message that each gives. */
export const accountChecks: Readonly<Record<string, Localized>> = {
  ...sourceChecks,
  return_to_foreign: {
    ru: "«{received}» — не путь на этом шлюзе. Укажите путь от корня, например /console/accounts.",
    en: "“{received}” is no path on this gateway. Give one from the root, such as /console/accounts.",
  },
};

const name = v.nullable(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200)));
const instant = v.nullable(v.string());
const Warning = v.object({ code: v.string(), message: v.string() });

/** How a connection begins. */
export const ConnectionStart = v.pipe(
  v.strictObject({
    return_to: v.optional(
      v.pipe(
        v.string(),
        v.maxLength(500),
        v.check(isOwnPath, "return_to_foreign"),
        v.description("A path on this gateway that the browser is sent to at the end, with `account_id` or `error`"),
      ),
    ),
    account_id: v.optional(
      v.pipe(v.string(), v.description("The account to connect anew. Default: whichever consents")),
    ),
    login_hint: v.optional(
      v.pipe(v.string(), v.minLength(1), v.maxLength(255), v.description("The login or e-mail that Yandex preselects")),
    ),
  }),
  component("ConnectionStart"),
);

/** A connection that has begun. */
export const BegunConnection = v.pipe(
  v.object({
    authorize_url: v.pipe(v.string(), v.description("Yandex's page where the person allows the access")),
    expires_at: v.pipe(v.string(), v.description("The connection must be finished before")),
  }),
  component("BegunConnection"),
);

/** What the browser was sent back with, for a program that ends a connection. */
export const ConnectionEnd = v.pipe(
  v.strictObject({
    code: v.pipe(v.string(), v.minLength(1), v.maxLength(1000)),
    state: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  }),
  component("ConnectionEnd"),
);

/** A token that a person has made. */
export const PastedToken = v.pipe(
  v.strictObject({
    token: v.pipe(
      v.string(),
      v.minLength(8),
      v.maxLength(2000),
      v.regex(/^[\x21-\x7e]+$/, "token_format"),
      v.description("OAuth token of Yandex; stored encrypted and never shown again"),
    ),
  }),
  component("PastedToken"),
);

/** What may be changed of an account. */
export const AccountChange = v.pipe(
  v.strictObject({ name: v.pipe(name, v.description("As people call it here; null: by its login alone")) }),
  component("AccountChange"),
);

/** A Yandex account as it is shown; its tokens are not. */
export const Account = v.pipe(
  v.object({
    account_id: v.string(),
    login: v.string(),
    name,
    origin: v.pipe(v.picklist(["oauth", "pasted"]), v.description("By consent, or by a token that was pasted")),
    state: v.pipe(
      v.picklist(accountStates),
      v.description(
        "`reconnect_needed`: only a new consent mends it. `expiring`: ends within 14 days and cannot be renewed",
      ),
    ),
    rights: v.pipe(v.nullable(v.array(v.string())), v.description("Null: Yandex did not tell them")),
    expires_at: v.pipe(instant, v.description("Null: unknown")),
    refresh_at: v.pipe(instant, v.description("When the access is renewed by itself; null: never")),
    refreshed_at: instant,
    connected_at: v.string(),
    disconnected_at: instant,
    sources: v.pipe(v.number(), v.description("Webhooks and other sources that send by it")),
    counters: v.pipe(v.number(), v.description("Counters that are attached through it")),
    sending: v.object({
      paused_until: instant,
      reason: v.nullable(v.picklist(["unauthorized", "forbidden", "quota"])),
    }),
    warnings: v.array(Warning),
  }),
  component("Account"),
);

/** An account that was just connected. */
export const ConnectedAccount = v.pipe(
  v.object({
    ...Account.entries,
    is_new: v.pipe(v.boolean(), v.description("false: the account was known and got new tokens; its sources stay")),
    visible_counters: v.pipe(v.number(), v.description("Counters of Metrika that it may see")),
  }),
  component("ConnectedAccount"),
);

/** What became of an account that was disconnected. */
export const DisconnectedAccount = v.pipe(
  v.object({
    account_id: v.string(),
    revocation: v.pipe(
      v.picklist(["revoked", "not_ours", "not_answering"]),
      v.description("What became of the token at Yandex; here it is destroyed in any case"),
    ),
    message: v.string(),
    sources_waiting: v.pipe(v.number(), v.description("Sources that stay and wait until it is connected anew")),
  }),
  component("DisconnectedAccount"),
);
