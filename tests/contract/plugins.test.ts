import { setDefaultTimeout } from "bun:test";
import { type SourceContractOptions, sourceContract } from "metrika-gateway/plugin/testing";
import { bundled } from "../../gateway/plugins.ts";
import { createAmocrmDouble, DOUBLE_TOKEN } from "../../plugins/amocrm/amocrm-double.ts";
import { wonHook } from "../../plugins/amocrm/examples.ts";
import { account, NOW } from "../../plugins/amocrm/test-account.ts";
import { formExample, formMapping, jsonExample, jsonMapping } from "../../plugins/custom-webhook/examples.ts";
import { callbackRequest, cartRequest, testRequest } from "../../plugins/tilda/examples.ts";
import { crmExample, specificationExample } from "../../plugins/webhook-offline/examples.ts";
import { paidOrder } from "../../plugins/woocommerce/examples.ts";

// Each test starts a gateway of its own.
setDefaultTimeout(30_000);

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
const contracts: Readonly<Partial<Record<keyof typeof bundled, SourceContractOptions>>> = {
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
        conversions: [],
      },
    ],
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

for (const [name, plugin] of Object.entries(bundled)) {
  const contract = contracts[name as keyof typeof bundled];
  if (contract !== undefined) sourceContract(plugin, contract);
}
