import { emitDeals, type Leftover, quoteValue, type RawIntake, type SourceContext } from "metrika-gateway/plugin";
import type { Config } from "./config.ts";
import { toDeal } from "./to-deal.ts";

/** Headers by which WooCommerce says what its body is. */
export const TOPIC = "x-wc-webhook-topic";
export const SOURCE = "x-wc-webhook-source";

/** Takes an order. `order.updated` comes with every change: the sink knows by the order's key what it has met. */
export async function handleOrder(source: SourceContext<Config>, intake: RawIntake): Promise<readonly Leftover[]> {
  const { site } = source.config;
  const topic = intake.headers.get(TOPIC) ?? "order.updated";
  if (topic !== "order.created" && topic !== "order.updated") return [notAnOrder(topic)];
  const shop = URL.parse(intake.headers.get(SOURCE) ?? `https://${site}`)?.hostname ?? "";
  if (shop !== new URL(`https://${site}`).hostname) return [otherShop(shop, site)];
  const deal = toDeal(await intake.readForm(), site, intake.receivedAt);
  return deal === null ? [unreadable] : emitDeals(source, source.config, [deal]);
}

/** The ping of a new webhook: a form with `webhook_id` alone, unsigned (https://github.com/woocommerce/woocommerce/issues/15642). */
export function isPing(form: unknown): boolean {
  if (typeof form !== "object" || form === null) return false;
  const [name, ...others] = Object.keys(form);
  return name === "webhook_id" && others.length === 0;
}

const notAnOrder = (topic: string): Leftover => ({
  ...{ subject: quoteValue(topic), code: "not_an_order", needs: "nothing" },
  message: {
    ru: "Событие не о заказе. Чтобы такие не приходили, выберите в вебхуке тему «Заказ обновлён».",
    en: 'The event is not about an order. To spare them, choose the topic "Order updated" for the webhook.',
  },
});

const otherShop = (shop: string, site: string): Leftover => ({
  ...{ subject: "shop", code: "other_shop", needs: "person" },
  message: {
    ru: `Вебхук пришёл из магазина «${quoteValue(shop)}», а источник настроен на ${site}. Исправьте site или уберите адрес источника из того магазина.`,
    en: `The webhook is of the shop "${quoteValue(shop)}", the source is for ${site}. Correct site, or remove the source's address there.`,
  },
});

const unreadable: Leftover = {
  ...{ subject: "order", code: "order_unreadable", needs: "person" },
  message: {
    ru: "В теле нет номера заказа (id) или его статуса (status).",
    en: "The body names no order (id) or no status.",
  },
};
