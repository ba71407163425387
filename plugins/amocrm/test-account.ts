import { recordingSource } from "metrika-gateway/plugin/testing";
import * as v from "valibot";
import { type AmocrmDouble, createAmocrmDouble, DOUBLE_TOKEN, type DoubleAccount } from "./amocrm-double.ts";
import { Config } from "./config.ts";

/** What the tests' clock shows. */
export const NOW = new Date("2026-11-20T12:00:00Z");

/** When the tests' lead was closed, Unix seconds. */
export const CLOSED_AT = NOW.getTime() / 1000 - 3600;

const field = (field_code: string, value: string) => ({ field_code, values: [{ value }] });

/** A lead that was won, with its contact, in an account of its own. */
export const account = {
  pipelines: [
    {
      ...{ id: 9217056, name: "Продажи" },
      stages: { 20067736: "Переговоры", 142: "Успешно реализовано", 143: "Закрыто и не реализовано" },
    },
  ],
  leads: [
    {
      ...{ id: 10701093, status_id: 142, pipeline_id: 9217056, price: 22500, is_deleted: false },
      ...{ updated_at: CLOSED_AT + 600, closed_at: CLOSED_AT },
      custom_fields_values: [field("_YM_UID", "1770146617335078468")],
      _embedded: {
        contacts: [
          { id: 5, is_main: false },
          { id: 10971465, is_main: true },
        ],
      },
    },
  ],
  contacts: [
    { id: 10971465, custom_fields_values: [field("PHONE", "+79990000000"), field("YCLID", "17465234987234598721")] },
  ],
  fields: [{ id: 66339, name: "Metrika ClientID", code: "_YM_UID", type: "tracking_data" }],
} satisfies Partial<DoubleAccount>;

let accounts = 0;

/** A source of an amoCRM double. Each has a domain of its own, since the rate of requests is kept by domain. */
export function createTestSource(
  config: Partial<v.InferInput<typeof Config>> = {},
  given: Partial<DoubleAccount> = {},
): {
  readonly source: ReturnType<typeof recordingSource<Config>>;
  readonly amocrm: AmocrmDouble;
  readonly subdomain: string;
} {
  const subdomain = `acme-${++accounts}`;
  const amocrm = createAmocrmDouble({ ...account, domain: `${subdomain}.amocrm.ru`, ...given });
  const parsed = v.parse(Config, {
    ...{ domain: `${subdomain}.amocrm.ru`, access_token: DOUBLE_TOKEN, requests_per_second: 50 },
    targets: [{ stages: ["142"], target: "deal_won" }],
    ...config,
  });
  return { source: recordingSource(parsed, { fetch: amocrm.fetch, now: () => NOW }), amocrm, subdomain };
}
