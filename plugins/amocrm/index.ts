import { crmDefaults, defineSource, pathSecret } from "metrika-gateway/plugin";
import { catchUp } from "./catch-up.ts";
import { checkAmocrm } from "./check.ts";
import { Config } from "./config.ts";
import { wonHook } from "./examples.ts";
import { handleHook } from "./handle.ts";

/** Leads of amoCRM and Kommo: each that comes to a mapped stage is a conversion. */
export default defineSource({
  apiVersion: 1,
  name: "amocrm",
  version: "1.0.0",
  title: { ru: "amoCRM", en: "amoCRM and Kommo" },
  summary: {
    ru: "Превращает смены стадий сделок в конверсии: сумму, поля и контакт берёт из amoCRM, пропущенное догоняет по журналу.",
    en: "Makes conversions of leads' stages: takes amount, fields and contact from amoCRM, and fetches what hooks have missed.",
  },
  config: Config,
  defaults: crmDefaults,
  // amoCRM signs nothing and sets neither headers nor fields.
  verify: pathSecret(),
  routes(router) {
    router.rawIntake({
      path: "/{source_id}/{secret}",
      methods: ["post"],
      operationId: "receiveAmocrmHook",
      summary: "Receive a hook of amoCRM",
      description:
        "Takes general hooks (WebHooks in amoCRM's settings) and those of the Digital Pipeline. The body is kept and answered at once, since amoCRM gives two seconds and switches a hook off after a hundred bad answers; what it tells is handled afterwards.",
      examples: { "application/x-www-form-urlencoded": wonHook },
    });
  },
  handle: handleHook,
  schedule: { defaultCron: "*/15 * * * *", run: catchUp },
  check: checkAmocrm,
});
