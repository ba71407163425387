import { crmDefaults, defineSource, signedForm } from "metrika-gateway/plugin";
import { checkMango } from "./check.ts";
import { Config } from "./config.ts";
import { callSummary, mangoForm } from "./examples.ts";
import { handleEvent } from "./handle.ts";

/** Calls of Mango Office. */
export default defineSource({
  apiVersion: 1,
  name: "mango",
  version: "1.0.0",
  title: { ru: "Mango Office", en: "Mango Office" },
  summary: {
    ru: "Превращает звонки Mango Office в конверсии; события подписаны, ClientID — по динамическому номеру.",
    en: "Makes conversions of Mango Office's calls; its events are signed, the ClientID is found by the dynamic number.",
  },
  config: Config,
  defaults: crmDefaults,
  // VPBX API 1.9, 2.4.3
  verify: signedForm({
    signature: "sign",
    fields: ["vpbx_api_key", "json"],
    over: ({ vpbx_api_key, json }, salt) => vpbx_api_key + json + salt,
    secretFrom: "sender",
  }),
  routes(router) {
    const route = {
      methods: ["post"],
      summary: "Receive an event of Mango Office",
      description:
        "Kept and answered at once, handled afterwards. Mango puts `events/summary` and other names behind the address that it is given; what an event is, its content tells.",
      examples: { "application/x-www-form-urlencoded": mangoForm(callSummary) },
    } as const;
    router.rawIntake({ ...route, path: "/{source_id}/events/{event}", operationId: "receiveMangoEvent" });
    router.rawIntake({ ...route, path: "/{source_id}/events/record/{event}", operationId: "receiveMangoRecordEvent" });
  },
  handle: handleEvent,
  check: checkMango,
});
