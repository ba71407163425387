import { dealMapping, secret } from "metrika-gateway/plugin";
import * as v from "valibot";

/** What a source of RetailCRM is configured with. The `stages` of its targets are codes of order statuses: `complete`. */
export const Config = v.object({
  domain: v.pipe(
    v.string(),
    v.regex(/^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.(?:retailcrm\.ru|retailcrm\.pro|simla\.com)$/),
    v.title("Address of the account"),
    v.description("As in the browser, without https: `acme.retailcrm.ru`."),
    v.examples(["acme.retailcrm.ru"]),
  ),
  api_key: v.optional(
    v.pipe(
      secret(v.pipe(v.string(), v.minLength(8), v.maxLength(255))),
      v.title("API key"),
      v.description(
        "Administration → Integration → API access keys, with the rights to read orders. With it changes of status are read from the history every five minutes, and a trigger is not needed.",
      ),
    ),
  ),
  happened_at: v.optional(
    v.pipe(
      v.picklist(["status", "payment"]),
      v.title("Time of a conversion"),
      v.description("`status`: when the order came to its status. `payment`: when it was paid in full, where it was."),
    ),
    "status",
  ),
  amount: v.optional(
    v.pipe(
      v.picklist(["total", "goods"]),
      v.title("Amount of an order"),
      v.description("`total`: with delivery. `goods`: without it."),
    ),
    "total",
  ),
  ...dealMapping({
    identifiers: {
      client_id: ["clientId", "client_id", "firstClientId", "lastClientId", "ym_client_id", "_ym_uid"],
      yclid: ["yclid"],
    },
  }),
});

/** See {@link Config}. */
export type Config = v.InferOutput<typeof Config>;
