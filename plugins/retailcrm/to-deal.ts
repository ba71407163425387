import { asList, asRecord, asText, type Deal, type DealField } from "metrika-gateway/plugin";
import type { Config } from "./config.ts";

/** Names of contacts in a trigger's body; they never become fields. */
const CONTACTS = new Set(["phone", "email"]);

/** What a trigger told, in the words of our template; null without a number or a status. */
export function triggerDeal(body: unknown, { domain }: Pick<Config, "domain">, receivedAt: Date): Deal | null {
  const told = asRecord(body);
  const [number, status] = [asText(told.number), asText(told.status)];
  if (number === null || status === null) return null;
  return {
    ...{ account: domain, kind: "order", id: number },
    pipeline: siteOf(told.site),
    stage: [status],
    happenedAt: asText(told.status_updated_at) ?? receivedAt.toISOString(),
    price: asText(told.total),
    currency: asText(told.currency),
    fields: Object.entries(told).flatMap(([name, value]) => (CONTACTS.has(name) ? [] : field(name, value))),
    contact: { phones: texts(told.phone), emails: texts(told.email) },
  };
}

/** A change of an order's status, as the history tells it. Times have no zone: they are the account's. */
export interface StatusChange {
  readonly orderId: string;
  readonly site: string | null;
  readonly status: string;
  readonly changedAt: string;
}

/** An order of the API at a status that it came to; null for an order without a number. */
export function orderDeal(told: unknown, change: StatusChange, config: Config): Deal | null {
  const order = asRecord(told);
  const number = asText(order.number);
  if (number === null) return null;
  const customer = asRecord(order.customer);
  return {
    ...{ account: config.domain, kind: "order", id: number },
    pipeline: siteOf(order.site),
    stage: [change.status],
    happenedAt: timeOf(order, change, config),
    price: asText(config.amount === "goods" ? order.summ : order.totalSumm),
    currency: asText(order.currency),
    fields: [
      // PHP: empty, it is a list.
      ...Object.entries(asRecord(order.customFields)).flatMap(([name, value]) => field(name, value)),
      ...["clientId", "externalId", "number", "orderMethod", "orderType"].flatMap((name) => field(name, order[name])),
      ...["firstClientId", "lastClientId"].flatMap((name) => field(name, customer[name])),
      ...field("customer.externalId", customer.externalId),
      ...Object.entries(asRecord(customer.customFields)).flatMap(([name, value]) => field(name, value)),
    ],
    contact: {
      phones: [...texts(order.phone), ...asList(customer.phones).flatMap((it) => texts(asRecord(it).number))],
      emails: [...texts(order.email), ...texts(customer.email)],
    },
  };
}

/** The order's own time of its status, while it is still at it; it has moved on otherwise. */
function timeOf(order: Readonly<Record<string, unknown>>, change: StatusChange, { happened_at }: Config): string {
  const paid = happened_at === "payment" ? asText(order.fullPaidAt) : null;
  const own = asText(order.status) === change.status ? asText(order.statusUpdatedAt) : null;
  return paid ?? own ?? change.changedAt;
}

/** Shops of one account, which a target may name as its pipeline. */
const siteOf = (site: unknown): readonly string[] => texts(site);

/** The id of another analytics system has other characters; the mapping takes digits alone. */
const field = (code: string, value: unknown): readonly DealField[] => {
  const values = texts(value);
  return values.length === 0 ? [] : [{ id: null, code, name: null, values }];
};

function texts(value: unknown): readonly string[] {
  const text = asText(value);
  return text === null ? [] : [text];
}
