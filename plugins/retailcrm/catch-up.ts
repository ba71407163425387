import {
  asList,
  asRecord,
  asText,
  type Deal,
  emitDeals,
  type Health,
  type Leftover,
  type SourceContext,
  triedChecks,
} from "metrika-gateway/plugin";
import * as v from "valibot";
import { createRetailcrmApi, type RetailcrmApi } from "./api.ts";
import type { Config } from "./config.ts";
import { orderDeal, type StatusChange } from "./to-deal.ts";

/** Up to where the history was read: behind an entry, or, before the first one, from a time of the account's zone. */
const Cursor = v.union([v.object({ since_id: v.string() }), v.object({ start_date: v.string() })]);
type Cursor = v.InferOutput<typeof Cursor>;

const CURSOR = "history";
const PAGE = "100";
/** What one run reads at the most; the next one goes on. */
const MOST_PAGES = 200;

/**
 * Reads the history of orders since the last run, and emits what came to a mapped status. The first run marks where the next begins.
 * @throws {RetryLater} {Unusable}
 */
export async function catchUp(source: SourceContext<Config>): Promise<readonly Leftover[]> {
  const { api_key } = source.config;
  if (api_key === undefined) return [];
  const api = createRetailcrmApi(source, api_key);
  const kept = v.safeParse(Cursor, await source.state.get(CURSOR));
  if (!kept.success) {
    await source.state.set(CURSOR, { start_date: localTime(source.now(), source.timeZone) } satisfies Cursor);
    return [];
  }
  let cursor = kept.output;
  const leftovers: Leftover[] = [];
  for (let page = 0; page < MOST_PAGES; page++) {
    const entries = await readHistory(api, cursor);
    const last = asText(asRecord(entries.at(-1)).id);
    if (last === null) break;
    leftovers.push(...(await emitDeals(source, source.config, await dealsOf(api, source.config, entries))));
    cursor = { since_id: last };
    await source.state.set(CURSOR, cursor);
    source.progress(page + 1);
  }
  return leftovers;
}

/** Tries the API key. */
export async function checkRetailcrm(source: SourceContext<Config>): Promise<Health> {
  const { api_key } = source.config;
  if (api_key === undefined) return { checks: [withoutKey] };
  const now = localTime(source.now(), source.timeZone);
  const checks = await triedChecks("token", async () => {
    await readHistory(createRetailcrmApi(source, api_key), { start_date: now });
    return [{ code: "token", ok: true, message: keyWorks }];
  });
  return { checks };
}

async function readHistory(api: RetailcrmApi, cursor: Cursor): Promise<readonly unknown[]> {
  const filter =
    "since_id" in cursor ? { "filter[sinceId]": cursor.since_id } : { "filter[startDate]": cursor.start_date };
  return asList((await api.get("/orders/history", { ...filter, limit: PAGE }))?.history);
}

/** Each order is asked for once, whatever it went through. */
async function dealsOf(api: RetailcrmApi, config: Config, entries: readonly unknown[]): Promise<readonly Deal[]> {
  const orders = new Map<string, Promise<unknown>>();
  const deals: Deal[] = [];
  for (const change of entries.flatMap(readChange)) {
    const order = orders.get(change.orderId) ?? readOrder(api, change);
    orders.set(change.orderId, order);
    const deal = orderDeal(await order, change, config);
    if (deal !== null) deals.push(deal);
  }
  return deals;
}

async function readOrder(api: RetailcrmApi, { orderId, site }: StatusChange): Promise<unknown> {
  const told = await api.get(`/orders/${orderId}`, { by: "id", ...(site !== null && { site }) });
  return told?.order;
}

/** What our own key has changed is no news. */
function readChange(entry: unknown): readonly StatusChange[] {
  const { field, newValue, order, createdAt, apiKey } = asRecord(entry);
  if (field !== "status" || asRecord(apiKey).current === true) return [];
  const { id, site } = asRecord(order);
  const [orderId, status, changedAt] = [asText(id), asText(asRecord(newValue).code), asText(createdAt)];
  // The id becomes a part of an address.
  if (orderId === null || !/^\d{1,20}$/.test(orderId) || status === null || changedAt === null) return [];
  return [{ orderId, status, changedAt, site: asText(site) }];
}

/** As RetailCRM writes times: "2026-11-20 15:00:00", in the account's zone. */
function localTime(at: Date, timeZone: string): string {
  const zone = /^[+-]/.test(timeZone)
    ? timeZone
    : new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone;
  return new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone: zone }).format(at);
}

const keyWorks = {
  ru: "Ключ API действует, историю заказов можно читать.",
  en: "The API key works, and the history of orders can be read.",
};

const withoutKey: Health["checks"][number] = {
  ...{ code: "token", ok: true },
  message: {
    ru: "Ключа API нет: приходит только то, что отправляют триггеры.",
    en: "There is no API key: only what triggers send comes in.",
  },
};
