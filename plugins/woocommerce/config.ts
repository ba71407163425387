import { dealMapping } from "metrika-gateway/plugin";
import * as v from "valibot";

/** What a source of WooCommerce is configured with. The `stages` of its targets are statuses of orders: `processing`, `completed`. */
export const Config = v.object({
  site: v.pipe(
    v.string(),
    v.toLowerCase(),
    v.regex(/^[\p{L}\d](?:[\p{L}\d.-]{0,251}[\p{L}\d])?$/u),
    v.title("Host of the shop"),
    v.description("As in the browser, without https: `shop.example`. Hooks of another shop are set aside."),
    v.examples(["shop.example"]),
  ),
  ...dealMapping({
    identifiers: {
      client_id: ["ym_client_id", "_ym_uid", "_ym_client_id", "yandex_client_id"],
      yclid: ["yclid", "_yclid"],
    },
  }),
});

/** See {@link Config}. */
export type Config = v.InferOutput<typeof Config>;
