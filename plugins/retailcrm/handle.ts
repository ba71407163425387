import { emitDeals, type Leftover, type RawIntake, type SourceContext } from "metrika-gateway/plugin";
import type { Config } from "./config.ts";
import { triggerDeal } from "./to-deal.ts";

/** Takes what a trigger sent. */
export async function handleTrigger(source: SourceContext<Config>, intake: RawIntake): Promise<readonly Leftover[]> {
  const deal = triggerDeal(await intake.readForm(), source.config, intake.receivedAt);
  return deal === null ? [unreadable] : emitDeals(source, source.config, [deal]);
}

const unreadable: Leftover = {
  ...{ subject: "order", code: "order_unreadable", needs: "person" },
  message: {
    ru: "В теле нет номера заказа (number) или статуса (status). Вставьте в триггер шаблон из описания плагина.",
    en: "The body names no order (number) or no status. Put the template of the plugin's page into the trigger.",
  },
};
