import {
  asRecord,
  asText,
  type Health,
  isSameName,
  type Localized,
  quoteValue,
  RetryLater,
  type SourceContext,
  Unusable,
} from "metrika-gateway/plugin";
import { type Account, askAccount, askPipelines, type Pipeline } from "./account-facts.ts";
import { type AmoApi, createAmoApi } from "./api.ts";
import type { Config } from "./config.ts";
import { ownHook } from "./own-hook.ts";

type Check = Health["checks"][number];

/** Tries what a source needs of amoCRM: the token, the account, our hook, and whatever the mapping names. Changes nothing. */
export async function checkAmocrm(source: SourceContext<Config>): Promise<Health> {
  const { config } = source;
  if (!config.enrich) {
    const message = {
      ru: "enrich отключён: источник читает только сами хуки и к amoCRM не обращается.",
      en: "enrich is off: the source reads hooks alone and asks amoCRM for nothing.",
    };
    return { checks: [{ code: "token", ok: true, message }] };
  }
  const api = createAmoApi(source);
  const checks = await tried("token", async () => {
    const account = await askAccount(api);
    return [tokenWorks(account), isOwnAccount(account, config)];
  });
  if (checks.some(({ ok }) => !ok)) return { checks };
  return {
    checks: [
      ...checks,
      ...(await tried("hook", async () => [hookCheck(await ownHook(source, api))])),
      ...(await tried("stages", async () => stageChecks(await askPipelines(api), config))),
      ...(await tried("fields", async () => fieldChecks(await fieldNames(api), config))),
    ],
  };
}

/** Runs a group of checks; a refusal of amoCRM is what was found. */
async function tried(code: string, look: () => Promise<readonly Check[]>): Promise<readonly Check[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof Unusable || error instanceof RetryLater)) throw error;
    return [{ code, ok: false, message: error.reason }];
  }
}

function tokenWorks({ currency }: Account): Check {
  const code = currency ?? "—";
  return {
    code: "token",
    ok: true,
    message: {
      ru: `Токен действует. Валюта аккаунта: ${quoteValue(code)}.`,
      en: `The token works. Currency of the account: ${quoteValue(code)}.`,
    },
  };
}

function isOwnAccount({ subdomain, id }: Account, { domain, account_id }: Config): Check {
  const ok = subdomain === domain.split(".")[0] && (account_id === undefined || account_id === id);
  const found = quoteValue(`${subdomain ?? "—"} (${id ?? "—"})`);
  return {
    code: "account",
    ok,
    message: ok
      ? { ru: `Аккаунт: ${found}.`, en: `Account: ${found}.` }
      : {
          ru: `Токен относится к аккаунту ${found}, а в настройках указан ${domain}. Исправьте domain, account_id или токен.`,
          en: `The token is of the account ${found}, the config names ${domain}. Correct domain, account_id or the token.`,
        },
  };
}

const hookMessages: Readonly<Record<Awaited<ReturnType<typeof ownHook>>, Localized>> = {
  enabled: { ru: "Хук этого источника включён.", en: "This source's hook is switched on." },
  disabled: {
    ru: "amoCRM отключила хук этого источника. Включите его в настройках amoCRM (WebHooks).",
    en: "amoCRM has switched this source's hook off. Switch it on in amoCRM's settings (WebHooks).",
  },
  missing: {
    ru: "Хука с адресом этого источника в аккаунте нет. Добавьте его в настройках amoCRM (WebHooks) на смену статуса сделки. Хуки Digital Pipeline здесь не видны.",
    en: "No hook of the account has this source's address. Add it in amoCRM's settings (WebHooks) for changes of a lead's status. Hooks of the Digital Pipeline are not seen here.",
  },
};

function hookCheck(found: Awaited<ReturnType<typeof ownHook>>): Check {
  return { code: "hook", ok: found === "enabled", message: hookMessages[found] };
}

function stageChecks(pipelines: readonly Pipeline[], { targets, ignore_stages, unmapped_stages }: Config): Check[] {
  const matches = (ref: string, it: { readonly id: string; readonly name: string | null }) =>
    isSameName(ref, it.id) || (it.name !== null && isSameName(ref, it.name));
  const pipelinesOf = (ref: string | undefined) => pipelines.filter((it) => ref === undefined || matches(ref, it));
  const unknown = targets.flatMap(({ pipeline, stages }) => {
    const own = pipelinesOf(pipeline);
    if (pipeline !== undefined && own.length === 0) return [pipeline];
    return stages.filter((ref) => !own.some((it) => it.stages.some((stage) => matches(ref, stage))));
  });
  const isNamed = (pipeline: Pipeline, stage: Pipeline["stages"][number]) =>
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
      .map((stage) => `${pipeline.name ?? pipeline.id}: ${stage.name ?? ""} (${stage.id})`),
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

/** Every code, id and name of the fields of leads and contacts, and the two that {@link toDeal} adds. */
async function fieldNames(api: AmoApi): Promise<readonly string[]> {
  const names = ["lead_id", "contact_id"];
  for (const entity of ["leads", "contacts"]) {
    for await (const fields of api.pages(`/${entity}/custom_fields`, "custom_fields", [["limit", "250"]])) {
      const told = fields.map(asRecord).flatMap(({ id, code, name }) => [id, code, name].map(asText));
      names.push(...told.filter((it) => it !== null));
    }
  }
  return names;
}

function fieldChecks(names: readonly string[], config: Config): Check[] {
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
