import { changedFields, type Fields } from "../../core/audit/changed-fields.ts";
import type { SourceRecord } from "../../core/store/store.ts";
import type { ToldAct } from "../auth/audit-of.ts";

/** A webhook as the audit names it. */
export const targetOf = ({ uuid, name }: SourceRecord) => ({ kind: "webhook", id: uuid, name });

/** What of a webhook its owner sets, as the API calls it; neither token nor secret. */
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

/** By what a change lets a webhook send from now on, if it says so. */
interface NewAccess {
  readonly token?: string | undefined;
  readonly account_id?: string | undefined;
}

/** A change of a webhook may be several acts: each is one that people look for. None, where nothing has changed. */
export function actsOfChange(before: SourceRecord, after: SourceRecord, access: NewAccess): readonly ToldAct[] {
  const acts: ToldAct[] = [];
  const target = targetOf(after);
  const { token, account_id } = access;
  if (token !== undefined) acts.push({ action: "webhook.token_replaced", target });
  if (account_id !== undefined) acts.push({ action: "webhook.account_chosen", target, after: { account_id } });
  const { delivery_paused: wasPaused, ...settingsBefore } = settingsOf(before);
  const { delivery_paused: isPaused, ...settingsAfter } = settingsOf(after);
  if (isPaused !== wasPaused) acts.push({ action: isPaused ? "webhook.paused" : "webhook.resumed", target });
  const changed = changedFields(settingsBefore, settingsAfter);
  if (changed !== null) acts.push({ action: "webhook.changed", target, ...changed });
  return acts;
}
