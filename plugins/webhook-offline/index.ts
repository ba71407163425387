import { defineSource, sharedSecret } from "metrika-gateway/plugin";
import * as v from "valibot";
import { intakeRoutes } from "./routes.ts";

/** Offline conversions that any program posts to a webhook of its own. */
export default defineSource({
  apiVersion: 1,
  name: "webhook-offline",
  version: "1.0.0",
  title: { ru: "Вебхук офлайн-конверсий", en: "Offline conversion webhook" },
  summary: {
    ru: "Принимает конверсии из CRM, телефонии и касс POST-запросами с секретом в заголовке.",
    en: "Takes conversions from CRMs, telephony and tills by POST with a secret in a header.",
  },
  // What a webhook can be told (zone, currency, dedupe…) are options that the platform has for every source.
  config: v.object({}),
  basePath: "/webhook/offline-conversions",
  verify: sharedSecret("X-Webhook-Secret"),
  routes: intakeRoutes,
});
