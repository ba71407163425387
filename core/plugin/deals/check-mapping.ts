import { quoteValue } from "../../language.ts";
import type { Health } from "../contract.ts";
import { isSameName } from "./find-value.ts";
import type { DealMapping } from "./mapping.ts";

type Check = Health["checks"][number];

/** A pipeline of an account: every name by which it and its stages are known, as a deal's, the readable one last. */
export interface KnownPipeline {
  readonly names: readonly string[];
  readonly stages: readonly { readonly names: readonly string[] }[];
}

/** Whether the account has the pipelines and stages that the mapping names, and which stages nobody has decided about. */
export function stageChecks(
  pipelines: readonly KnownPipeline[],
  { targets, ignore_stages, unmapped_stages }: DealMapping,
): Check[] {
  const matches = (ref: string, { names }: { readonly names: readonly string[] }) =>
    names.some((name) => isSameName(ref, name));
  const pipelinesOf = (ref: string | undefined) => pipelines.filter((it) => ref === undefined || matches(ref, it));
  const unknown = targets.flatMap(({ pipeline, stages }) => {
    const own = pipelinesOf(pipeline);
    if (pipeline !== undefined && own.length === 0) return [pipeline];
    return stages.filter((ref) => !own.some((it) => it.stages.some((stage) => matches(ref, stage))));
  });
  const isNamed = (pipeline: KnownPipeline, stage: KnownPipeline["stages"][number]) =>
    ignore_stages.some((ref) => matches(ref, stage)) ||
    targets.some(
      (rule) =>
        (rule.pipeline === undefined || matches(rule.pipeline, pipeline)) &&
        rule.stages.some((ref) => matches(ref, stage)),
    );
  const mapped = new Set(targets.flatMap(({ pipeline }) => pipelinesOf(pipeline)));
  const open = [...mapped].flatMap((pipeline) =>
    pipeline.stages
      .filter((stage) => !isNamed(pipeline, stage))
      .map((stage) => [pipeline.names.at(-1), shownStage(stage)].filter((it) => it !== undefined).join(": ")),
  );
  const found: Check = {
    code: "stages",
    ok: unknown.length === 0,
    message:
      unknown.length === 0
        ? { ru: "Все воронки и стадии из targets найдены.", en: "All pipelines and stages of targets are found." }
        : {
            ru: `В аккаунте нет воронок или стадий: ${listed(unknown)}. Исправьте targets.`,
            en: `The account has no such pipelines or stages: ${listed(unknown)}. Correct targets.`,
          },
  };
  if (open.length === 0 || unmapped_stages === "ignore") return [found];
  const message = {
    ru: `События об этих стадиях будут ждать человека: ${listed(open)}. Если это не новости, укажите их в ignore_stages.`,
    en: `Events about these stages will wait for a person: ${listed(open)}. List them in ignore_stages if they are no news.`,
  };
  return [found, { code: "unmapped_stages", ok: true, message }];
}

const shownStage = ({ names }: KnownPipeline["stages"][number]) => `${names.at(-1) ?? ""} (${names[0] ?? ""})`;

/** Whether the account has the fields that the mapping names; `names`: every code, id and name of its fields. */
export function fieldChecks(names: readonly string[], config: DealMapping): Check[] {
  const isKnown = (ref: string) => names.some((name) => isSameName(name, ref));
  const { client_id = [], yclid = [], user_id = [] } = config.identifiers;
  const identifiers = [...client_id, ...yclid, ...user_id];
  const prices = [config.price, ...config.targets.flatMap(({ price }) => price ?? [])];
  const singles = [
    ...prices.flatMap((rule) => ("field" in rule ? (rule.field ?? []) : [])),
    ...(config.purchase_id === undefined ? [] : [config.purchase_id]),
    ...(config.route === undefined ? [] : [config.route.field]),
  ];
  const missing = [...new Set(singles)].filter((ref) => !isKnown(ref));
  const found = identifiers.filter(isKnown);
  const checks: Check[] = [
    {
      code: "identifiers",
      ok: found.length > 0,
      message:
        found.length > 0
          ? {
              ru: `Поля с идентификаторами найдены: ${listed(found)}.`,
              en: `Fields with identifiers are found: ${listed(found)}.`,
            }
          : {
              ru: `Ни одного из полей с идентификаторами в аккаунте нет: ${listed(identifiers)}. Без них Метрика не узнает посетителя: заведите поле или исправьте identifiers.`,
              en: `The account has none of the fields with identifiers: ${listed(identifiers)}. Without them Metrika cannot recognise the visitor: make a field, or correct identifiers.`,
            },
    },
  ];
  if (singles.length === 0) return checks;
  const message =
    missing.length === 0
      ? { ru: "Остальные поля найдены.", en: "The other fields are found." }
      : {
          ru: `В аккаунте нет полей: ${listed(missing)}. Исправьте price, purchase_id или route.`,
          en: `The account has no such fields: ${listed(missing)}. Correct price, purchase_id or route.`,
        };
  return [...checks, { code: "fields", ok: missing.length === 0, message }];
}

/** At most ten, so that a sentence stays one. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 10).map(quoteValue).join(", ");
  return names.length > 10 ? `${shown}, … (${names.length})` : shown || "—";
}
