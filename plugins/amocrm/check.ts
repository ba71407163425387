import {
  fieldChecks,
  type Health,
  type Localized,
  quoteValue,
  type SourceContext,
  stageChecks,
  triedChecks,
} from "metrika-gateway/plugin";
import { type Account, askAccount, askPipelines, type Pipeline } from "./account-facts.ts";
import { createAmoApi } from "./api.ts";
import type { Config } from "./config.ts";
import { fieldNames } from "./field-names.ts";
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
  const checks = await triedChecks("token", async () => {
    const account = await askAccount(api);
    return [tokenWorks(account), isOwnAccount(account, config)];
  });
  if (checks.some(({ ok }) => !ok)) return { checks };
  return {
    checks: [
      ...checks,
      ...(await triedChecks("hook", async () => [hookCheck(await ownHook(source, api))])),
      ...(await triedChecks("stages", async () => stageChecks((await askPipelines(api)).map(asKnown), config))),
      ...(await triedChecks("fields", async () => fieldChecks(await fieldNames(api), config))),
    ],
  };
}

const namesOf = ({ id, name }: { readonly id: string; readonly name: string | null }) => [id, ...(name ? [name] : [])];

const asKnown = (pipeline: Pipeline) => ({
  names: namesOf(pipeline),
  stages: pipeline.stages.map((stage) => ({ names: namesOf(stage) })),
});

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
