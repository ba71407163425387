import { changedFields, type Fields } from "../../core/audit/changed-fields.ts";
import type { ConfigFields } from "../../core/sources/config-paths.ts";
import type { SourceRecord } from "../../core/store/store.ts";
import type { ToldAct } from "../auth/audit-of.ts";
import type { AccessFields } from "./source-fields.ts";

/** What a source is called where it is told of: those of `webhook-offline` have routes and words of their own. */
export type SourceNoun = "webhook" | "source";

/** A source as the audit names it. */
export const targetOf = (noun: SourceNoun, { uuid, name }: SourceRecord) => ({ kind: noun, id: uuid, name });

/** What of a source its owner sets, whatever its plugin, as the API calls it; neither token nor secret. */
export function settingsOf({ options, ...source }: SourceRecord): Fields {
  return {
    name: source.name,
    description: source.description,
    is_active: source.isActive,
    delivery_paused: source.deliveryPaused,
    time_zone: source.timeZone,
    default_currency: source.defaultCurrency,
    language: source.language,
    dedupe_by: options.dedupeBy,
    identifiers: options.identifiers,
    create_missing_goals: options.createMissingGoals,
    allow_personal_user_id: options.allowPersonalUserId,
    uncertain_policy: options.uncertainPolicy,
  };
}

/**
 * As {@link settingsOf}, with what webhooks do not have. A config stands there without its secrets; `replaced` names those that
 * were given anew or taken away.
 */
export function sourceSettingsOf(source: SourceRecord, config: ConfigFields, replaced: readonly string[] = []): Fields {
  return {
    ...settingsOf(source),
    // Each field by itself, so that of a large config only what has changed is written down.
    ...Object.fromEntries(Object.entries(config).map(([field, value]) => [`config.${field}`, value])),
    counters: source.options.counters,
    match_by_contact: source.options.matchByContact,
    schedule: source.schedule,
    ...(replaced.length > 0 && { replaced }),
  };
}

/** A state of a source, and its settings as the audit tells them. */
export interface ToldState {
  readonly source: SourceRecord;
  readonly settings: Fields;
}

/** A change of a source may be several acts: each is one that people look for. None, where nothing has changed. */
export function actsOfChange(
  noun: SourceNoun,
  before: ToldState,
  after: ToldState,
  { token, account_id }: AccessFields,
): readonly ToldAct[] {
  const acts: ToldAct[] = [];
  const target = targetOf(noun, after.source);
  if (token !== undefined) acts.push({ action: `${noun}.token_replaced`, target });
  if (account_id !== undefined) acts.push({ action: `${noun}.account_chosen`, target, after: { account_id } });
  const { delivery_paused: wasPaused, ...settingsBefore } = before.settings;
  const { delivery_paused: isPaused, ...settingsAfter } = after.settings;
  if (isPaused !== wasPaused) acts.push({ action: `${noun}.${isPaused ? "paused" : "resumed"}`, target });
  const changed = changedFields(settingsBefore, settingsAfter);
  if (changed !== null) acts.push({ action: `${noun}.changed`, target, ...changed });
  return acts;
}
