import type { SourcePlugin } from "../core/plugin/contract.ts";
import amocrm from "../plugins/amocrm/index.ts";
import bitrix24 from "../plugins/bitrix24/index.ts";
import callibri from "../plugins/callibri/index.ts";
import calltouch from "../plugins/calltouch/index.ts";
import customWebhook from "../plugins/custom-webhook/index.ts";
import mango from "../plugins/mango/index.ts";
import retailcrm from "../plugins/retailcrm/index.ts";
import tilda from "../plugins/tilda/index.ts";
import uis from "../plugins/uis/index.ts";
import webhookOffline from "../plugins/webhook-offline/index.ts";
import woocommerce from "../plugins/woocommerce/index.ts";

/** Plugins that come with the gateway, by name. A new bundled plugin is one line here; others are loaded by `plugins/load-plugins.ts`. */
export const bundled = {
  "webhook-offline": webhookOffline,
  "custom-webhook": customWebhook,
  amocrm,
  callibri,
  calltouch,
  mango,
  bitrix24,
  retailcrm,
  tilda,
  uis,
  woocommerce,
} as const satisfies Readonly<Record<string, SourcePlugin>>;
