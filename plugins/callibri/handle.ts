import {
  asRecord,
  emitDeals,
  type Leftover,
  type RawIntake,
  type SourceContext,
  subjectOf,
} from "metrika-gateway/plugin";
import type { Config } from "./config.ts";
import { toDeal } from "./to-deal.ts";

/** Takes an event of Callibri. */
export async function handleEvent(source: SourceContext<Config>, intake: RawIntake): Promise<readonly Leftover[]> {
  const form = await intake.readForm();
  if (Object.keys(asRecord(form)).length === 0) return [empty];
  const deal = toDeal(form, intake);
  const leftovers = await emitDeals(source, source.config, [deal]);
  return deal.id === intake.id && leftovers.length === 0 ? [withoutId(subjectOf(deal))] : leftovers;
}

const empty: Leftover = {
  ...{ subject: "event", code: "event_empty", needs: "nothing" },
  message: {
    ru: "В запросе нет ни одного параметра: так проверяют адрес. Теперь позвоните на номер сайта.",
    en: "The request has no parameters: so an address is tried. Now call the site's number.",
  },
};

const withoutId = (subject: string): Leftover => ({
  ...{ subject, code: "id_missing", needs: "nothing" },
  message: {
    ru: "Принято, но в событии нет lid_id: повторное событие о том же станет второй конверсией.",
    en: "Taken, but the event has no lid_id: if it is sent again, it counts twice.",
  },
});
