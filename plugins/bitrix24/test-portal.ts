import { recordingSource } from "metrika-gateway/plugin/testing";
import * as v from "valibot";
import { type Bitrix24Double, createBitrix24Double, DOUBLE_CODE, type DoublePortal } from "./bitrix24-double.ts";
import { Config } from "./config.ts";

/** What the tests' clock shows. */
export const NOW = new Date("2026-11-20T12:00:00Z");

/** When the tests' deal was won, by a server two hours ahead of Greenwich. */
export const MOVED_TIME = "2026-11-20T13:55:00+02:00";

/** A deal that was won, made of a lead, with a contact. */
export const wonDeal = {
  ...{ ID: "759", TITLE: "Окна", STAGE_ID: "WON", STAGE_SEMANTIC_ID: "S", CATEGORY_ID: "0", LEAD_ID: "123" },
  ...{
    CONTACT_ID: "84",
    OPPORTUNITY: "22500.50",
    CURRENCY_ID: "RUB",
    COMMENTS: null,
    CLOSEDATE: "2027-01-09T02:00:00+02:00",
  },
  ...{ MOVED_TIME, DATE_MODIFY: "2026-11-20T13:56:00+02:00", UF_CRM_EMPTY: [], UF_CRM_NO: false },
  UF_CRM_YM_UID: "1770146617335078468",
};

const stage = (STATUS_ID: string, NAME: string, SEMANTICS: string | null = null) => ({ STATUS_ID, NAME, SEMANTICS });

/** A portal with two pipelines, and what {@link wonDeal} was made of. */
export const portal = {
  deals: [wonDeal],
  leads: [
    {
      ...{ ID: "123", STATUS_ID: "CONVERTED", STATUS_SEMANTIC_ID: "S", OPPORTUNITY: "0.00", CURRENCY_ID: "RUB" },
      ...{ MOVED_TIME: "2026-11-20T12:00:00+02:00", DATE_MODIFY: "2026-11-20T12:00:00+02:00" },
      ...{ CONTACT_ID: null, UF_CRM_YCLID: "17465234987234598721" },
    },
  ],
  contacts: [{ ID: "84", NAME: "Anna", PHONE: [{ VALUE: "+79990000000" }], EMAIL: [{ VALUE: "buyer@shop.example" }] }],
  categories: [
    { id: 0, name: "Продажи" },
    { id: 3, name: "Сервис" },
  ],
  stages: {
    DEAL_STAGE: [stage("NEW", "Новая"), stage("WON", "Сделка успешна", "S"), stage("LOSE", "Провалена", "F")],
    DEAL_STAGE_3: [stage("C3:NEW", "Новая"), stage("C3:WON", "Выполнено", "S")],
    STATUS: [stage("IN_PROCESS", "В работе"), stage("CONVERTED", "Качественный лид", "S")],
  },
  fields: ["ID", "OPPORTUNITY", "UF_CRM_YM_UID", "UF_CRM_YCLID"],
} satisfies Partial<DoublePortal>;

let portals = 0;

/** A source of a Bitrix24 double. Each has a portal of its own, since the rate of requests is kept by portal. */
export function createTestSource(
  config: Partial<v.InferInput<typeof Config>> = {},
  given: Partial<DoublePortal> = {},
): { readonly source: ReturnType<typeof recordingSource<Config>>; readonly bitrix: Bitrix24Double } {
  const domain = `acme-${++portals}.bitrix24.test`;
  const bitrix = createBitrix24Double({ ...portal, domain, ...given });
  const parsed = v.parse(Config, {
    ...{ domain, webhook_address: `https://${domain}/rest/1/${DOUBLE_CODE}/`, plan: "enterprise" },
    ...{ targets: [{ stages: ["S"], target: "deal_won" }], ignore_stages: ["F"] },
    ...config,
  });
  return { source: recordingSource(parsed, { fetch: bitrix.fetch, now: () => NOW }), bitrix };
}
