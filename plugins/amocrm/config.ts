import { dealMapping, secret } from "metrika-gateway/plugin";
import * as v from "valibot";

const text = (title: string, description: string) =>
  v.pipe(v.string(), v.minLength(1), v.maxLength(4096), v.title(title), v.description(description));

const OAuth = v.object({
  client_id: text("Integration id", "From the keys of the integration in amoCRM."),
  client_secret: secret(text("Secret key", "From the keys of the integration in amoCRM.")),
  redirect_uri: text("Redirect address", "Exactly as it stands in the integration."),
  code: secret(
    text(
      "Authorization code",
      "From the keys of the integration; it lives for 20 minutes and is exchanged once, for tokens that renew themselves. A new one connects anew.",
    ),
  ),
});

/** What a source of amoCRM is configured with. */
export const Config = v.object({
  domain: v.pipe(
    v.string(),
    v.regex(/^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.(?:amocrm\.ru|amocrm\.com|kommo\.com)$/),
    v.title("Address of the account"),
    v.description("As in the browser, without https: `acme.amocrm.ru`, `acme.kommo.com`."),
    v.examples(["acme.amocrm.ru"]),
  ),
  account_id: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,20}$/),
      v.title("Number of the account"),
      v.description("Where it is given, hooks of any other account are set aside even if they name the same address."),
    ),
  ),
  enrich: v.optional(
    v.pipe(
      v.boolean(),
      v.title("Ask amoCRM for the deal"),
      v.description(
        "Takes amount, fields, contact and time of closing from the API. Without it a hook alone is read, which often lacks them, and stages are known by their ids only.",
      ),
    ),
    true,
  ),
  access_token: v.optional(
    secret(text("Long-lived token", "Of a private integration. Either this or the keys of an integration are needed.")),
  ),
  oauth: v.optional(v.pipe(OAuth, v.title("Keys of an integration"), v.description("Instead of a long-lived token."))),
  catch_up: v.optional(
    v.pipe(
      v.boolean(),
      v.title("Fetch what hooks have missed"),
      v.description(
        "Reads the journal of stages every 15 minutes, and watches whether amoCRM has switched our hook off.",
      ),
    ),
    true,
  ),
  requests_per_second: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1),
      v.maxValue(50),
      v.title("Requests per second"),
      v.description("amoCRM allows an integration 7 in an account unless more were bought."),
    ),
    7,
  ),
  ...dealMapping({
    identifiers: { client_id: ["_ym_uid", "ym_uid", "ym_client_id", "yandex_client_id"], yclid: ["yclid"] },
  }),
});

/** See {@link Config}. */
export type Config = v.InferOutput<typeof Config>;
