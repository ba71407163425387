import { type Health, RetryLater, type SourceContext, Unusable } from "metrika-gateway/plugin";
import { askClientId } from "./api.ts";
import type { Config } from "./config.ts";

/** Nobody is shown it; the answer says whether the keys are accepted. */
const NOBODYS = "70000000000";

/** Tries the keys of the API, where there are any. Changes nothing. */
export async function checkMango(source: SourceContext<Config>): Promise<Health> {
  return { checks: [await checkApi(source)] };
}

async function checkApi(source: SourceContext<Config>): Promise<Health["checks"][number]> {
  const { api } = source.config;
  const code = "api";
  if (api === undefined) {
    const message = {
      ru: "api не настроен: у звонков не будет ClientID. Они учитываются как продажи без идентификатора или хранятся по хешу телефона (match_by_contact).",
      en: "api is not configured: calls will have no ClientID. They are counted as sales without an identifier, or kept by the hash of the phone (match_by_contact).",
    };
    return { code, ok: true, message };
  }
  try {
    await askClientId(source, api, NOBODYS);
  } catch (error) {
    if (!(error instanceof Unusable || error instanceof RetryLater)) throw error;
    return { code, ok: false, message: error.reason };
  }
  return { code, ok: true, message: { ru: "Mango Office принимает ключи.", en: "Mango Office accepts the keys." } };
}
