import { crmDefaults, defineSource, formToken, pathSecret } from "metrika-gateway/plugin";
import { Config } from "./config.ts";
import { answeredCall } from "./examples.ts";
import { handleNotification } from "./handle.ts";

/** Calls of UIS and CoMagic. */
export default defineSource({
  apiVersion: 1,
  name: "uis",
  version: "1.0.0",
  title: { ru: "UIS (CoMagic)", en: "UIS (CoMagic)" },
  summary: {
    ru: "Превращает звонки UIS и CoMagic в конверсии: принимает HTTP-уведомления по готовому шаблону.",
    en: "Makes conversions of calls of UIS and CoMagic: takes HTTP notifications made by a ready template.",
  },
  config: Config,
  defaults: crmDefaults,
  // UIS signs nothing.
  verify: ({ secret_in }) => (secret_in === "template" ? formToken("secret") : pathSecret()),
  routes(router) {
    const route = {
      methods: ["post"],
      summary: "Receive a notification of UIS",
      description: "Kept and answered at once, handled afterwards. The body is what the operator's template makes.",
      examples: { "application/json": answeredCall },
    } as const;
    router.rawIntake({ ...route, path: "/{source_id}", operationId: "receiveUisNotification" });
    router.rawIntake({ ...route, path: "/{source_id}/{secret}", operationId: "receiveUisNotificationBySecretAddress" });
  },
  handle: handleNotification,
});
