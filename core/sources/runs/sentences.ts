import type { Localized, Params } from "../../language.ts";
import { callSentences, filled } from "../calls/sentences.ts";

/**
 * Why a run waits or has failed, by stable code, where the gateway itself says so. Beside these stand the codes of plugins, of a config
 * that cannot be used, and of problems.
 */
export const runSentences = {
  ...callSentences,
  source_disabled: {
    ru: "Источник выключили или удалили раньше, чем запуск начался.",
    en: "The source was disabled or deleted before the run began.",
  },
  schedule_missing: {
    ru: "Плагин {plugin} ничего не делает по расписанию.",
    en: "The plugin {plugin} does nothing by the clock.",
  },
  state_sealed: {
    ru: "То, что плагин запомнил об источнике, не расшифровывается ключом шлюза. Верните прежний ключ и запустите снова.",
    en: "What the plugin keeps of the source does not open with the gateway's key. Put the former key back and run it again.",
  },
  interrupted: {
    ru: "Шлюз раз за разом останавливался, не закончив этот запуск.",
    en: "The gateway ended again and again before it was done with this run.",
  },
} as const satisfies Readonly<Record<string, Localized>>;

/** What is told of a run by the gateway itself. */
export const runReason = (code: keyof typeof runSentences, params: Params = {}): Localized =>
  filled(runSentences[code], params);
