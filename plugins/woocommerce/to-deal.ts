import Big from "big.js";
import { asList, asRecord, asText, type Deal, type DealField } from "metrika-gateway/plugin";

/** Names without `_gmt` are times of the site, whose zone a hook does not tell. */
const TIMES = ["date_completed_gmt", "date_paid_gmt", "date_modified_gmt", "date_created_gmt"] as const;

/**
 * An order as WooCommerce has it (https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties); null for what is none.
 * @param site the shop's host, part of the order's key
 */
export function toDeal(body: unknown, site: string, receivedAt: Date): Deal | null {
  const order = asRecord(body);
  const [id, status] = [asText(order.id), asText(order.status)];
  if (id === null || status === null) return null;
  const { phone, email } = asRecord(order.billing);
  const total = asText(order.total);
  return {
    account: site,
    kind: "order",
    id,
    pipeline: [],
    stage: [status],
    happenedAt: timeOf(order, status) ?? receivedAt.toISOString(),
    price: total,
    currency: asText(order.currency),
    fields: [...ownFields(order, total), ...metaFields(order.meta_data)],
    contact: { phones: texts(phone), emails: texts(email) },
  };
}

/** When it was completed, where that is what it is; otherwise when it was paid, else last changed. */
function timeOf(order: Readonly<Record<string, unknown>>, status: string): string | null {
  const [completed, ...others] = TIMES;
  const names = status === "completed" ? [completed, ...others] : others;
  const time = names.map((name) => asText(order[name])).find((text) => text !== null);
  // It is UTC, and does not say so.
  return time === undefined || time === null ? null : time.replace(/(?:Z|[+-]\d{2}:?\d{2})?$/i, "Z");
}

function ownFields(order: Readonly<Record<string, unknown>>, total: string | null): readonly DealField[] {
  const customer = asText(order.customer_id);
  const own: readonly (readonly [string, string | null])[] = [
    ["id", asText(order.id)],
    ["number", asText(order.number)],
    // 0 is a guest.
    ["customer_id", customer === "0" ? null : customer],
    ["payment_method", asText(order.payment_method)],
    ["created_via", asText(order.created_via)],
    ["discount_total", asText(order.discount_total)],
    ["shipping_total", asText(order.shipping_total)],
    ["net_total", netOf(total, order.refunds)],
  ];
  return own.flatMap(([code, value]) => (value === null ? [] : [field(code, [value])]));
}

/** What stays after refunds, which WooCommerce tells as negative totals. */
function netOf(total: string | null, refunds: unknown): string | null {
  const parts = [total, ...asList(refunds).map((refund) => asText(asRecord(refund).total))];
  if (!parts.every((part) => part !== null && /^-?\d+(?:\.\d+)?$/.test(part))) return null;
  const net = parts.reduce((sum, part) => sum.plus(part ?? "0"), new Big(0));
  return net.lt(0) ? "0" : net.toFixed();
}

/** What plugins of the shop have kept with the order; the name depends on the plugin, and a value may be an object. */
const metaFields = (meta: unknown): readonly DealField[] =>
  asList(meta).flatMap((entry) => {
    const { key, value } = asRecord(entry);
    const code = asText(key);
    if (code === null) return [];
    const values = texts(value);
    const inner = Object.entries(asRecord(value)).map(([name, part]) => field(`${code}.${name}`, texts(part)));
    return values.length > 0 ? [field(code, values)] : inner.filter((it) => it.values.length > 0);
  });

const field = (code: string, values: readonly string[]): DealField => ({ id: null, code, name: null, values });

function texts(value: unknown): readonly string[] {
  const text = asText(value);
  return text === null ? [] : [text];
}
