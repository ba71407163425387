import type { SourceModel } from "./shown-visit.ts";

/**
 * The models of attribution by their spelling in names of fields, and what the simulator plays for each: it has no
 * visitors with two devices. https://yandex.ru/dev/metrika/ru/stat/param
 */
const MODELS: Readonly<Record<string, SourceModel>> = {
  first: "first",
  last: "last",
  lastsign: "lastsign",
  last_yandex_direct_click: "last_ad",
  automatic: "lastsign",
  cross_device_first: "first",
  cross_device_last: "last",
  cross_device_last_significant: "lastsign",
  cross_device_last_yandex_direct_click: "last_ad",
};

/** A name with its model of attribution taken out: `lastsignTrafficSource` is `TrafficSource` by `lastsign`. */
export interface AttributedName {
  readonly name: string;
  readonly model: SourceModel;
}

/**
 * Reads the model out of a name: spelled out, or `<attribution>` for the one that the request names.
 *
 * @param asked the request's parameter `attribution`, in any case of letters; null: the default, `lastsign`.
 * @returns null when the name has no model, or the parameter is none.
 */
export function attributedName(text: string, asked: string | null): AttributedName | null {
  const [, model = "", name = ""] = /^(<attribution>|[a-z_]+)([A-Z]\w*)$/.exec(text) ?? [];
  const found = modelOf(model === "<attribution>" ? (asked ?? "lastsign") : model);
  return found === null || name === "" ? null : { name, model: found };
}

/** The model a parameter names, null when it names none. */
export function modelOf(parameter: string): SourceModel | null {
  const name = parameter.toLowerCase();
  return Object.hasOwn(MODELS, name) ? (MODELS[name] ?? null) : null;
}
