import { defineSource } from "metrika-gateway/plugin";
import { Config } from "./config.ts";
import { formExample, jsonExample } from "./examples.ts";
import { handle, keptHeaders } from "./handle.ts";
import { verifierOf } from "./proof.ts";

/** Any system that can send a request: its words are mapped to conversions by JSONata. */
export default defineSource({
  apiVersion: 1,
  name: "custom-webhook",
  version: "1.0.0",
  title: { ru: "Свой вебхук", en: "Custom webhook" },
  summary: {
    ru: "Принимает JSON или форму от любой системы и превращает в конверсии по вашим правилам, без кода.",
    en: "Takes JSON or a form of any system and turns it into conversions by rules of yours, without code.",
  },
  config: Config,
  // A key makes one sale of what is told twice; without one a row is known by all that it says, as everywhere.
  defaults: { dedupeBy: "purchase" },
  verify: ({ proof }) => verifierOf(proof),
  routes(router) {
    const examples = { "application/json": jsonExample, "application/x-www-form-urlencoded": formExample };
    const route = {
      methods: ["get", "post"],
      keepHeaders: keptHeaders,
      examples,
      summary: "Receive what another system tells",
      description: "Kept as it came and answered at once; mapped to conversions afterwards by the source's expression.",
    } as const;
    router.rawIntake({ ...route, path: "/{source_id}", operationId: "receiveCustomWebhook" });
    router.rawIntake({ ...route, path: "/{source_id}/{secret}", operationId: "receiveCustomWebhookBySecretAddress" });
  },
  handle,
});
