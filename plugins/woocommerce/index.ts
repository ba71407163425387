import { crmDefaults, defineSource, hmac } from "metrika-gateway/plugin";
import { Config } from "./config.ts";
import { paidOrder } from "./examples.ts";
import { handleOrder, isPing, SOURCE, TOPIC } from "./handle.ts";

/** Orders of shops on WooCommerce. */
export default defineSource({
  apiVersion: 1,
  name: "woocommerce",
  version: "1.0.0",
  title: { ru: "WooCommerce", en: "WooCommerce" },
  summary: {
    ru: "Превращает статусы заказов магазина в конверсии; вебхуки подписаны, ClientID берётся из данных заказа.",
    en: "Makes conversions of a shop's order statuses; its webhooks are signed, the ClientID comes from the order's data.",
  },
  config: Config,
  defaults: crmDefaults,
  // https://woocommerce.github.io/woocommerce-rest-api-docs/#webhooks
  verify: hmac({ header: "x-wc-webhook-signature", algorithm: "sha256", encoding: "base64" }),
  routes(router) {
    router.rawIntake({
      path: "/{source_id}",
      methods: ["post"],
      operationId: "receiveWoocommerceOrder",
      summary: "Receive an order of WooCommerce",
      description:
        "Kept and answered at once: five answers in a row that are not 2xx switch the webhook off. Handled afterwards.",
      examples: { "application/json": paidOrder },
      keepHeaders: [TOPIC, SOURCE, "x-wc-webhook-delivery-id"],
      isGreeting: async (sent) => isPing(await sent.readForm()),
    });
  },
  handle: handleOrder,
});
