import * as v from "valibot";
import { quoteValue } from "../../core/language.ts";
import type { ListedPlugin } from "../../core/sources/plugin-catalogue.ts";
import { maskText } from "../../core/vault/mask.ts";
import { type FieldFault, fieldFault } from "./field-faults.ts";
import { faultOf } from "./parse-body.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A config as its plugin reads it, or its faults, each by a field that begins with "config". */
export type JudgedConfig =
  | { readonly ok: true; readonly config: unknown }
  | { readonly ok: false; readonly faults: readonly FieldFault[] };

const MOST_STRAY_FIELDS = 20;
const LONGEST_MESSAGE = 300;

/**
 * Judges a config by its plugin's schema. A field that the schema does not have is a fault, also where the schema would drop it: a
 * misspelt secret would lie readable in the database.
 */
export function judgeConfig({ plugin, secrets }: ListedPlugin, config: Fields): JudgedConfig {
  const stray = strayFields(plugin.config, config, []).slice(0, MOST_STRAY_FIELDS);
  const parsed = parsedBy(plugin.config, config);
  if (parsed === null) return { ok: false, faults: [fieldFault("config", "bad_format", { received: "{…}" })] };
  const told = new Set(stray.map((names) => names.join(".")));
  const issues = parsed.success ? [] : parsed.issues.filter((issue) => !told.has(v.getDotPath(issue) ?? ""));
  const faults = [
    ...issues.map((issue) => faultOfConfig(issue, secrets)),
    ...stray.map((names) => fieldFault(maskText(quoteValue(["config", ...names].join("."))), "unknown_field", {})),
  ];
  if (faults.length > 0) return { ok: false, faults };
  if (!parsed.success) throw new Error(`The plugin ${plugin.name} refuses a config and names no fault.`);
  return { ok: true, config: parsed.output };
}

/** Null where a check of the plugin's own throws; what it throws may tell a secret. */
function parsedBy(schema: v.GenericSchema, config: Fields) {
  try {
    return v.safeParse(schema, config);
  } catch {
    return null;
  }
}

function faultOfConfig(issue: v.BaseIssue<unknown>, secrets: readonly string[]): FieldFault {
  const path = v.getDotPath(issue) ?? "";
  const field = path === "" ? "config" : `config.${path}`;
  const isHidden = secrets.some((secret) => `${secret}.`.startsWith(`${path}.`) || path.startsWith(`${secret}.`));
  // What is missing is told as missing, whatever it is.
  const input = isHidden && issue.input !== undefined ? "***" : issue.input;
  const fault = faultOf({ ...issue, input }, {}, field);
  if (fault.code !== "bad_format" || isHidden || /^Invalid /.test(issue.message)) return fault;
  // A message of the plugin's own says more than that something is malformed.
  const message = maskText(issue.message.slice(0, LONGEST_MESSAGE));
  return { ...fault, sentence: { ru: message, en: message }, params: {} };
}

/** The parts of a schema that say which fields an object has. */
interface Shape {
  readonly type: string;
  readonly entries?: Readonly<Record<string, v.GenericSchema>>;
  readonly wrapped?: v.GenericSchema;
}

type Path = readonly string[];

/** The fields of a config that no object of the schema has; an object that takes any field has them all. */
function strayFields(schema: v.GenericSchema, value: unknown, path: Path): readonly Path[] {
  const { type, entries, wrapped } = schema as Shape;
  if (wrapped !== undefined) return strayFields(wrapped, value, path);
  if (entries === undefined || typeof value !== "object" || value === null || Array.isArray(value)) return [];
  const isClosed = type === "object" || type === "strict_object";
  return Object.entries(value).flatMap(([name, member]) => {
    const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
    if (entry !== undefined) return strayFields(entry, member, [...path, name]);
    return isClosed ? [[...path, name]] : [];
  });
}
