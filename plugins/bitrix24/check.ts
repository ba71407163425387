import {
  asList,
  asRecord,
  asText,
  fieldChecks,
  type Health,
  quoteValue,
  type SourceContext,
  stageChecks,
  triedChecks,
} from "metrika-gateway/plugin";
import { type BitrixApi, createBitrixApi } from "./api.ts";
import type { Config } from "./config.ts";
import { asKnown, askPipelines } from "./portal-facts.ts";

type Check = Health["checks"][number];

/** Tries what a source needs of its portal: the inbound webhook, its permission, and whatever the mapping names. Changes nothing. */
export async function checkBitrix(source: SourceContext<Config>): Promise<Health> {
  const api = createBitrixApi(source);
  const checks = await triedChecks("token", async () => [
    ownerCheck(asRecord(await api.call("profile"))),
    scopeCheck(asList(await api.call("scope")).map(asText)),
  ]);
  if (checks.some(({ ok }) => !ok)) return { checks };
  const { config } = source;
  return {
    checks: [
      ...checks,
      ...(await triedChecks("stages", async () => stageChecks((await askPipelines(source, api)).map(asKnown), config))),
      ...(await triedChecks("fields", async () => fieldChecks(await fieldNames(config, api), config))),
    ],
  };
}

function ownerCheck({ ID, ADMIN }: Readonly<Record<string, unknown>>): Check {
  const owner = quoteValue(asText(ID) ?? "—");
  return {
    code: "token",
    ok: true,
    message:
      ADMIN === true
        ? {
            ru: `Входящий вебхук действует; его владелец — администратор (пользователь ${owner}).`,
            en: `The inbound webhook works; its owner is an administrator (user ${owner}).`,
          }
        : {
            ru: `Входящий вебхук действует; его владелец (пользователь ${owner}) не администратор: сделки, которых он не видит, не станут конверсиями.`,
            en: `The inbound webhook works; its owner (user ${owner}) is no administrator: deals that they do not see become no conversions.`,
          },
  };
}

function scopeCheck(scopes: readonly (string | null)[]): Check {
  const ok = scopes.includes("crm");
  return {
    code: "scope",
    ok,
    message: ok
      ? { ru: "Право CRM (crm) есть.", en: "It has the permission CRM (crm)." }
      : {
          ru: "У входящего вебхука нет права CRM (crm). Добавьте его в настройках вебхука.",
          en: "The inbound webhook lacks the permission CRM (crm). Add it in the settings of the webhook.",
        },
  };
}

/** Every field that a deal or lead may have its values from: its own, those of its lead and contact, and the labels. */
async function fieldNames({ entities, text_labels }: Config, api: BitrixApi): Promise<readonly string[]> {
  const kinds = new Set([...entities, "lead", "contact"]);
  const told = await api.batch(Object.fromEntries([...kinds].map((kind) => [kind, `crm.${kind}.fields`])));
  return [...text_labels, ...Object.values(told).flatMap((fields) => Object.keys(asRecord(fields)))];
}
