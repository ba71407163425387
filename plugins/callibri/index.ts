import { crmDefaults, defineSource, pathSecret } from "metrika-gateway/plugin";
import { Config } from "./config.ts";
import { callEvent } from "./examples.ts";
import { handleEvent } from "./handle.ts";

/** Calls and other leads of Callibri. */
export default defineSource({
  apiVersion: 1,
  name: "callibri",
  version: "1.0.0",
  title: { ru: "Callibri", en: "Callibri" },
  summary: {
    ru: "Превращает звонки и обращения Callibri в конверсии по статусам и признаку лида.",
    en: "Makes conversions of Callibri's calls and leads by status and by whether they are leads.",
  },
  config: Config,
  defaults: crmDefaults,
  // Callibri signs nothing.
  verify: pathSecret(),
  routes(router) {
    router.rawIntake({
      path: "/{source_id}/{secret}",
      methods: ["post"],
      operationId: "receiveCallibriEvent",
      summary: "Receive an event of Callibri",
      examples: { "application/x-www-form-urlencoded": callEvent },
    });
  },
  handle: handleEvent,
});
