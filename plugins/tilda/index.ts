import { crmDefaults, defineSource, pathSecret } from "metrika-gateway/plugin";
import { Config } from "./config.ts";
import { cartRequest } from "./examples.ts";
import { handleForm } from "./handle.ts";

/** Forms and carts of sites on Tilda. */
export default defineSource({
  apiVersion: 1,
  name: "tilda",
  version: "1.0.0",
  title: { ru: "Tilda", en: "Tilda" },
  summary: {
    ru: "Превращает заявки и заказы из форм Tilda в конверсии; ClientID берёт из cookie посетителя.",
    en: "Makes conversions of requests and orders from Tilda's forms; takes the ClientID from the visitor's cookies.",
  },
  config: Config,
  defaults: crmDefaults,
  // Tilda signs nothing (https://help-ru.tilda.cc/formsscript).
  verify: pathSecret(),
  routes(router) {
    router.rawIntake({
      path: "/{source_id}/{secret}",
      methods: ["post"],
      operationId: "receiveTildaForm",
      summary: "Receive a form of Tilda",
      description:
        "Kept and answered at once, since Tilda waits five seconds and tries twice more; handled afterwards. Switch on the sending of cookies in the webhook's settings.",
      examples: { "application/x-www-form-urlencoded": cartRequest },
      answer: { type: "text/plain; charset=utf-8", body: "ok" },
    });
  },
  handle: handleForm,
});
