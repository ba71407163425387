import type { Localized } from "../../language.ts";
import { NOT_RELEASED } from "../../store/port/raw-intakes.ts";
import { callSentences } from "../calls/sentences.ts";

/**
 * Why a raw intake is kept, tried again or given up, by stable code, where the gateway itself says so. Beside these stand the codes of
 * plugins, of a config that cannot be used, and of problems that reading the body met. Blanks are filled when a reason is kept.
 */
export const rawIntakeSentences = {
  source_disabled: {
    ru: "Источник был выключен. Запрос сохранён; включите источник, и он будет обработан.",
    en: "The source was disabled. The request is kept; enable the source, and it will be handled.",
  },
  not_released: NOT_RELEASED,
  source_discarded: {
    ru: "Источник удалён вместе с тем, что в нём ждало.",
    en: "The source was deleted with all that waited in it.",
  },
  ...callSentences,
  content_sealed: {
    ru: "Содержимое запроса не расшифровывается ключом шлюза. Верните прежний ключ и повторите обработку.",
    en: "The content of the request does not open with the gateway's key. Put the former key back and replay it.",
  },
  interrupted: {
    ru: "Шлюз сутки подряд останавливался, не закончив обработку этого запроса.",
    en: "For a day the gateway ended again and again before it was done with this request.",
  },
} as const satisfies Readonly<Record<string, Localized>>;

/** A stable code of {@link rawIntakeSentences}. */
export type RawIntakeCode = keyof typeof rawIntakeSentences;
