import type { SourceChange, SourceOptions } from "../../core/store/store.ts";

/** What a body may say of every source, whatever its plugin. */
export interface OptionFields {
  readonly dedupe_by?: SourceOptions["dedupeBy"] | undefined;
  readonly identifiers?: SourceOptions["identifiers"] | undefined;
  readonly create_missing_goals?: boolean | undefined;
  readonly allow_personal_user_id?: boolean | undefined;
  readonly uncertain_policy?: SourceOptions["uncertainPolicy"] | undefined;
  readonly match_by_contact?: SourceOptions["matchByContact"] | undefined;
}

/** The options as the body has them; what it leaves out stays as it was before. */
export function optionsOf(body: OptionFields, before: SourceOptions): SourceOptions {
  return {
    ...before,
    dedupeBy: body.dedupe_by ?? before.dedupeBy,
    identifiers: body.identifiers ?? before.identifiers,
    createMissingGoals: body.create_missing_goals ?? before.createMissingGoals,
    allowPersonalUserId: body.allow_personal_user_id ?? before.allowPersonalUserId,
    uncertainPolicy: body.uncertain_policy ?? before.uncertainPolicy,
    matchByContact: body.match_by_contact ?? before.matchByContact,
  };
}

/** What a body may change of every source besides its options. */
export interface SettingFields {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  readonly is_active?: boolean | undefined;
  readonly delivery_paused?: boolean | undefined;
  readonly language?: "ru" | "en" | undefined;
  readonly time_zone?: string | undefined;
  readonly default_currency?: string | undefined;
}

/** The columns that a body changes. */
export const settingsChange = (body: SettingFields): SourceChange => ({
  ...(body.name !== undefined && { name: body.name }),
  ...(body.description !== undefined && { description: body.description }),
  ...(body.is_active !== undefined && { isActive: body.is_active }),
  ...(body.delivery_paused !== undefined && { deliveryPaused: body.delivery_paused }),
  ...(body.language !== undefined && { language: body.language }),
  ...(body.time_zone !== undefined && { timeZone: body.time_zone, timeZoneFrom: "request" }),
  ...(body.default_currency !== undefined && {
    defaultCurrency: body.default_currency,
    defaultCurrencyFrom: "request",
  }),
});
