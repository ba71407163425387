import * as v from "valibot";
import type { Localized } from "../../core/language.ts";
import { configJsonSchema } from "../../core/plugin/config-json-schema.ts";
import type { SourcePlugin } from "../../core/plugin/contract.ts";
import { secretPaths } from "../../core/plugin/secret.ts";
import { isCron } from "../../core/sources/schedule.ts";
import { faultOf, type PluginFault } from "./plugin-failure.ts";

/** https://semver.org, without build metadata's finer rules. */
const SEMVER = /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const BASE_PATH = /^(?:\/[a-z0-9_-]+)+$/;

const Sentence = v.pipe(v.string(), v.trim(), v.minLength(1));
const Callable = v.custom<() => unknown>((value) => typeof value === "function");
/** https://standardschema.dev says who made a schema; only valibot's can be walked for secrets. */
const ValibotSchema = v.looseObject({
  kind: v.literal("schema"),
  "~run": Callable,
  "~standard": v.looseObject({ vendor: v.literal("valibot") }),
});
const verifierMembers = { place: v.object({ ru: Sentence, en: Sentence }), newSecret: Callable, verify: Callable };
const Verifier = v.variant("reads", [
  v.looseObject({ ...verifierMembers, reads: v.picklist(["headers", "address"]) }),
  v.looseObject({ ...verifierMembers, reads: v.literal("body"), refuse: Callable }),
]);

/** A member, what it must be, and how that is said: "Give ...". */
type Rule = readonly [member: string, schema: v.GenericSchema, wanted: Localized];

const rules: readonly Rule[] = [
  ["apiVersion", v.literal(1), { ru: "Дайте 1", en: "Give 1" }],
  [
    "name",
    v.pipe(v.string(), v.regex(NAME), v.maxLength(40)),
    {
      ru: "Дайте строчные латинские буквы, цифры и дефисы, не длиннее 40 знаков, например my-crm",
      en: "Give lower case letters, digits and hyphens, 40 characters at most, such as my-crm",
    },
  ],
  [
    "version",
    v.pipe(v.string(), v.regex(SEMVER)),
    { ru: "Дайте семантическую версию, например 1.0.0", en: "Give a semantic version, such as 1.0.0" },
  ],
  ...["title.ru", "title.en", "summary.ru", "summary.en"].map((member): Rule => {
    const wanted = {
      ru: "Дайте непустой текст на обоих языках",
      en: "Give a text that is not empty, in both languages",
    };
    return [member, Sentence, wanted];
  }),
  [
    "config",
    ValibotSchema,
    {
      ru: "Дайте схему valibot, например v.object({})",
      en: "Give a schema of valibot, such as v.object({})",
    },
  ],
  [
    "configVersion",
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    { ru: "Дайте целое число от 1 или уберите", en: "Give a whole number from 1, or leave it out" },
  ],
  [
    "defaults",
    v.optional(
      v.strictObject({
        dedupeBy: v.optional(v.picklist(["exact", "purchase"])),
        identifiers: v.optional(v.picklist(["all", "best"])),
      }),
    ),
    {
      ru: 'Дайте { dedupeBy: "exact" | "purchase", identifiers: "all" | "best" } или уберите',
      en: 'Give { dedupeBy: "exact" | "purchase", identifiers: "all" | "best" }, or leave it out',
    },
  ],
  [
    "basePath",
    v.optional(v.pipe(v.string(), v.regex(BASE_PATH))),
    {
      ru: "Дайте путь без параметров и без косой черты в конце, например /sources/my-crm, или уберите",
      en: "Give a path without parameters and without a slash at its end, such as /sources/my-crm, or leave it out",
    },
  ],
  [
    "verify",
    v.nullable(v.union([Callable, Verifier])),
    {
      ru: "Дайте один из проверяющих metrika-gateway/plugin, например sharedSecret(header), либо null у плагина без маршрутов",
      en: "Give one of the verifiers of metrika-gateway/plugin, such as sharedSecret(header), or null for a plugin without routes",
    },
  ],
  ...["migrateConfig", "routes", "handle", "check"].map((member): Rule => {
    return [member, v.optional(Callable), { ru: "Дайте функцию или уберите", en: "Give a function, or leave it out" }];
  }),
  [
    "schedule",
    v.optional(v.looseObject({ defaultCron: v.pipe(v.string(), v.check(isCron)), run: Callable })),
    {
      ru: 'Дайте { defaultCron: "17 3 * * *", run } или уберите',
      en: 'Give { defaultCron: "17 3 * * *", run }, or leave it out',
    },
  ],
];

/** What a module's default export looked like: a plugin, or why it is none. */
export type CheckedMembers =
  | { readonly ok: true; readonly plugin: SourcePlugin }
  | { readonly ok: false; readonly name: string | null; readonly faults: readonly PluginFault[] };

/** Checks each member of what calls itself a plugin, and tells all faults at once. */
export function checkMembers(exported: unknown): CheckedMembers {
  if (typeof exported !== "object" || exported === null) return { ok: false, name: null, faults: [noExport] };
  const faults = rules.flatMap(([member, schema, wanted]) => {
    const value = valueAt(exported, member);
    if (v.is(schema, value)) return [];
    return [faultOf(member, value === undefined ? missing : unfit, wanted)];
  });
  const plugin = exported as SourcePlugin;
  if (faults.length === 0) faults.push(...configFaults(plugin));
  if (faults.length === 0) return { ok: true, plugin };
  const name: unknown = valueAt(exported, "name");
  return { ok: false, name: typeof name === "string" && NAME.test(name) ? name : null, faults };
}

const missing: Localized = { ru: "нет", en: "is missing" };
const unfit: Localized = { ru: "не подходит", en: "does not fit" };
const noExport = faultOf(
  "",
  { ru: "модуль ничего не отдаёт по умолчанию", en: "the module has no default export" },
  { ru: "Напишите export default defineSource({ … })", en: "Write export default defineSource({ … })" },
);

function valueAt(exported: object, path: string): unknown {
  let value: unknown = exported;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}

/** What can be seen of a config's schema only by walking it. */
function configFaults({ config }: SourcePlugin): PluginFault[] {
  const attempts: readonly [act: () => unknown, mend: Localized][] = [
    [() => secretPaths(config), { ru: "Держите секреты в полях объектов", en: "Keep secrets in fields of objects" }],
    [
      () => configJsonSchema(config),
      { ru: "Опишите настройки тем, что выражает JSON Schema", en: "Describe the config by what JSON Schema can say" },
    ],
  ];
  return attempts.flatMap(([act, mend]) => {
    try {
      act();
      return [];
    } catch (error) {
      const why = withoutStop(error);
      return [faultOf("config", { ru: "не годится: {why}", en: "cannot be used: {why}" }, mend, { why })];
    }
  });
}

/** The message of something thrown, to stand inside a sentence. */
export const withoutStop = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n", 1)[0]?.replace(/\.$/, "") ?? "";
