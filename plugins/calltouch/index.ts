import { crmDefaults, defineSource, pathSecret } from "metrika-gateway/plugin";
import { Config } from "./config.ts";
import { callHook } from "./examples.ts";
import { handleHook } from "./handle.ts";

/** Calls, requests and deals of Calltouch. */
export default defineSource({
  apiVersion: 1,
  name: "calltouch",
  version: "1.0.0",
  title: { ru: "Calltouch", en: "Calltouch" },
  summary: {
    ru: "Превращает звонки, заявки и сделки Calltouch в конверсии по статусам, уникальности и тегам.",
    en: "Makes conversions of Calltouch's calls, requests and deals by status, uniqueness and tags.",
  },
  config: Config,
  defaults: crmDefaults,
  // Calltouch signs nothing; its hooks come from 92.118.66.0/23. https://www.calltouch.ru/support/otpravka-informatsii-o-zvonkakh-zayavkakh-chatakh-iz-calltouch-v-lyubuyu-sistemu-s-pomoshchyu-webhoo/
  verify: pathSecret(),
  routes(router) {
    router.rawIntake({
      path: "/{source_id}/{secret}",
      methods: ["get", "post"],
      operationId: "receiveCalltouchHook",
      summary: "Receive a hook of Calltouch",
      description:
        "Kept and answered at once, handled afterwards. `?event=` says what the hook is about: `call` unless told otherwise, `request`, `deal`, `chat`.",
      examples: { "application/x-www-form-urlencoded": callHook },
    });
  },
  handle: handleHook,
});
