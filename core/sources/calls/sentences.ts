import { type Localized, type Params, render } from "../../language.ts";

/**
 * Why a plugin's call came to nothing, by stable code, where the gateway itself says so. Beside these stand the codes of plugins, and those of
 * problems. Blanks are filled when a reason is kept.
 */
export const callSentences = {
  retry_later: {
    ru: "Плагин {plugin} просит подождать: {reason}",
    en: "The plugin {plugin} asks to wait: {reason}",
  },
  plugin_timeout: {
    ru: "Плагин {plugin} не закончил за {seconds} с.",
    en: "The plugin {plugin} was not done within {seconds} s.",
  },
  plugin_error: {
    ru: "В плагине {plugin} произошла ошибка. Подробности в журнале шлюза под номером {id}.",
    en: "The plugin {plugin} met a fault. The gateway's log tells more under {id}.",
  },
  plugin_answer: {
    ru: "Плагин {plugin} вернул не список остатков, как требует договор плагинов.",
    en: "The plugin {plugin} did not return a list of leftovers, as the contract of plugins asks.",
  },
  more_leftovers: {
    ru: "Показаны не все: ещё {count}.",
    en: "Not all are shown: {count} more.",
  },
} as const satisfies Readonly<Record<string, Localized>>;

/** A sentence in both languages, its blanks filled. */
export const filled = (sentence: Localized, params: Params = {}): Localized => ({
  ru: render(sentence, "ru", params),
  en: render(sentence, "en", params),
});

/** What is told of a call by the gateway itself. */
export const callReason = (code: keyof typeof callSentences, params: Params = {}): Localized =>
  filled(callSentences[code], params);
