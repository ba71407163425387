import { crmDefaults, defineSource, sharedSecret } from "metrika-gateway/plugin";
import { catchUp, checkRetailcrm } from "./catch-up.ts";
import { Config } from "./config.ts";
import { triggerBody } from "./examples.ts";
import { handleTrigger } from "./handle.ts";

/** Orders of RetailCRM, by its history or by triggers. */
export default defineSource({
  apiVersion: 1,
  name: "retailcrm",
  version: "1.0.0",
  title: { ru: "RetailCRM", en: "RetailCRM" },
  summary: {
    ru: "Превращает статусы заказов в конверсии: читает историю по API или принимает триггеры.",
    en: "Makes conversions of orders' statuses: reads the history by API, or takes triggers.",
  },
  config: Config,
  defaults: crmDefaults,
  // A trigger's HTTP request may have headers, and signs nothing.
  verify: sharedSecret("X-Webhook-Secret"),
  routes(router) {
    router.rawIntake({
      path: "/{source_id}",
      methods: ["post"],
      operationId: "receiveRetailcrmTrigger",
      summary: "Receive a trigger of RetailCRM",
      description: "The HTTP request of a trigger, with the body of our template. Kept and answered at once.",
      examples: { "application/json": triggerBody },
    });
  },
  handle: handleTrigger,
  schedule: { defaultCron: "*/5 * * * *", run: catchUp },
  check: checkRetailcrm,
});
