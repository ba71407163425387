import { emitDeals, type Leftover, type RawIntake, type SourceContext, subjectOf } from "metrika-gateway/plugin";
import type { Config } from "./config.ts";
import { isTrial, type SentHook, toDeal } from "./to-deal.ts";

/** The parameter of the address that says what its hooks are about. */
const EVENT = "event";

/** Takes what a hook tells of a call, a request, a chat or a deal. */
export async function handleHook(source: SourceContext<Config>, intake: RawIntake): Promise<readonly Leftover[]> {
  const hook = await readHook(intake);
  if (isTrial(hook)) return [trial];
  if (Object.keys(hook.parameters).length === 0) return [empty];
  const deal = toDeal(source.config, hook, intake);
  const leftovers = await emitDeals(source, source.config, [deal]);
  return deal.id === intake.id && leftovers.length === 0 ? [withoutId(subjectOf(deal))] : leftovers;
}

/** Its parameters stand in the address or in the body, as the operator has chosen. */
async function readHook(intake: RawIntake): Promise<SentHook> {
  const body = intake.raw().byteLength === 0 ? {} : await intake.readForm();
  const query = [...intake.query].filter(([name]) => name !== EVENT);
  const event = intake.query.get(EVENT)?.trim().toLowerCase() ?? "";
  return {
    event: /^[a-z_]{1,20}$/.test(event) ? event : "call",
    parameters: Object.fromEntries([...query, ...Object.entries(body ?? {})]),
  };
}

const trial: Leftover = {
  ...{ subject: "test", code: "test_request", needs: "nothing" },
  message: {
    ru: "Пробный вебхук Calltouch: вместо значений в нём имена переменных. Адрес работает, теперь позвоните на номер сайта.",
    en: "A trial hook of Calltouch: it has names of variables instead of values. The address works; now call the site's number.",
  },
};

const empty: Leftover = {
  ...{ subject: "hook", code: "hook_empty", needs: "person" },
  message: {
    ru: "В вебхуке нет ни одного параметра. Отметьте параметры в настройках вебхука Calltouch.",
    en: "The hook has no parameters. Tick them in the hook's settings in Calltouch.",
  },
};

const withoutId = (subject: string): Leftover => ({
  ...{ subject, code: "id_missing", needs: "nothing" },
  message: {
    ru: "Принято, но в вебхуке нет id: повторный вебхук о том же станет второй конверсией. Отметьте параметр id в настройках вебхука Calltouch.",
    en: "Taken, but the hook has no id: if it is sent again, it counts twice. Tick the parameter id in the hook's settings in Calltouch.",
  },
});
