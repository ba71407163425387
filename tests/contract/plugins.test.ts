import { setDefaultTimeout } from "bun:test";
import { type SourceContractOptions, sourceContract } from "metrika-gateway/plugin/testing";
import { bundled } from "../../gateway/plugins.ts";
import { createAmocrmDouble, DOUBLE_TOKEN } from "../../plugins/amocrm/amocrm-double.ts";
import { wonHook } from "../../plugins/amocrm/examples.ts";
import { account, NOW } from "../../plugins/amocrm/test-account.ts";
import { createBitrix24Double, DOUBLE_CODE } from "../../plugins/bitrix24/bitrix24-double.ts";
import { changedDeal } from "../../plugins/bitrix24/examples.ts";
import { portal } from "../../plugins/bitrix24/test-portal.ts";
import { callEvent } from "../../plugins/callibri/examples.ts";
import { callHook, trialHook } from "../../plugins/calltouch/examples.ts";
import { formExample, formMapping, jsonExample, jsonMapping } from "../../plugins/custom-webhook/examples.ts";
import { exampleKeys, visitorInfo } from "../../plugins/mango/examples.ts";
import { triggerBody } from "../../plugins/retailcrm/examples.ts";
import { callbackRequest, cartRequest, testRequest } from "../../plugins/tilda/examples.ts";
import { answeredCall } from "../../plugins/uis/examples.ts";
import { crmExample, specificationExample } from "../../plugins/webhook-offline/examples.ts";
import { paidOrder } from "../../plugins/woocommerce/examples.ts";

// Each test starts a gateway of its own.
setDefaultTimeout(30_000);

const bitrix = createBitrix24Double({ ...portal, domain: "acme.bitrix24.test" });

/** Half an hour after the calls. */
const CALLED = new Date("2026-11-20T13:00:00Z");
const callAt = (time: string) => ({
  ...{ client_id: "1770146617335078468", target: "call", date_time: `2026-11-20T${time}Z` },
});

const amocrm = createAmocrmDouble({ ...account, domain: "acme.amocrm.ru" });

/** Instants are told in UTC. */
const RECEIVED = NOW.toISOString().replace(".000", "");

const crmConversions = [
  {
    ...{ client_id: "1772125921407675467", target: "purchase", date_time: "2026-11-20T15:05:00Z" },
    ...{ price: "24990.5", currency: "RUB", purchase_id: "deal-10231" },
  },
  { yclid: "17465234987234598721", target: "lead", date_time: "2026-11-20T15:05:00Z" },
  { user_id: "client-5512", target: "call", date_time: "2026-11-20T15:07:12Z", price: "0", currency: "RUB" },
];

/** What the contract of each bundled plugin is run with: the requests that its README and the document show. */
const contracts: Readonly<Record<keyof typeof bundled, SourceContractOptions>> = {
  "webhook-offline": {
    ...{ config: {}, now: new Date("2026-11-21T00:00:00Z") },
    examples: [
      {
        name: "the specification's own request",
        request: { body: specificationExample },
        conversions: [
          {
            ...{ client_id: "1234567890.1234567890", target: "purchase", date_time: "2025-07-01T09:34:56Z" },
            ...{ price: "1500", currency: "RUB", purchase_id: "order123" },
          },
        ],
      },
      { name: "sales of a CRM", request: { body: crmExample }, conversions: crmConversions },
    ],
  },
  "custom-webhook": {
    ...{ config: { mapping: jsonMapping, proof: { by: "header", header: "X-Shop-Secret" } }, now: NOW },
    junkConfigs: [{ config: {}, field: "config.mapping" }],
    examples: [
      {
        name: "orders in JSON, by fields",
        request: { body: jsonExample },
        conversions: [
          {
            ...{ client_id: "1770146617335078468", target: "order_paid", date_time: "2026-11-20T07:15:00Z" },
            ...{ price: "15990", currency: "RUB" },
          },
          {
            ...{ client_id: "1664435673909428135", target: "order_paid", date_time: "2026-11-20T07:40:00Z" },
            ...{ price: "490.5", currency: "RUB" },
          },
        ],
      },
      {
        name: "a till's form, by an expression",
        config: { mapping: formMapping, proof: { by: "header", header: "X-Shop-Secret" } },
        request: { body: new URLSearchParams(formExample).toString() },
        conversions: [
          {
            ...{ client_id: "1770146617335078468", target: "till_sale", date_time: RECEIVED },
            ...{ price: "1990.5", currency: "RUB" },
          },
        ],
      },
    ],
  },
  tilda: {
    now: NOW,
    config: {
      targets: [
        { stages: ["cart"], target: "order" },
        { stages: ["form508388136"], target: "callback", price: { from: "none" } },
      ],
    },
    junkConfigs: [
      { config: {}, field: "config.targets" },
      { config: { targets: [{ stages: ["cart"] }] }, field: "config.targets.0.target" },
    ],
    examples: [
      {
        name: "an order in the cart",
        request: { body: cartRequest },
        conversions: [
          {
            ...{ client_id: "1770146617335078468", target: "order", date_time: RECEIVED },
            ...{ price: "50600", currency: "RUB" },
          },
        ],
      },
      {
        name: "a request for a call back",
        request: { body: callbackRequest },
        conversions: [{ client_id: "166981941248857364", target: "callback", date_time: RECEIVED }],
      },
      { name: "Tilda's test", request: { body: testRequest }, conversions: [], leftovers: ["test_request"] },
    ],
  },
  woocommerce: {
    now: new Date("2026-11-21T00:00:00Z"),
    config: { site: "shop.example.test", targets: [{ stages: ["processing"], target: "order_paid" }] },
    junkConfigs: [{ config: { targets: "all" }, field: "config.targets" }],
    examples: [
      {
        name: "an order that was paid",
        request: {
          body: paidOrder,
          headers: { "x-wc-webhook-topic": "order.updated", "x-wc-webhook-source": "https://shop.example.test/" },
        },
        conversions: [
          {
            ...{ client_id: "1770146617335078468", target: "order_paid", date_time: "2026-11-20T19:28:08Z" },
            ...{ price: "2990.35", currency: "RUB" },
          },
        ],
      },
    ],
  },
  retailcrm: {
    now: NOW,
    config: { domain: "acme.retailcrm.ru", targets: [{ stages: ["complete"], target: "order_done" }] },
    junkConfigs: [{ config: { domain: "acme.example", targets: [] }, field: "config.domain" }],
    examples: [
      {
        name: "a trigger by our template",
        request: { body: triggerBody },
        conversions: [
          {
            ...{ client_id: "1770146617335078468", target: "order_done", date_time: "2026-11-20T10:30:06Z" },
            ...{ price: "1395.16", currency: "RUB" },
          },
        ],
      },
    ],
  },
  bitrix24: {
    now: NOW,
    fetch: bitrix.fetch,
    config: {
      ...{ domain: "acme.bitrix24.test", webhook_address: `https://acme.bitrix24.test/rest/1/${DOUBLE_CODE}/` },
      ...{ plan: "enterprise", targets: [{ stages: ["S"], target: "deal_won" }] },
    },
    options: { secret: "a-token-of-this-test-alone" },
    junkConfigs: [{ config: { domain: "https://acme.bitrix24.test" }, field: "config.domain" }],
    examples: [
      {
        name: "a deal that was won",
        request: { body: changedDeal.replace(/&auth\[application_token\]=[^&]*/, "").replaceAll(".ru", ".test") },
        conversions: [
          {
            ...{ client_id: "1770146617335078468", target: "deal_won", date_time: "2026-11-20T11:55:00Z" },
            ...{ price: "22500.5", currency: "RUB" },
          },
        ],
      },
    ],
  },
  callibri: {
    now: CALLED,
    config: { targets: [{ pipeline: "call", stages: ["lid"], target: "call" }] },
    junkConfigs: [{ config: {}, field: "config.targets" }],
    examples: [{ name: "a call that is a lead", request: { body: callEvent }, conversions: [callAt("12:32:47")] }],
  },
  calltouch: {
    now: CALLED,
    config: {
      targets: [{ pipeline: "call", stages: ["unique_successful"], target: "call", price: { from: "none" } }],
    },
    junkConfigs: [{ config: {}, field: "config.targets" }],
    examples: [
      { name: "an answered call", request: { body: callHook }, conversions: [callAt("12:32:47")] },
      { name: "Calltouch's trial", request: { body: trialHook }, conversions: [], leftovers: ["test_request"] },
    ],
  },
  uis: {
    now: CALLED,
    config: { targets: [{ pipeline: "in", stages: ["first_answered"], target: "call" }] },
    junkConfigs: [{ config: {}, field: "config.targets" }],
    examples: [{ name: "an answered call", request: { body: answeredCall }, conversions: [callAt("12:34:05")] }],
  },
  mango: {
    now: CALLED,
    fetch: async () => Response.json(visitorInfo),
    config: { targets: [{ pipeline: "in", stages: ["answered"], target: "call" }], api: exampleKeys },
    options: { secret: exampleKeys.salt },
    junkConfigs: [{ config: {}, field: "config.targets" }],
    examples: [],
  },
  amocrm: {
    now: NOW,
    fetch: amocrm.fetch,
    config: {
      ...{ domain: "acme.amocrm.ru", access_token: DOUBLE_TOKEN, requests_per_second: 50 },
      targets: [{ stages: ["142"], target: "deal_won" }],
    },
    junkConfigs: [{ config: { domain: "acme.amocrm.ru", access_token: DOUBLE_TOKEN }, field: "config.targets" }],
    examples: [
      {
        name: "a lead that was won",
        request: { body: wonHook },
        conversions: [
          {
            ...{ client_id: "1770146617335078468", yclid: "17465234987234598721", target: "deal_won" },
            ...{ date_time: "2026-11-20T11:00:00Z", price: "22500", currency: "RUB" },
          },
        ],
      },
    ],
  },
};

for (const [name, plugin] of Object.entries(bundled)) sourceContract(plugin, contracts[name as keyof typeof bundled]);
