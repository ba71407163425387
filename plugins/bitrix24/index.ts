import { crmDefaults, defineSource, formToken } from "metrika-gateway/plugin";
import { catchUp } from "./catch-up.ts";
import { checkBitrix } from "./check.ts";
import { Config } from "./config.ts";
import { changedDeal } from "./examples.ts";
import { handleHook } from "./handle.ts";

/** Deals and leads of Bitrix24, in the cloud or on a server of one's own. */
export default defineSource({
  apiVersion: 1,
  name: "bitrix24",
  version: "1.0.0",
  title: { ru: "Битрикс24", en: "Bitrix24" },
  summary: {
    ru: "Превращает стадии сделок и лидов в конверсии: данные берёт с портала, пропущенное догоняет по изменениям.",
    en: "Makes conversions of stages of deals and leads: takes their data from the portal, and fetches what hooks have missed.",
  },
  config: Config,
  defaults: crmDefaults,
  // Shown in the settings of each outgoing webhook, and made by the portal.
  verify: formToken("auth[application_token]", "sender"),
  routes(router) {
    router.rawIntake({
      path: "/{source_id}",
      methods: ["post"],
      operationId: "receiveBitrix24Hook",
      summary: "Receive a hook of Bitrix24",
      description:
        "Takes events of an outgoing webhook or of an application. The body is kept and answered at once, since Bitrix24 tells each change once and slows down for slow receivers; what it tells is handled afterwards.",
      examples: { "application/x-www-form-urlencoded": changedDeal },
    });
  },
  handle: handleHook,
  schedule: { defaultCron: "*/15 * * * *", run: catchUp },
  check: checkBitrix,
});
