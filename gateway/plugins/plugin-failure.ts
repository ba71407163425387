import { type Language, type Localized, type Params, render } from "../../core/language.ts";

/** Why a plugin that is listed is not there, by stable code. */
export const failureSentences = {
  plugin_not_found: {
    ru: "нет встроенного плагина, пакета или папки с таким именем",
    en: "there is no bundled plugin, package or folder of this name",
  },
  plugin_not_imported: {
    ru: "его модуль не загрузился; причина — в журнале шлюза",
    en: "its module cannot be imported; the gateway's log says why",
  },
  plugin_unfit: {
    ru: "он не отвечает договору metrika-gateway/plugin",
    en: "it does not keep the contract of metrika-gateway/plugin",
  },
} as const satisfies Record<string, Localized>;

/** A stable code of {@link failureSentences}. */
export type PluginFailureCode = keyof typeof failureSentences;

/** What is wrong with one member of a plugin, and the mend. */
export interface PluginFault {
  /** As its author writes it: "title.ru", "routes"; empty: the plugin as a whole. */
  readonly member: string;
  readonly problem: Localized;
  readonly mend: Localized;
}

/** A plugin that is listed and could not be loaded. The others are, and the gateway runs. */
export interface PluginFailure {
  /** As GATEWAY_PLUGINS names it. */
  readonly listed: string;
  /** The plugin's own name; null where nothing of it could be read. */
  readonly name: string | null;
  readonly code: PluginFailureCode;
  readonly faults: readonly PluginFault[];
}

/** A fault whose two sentences have the same blanks. */
export function faultOf(member: string, problem: Localized, mend: Localized, params: Params = {}): PluginFault {
  const both = (sentence: Localized): Localized => ({
    ru: render(sentence, "ru", params),
    en: render(sentence, "en", params),
  });
  return { member, problem: both(problem), mend: both(mend) };
}

/** The failure in a few lines: which plugin, and under it each member with what is wrong and the mend. */
export function explainPluginFailure({ listed, code, faults }: PluginFailure, language: Language): string {
  const head = {
    ru: `Плагин «${listed}» из GATEWAY_PLUGINS не загружен: ${failureSentences[code].ru}`,
    en: `The plugin "${listed}" of GATEWAY_PLUGINS is not loaded: ${failureSentences[code].en}`,
  }[language];
  const lines = faults.map(({ member, problem, mend }) => {
    const place = member === "" ? "" : `${member}: `;
    return `\n  ${place}${problem[language]}. ${mend[language]}.`;
  });
  return `${head}${lines.length === 0 ? "." : ":"}${lines.join("")}`;
}
