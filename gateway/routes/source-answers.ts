import { type TokenWarning, tokenSentences } from "../../core/accounts/check-token.ts";
import { type Language, render } from "../../core/language.ts";
import { iso, isoOrNull } from "../../core/plugin/answers.ts";
import type { AccountRecord, CredentialRecord, SourceRecord } from "../../core/store/store.ts";
import { addressWarnings } from "../public-address.ts";

/** What a source uploads with, as far as it is told. */
export interface ToldAccess {
  readonly credential: CredentialRecord | null;
  readonly account: AccountRecord | null;
}

/** What answers tell of every source, whatever its plugin. */
export function settingsAnswer(source: SourceRecord, { credential, account }: ToldAccess) {
  const { dedupeBy, identifiers, createMissingGoals, allowPersonalUserId, uncertainPolicy } = source.options;
  return {
    is_active: source.isActive,
    delivery_paused: source.deliveryPaused,
    time_zone: source.timeZone,
    time_zone_from: source.timeZoneFrom,
    default_currency: source.defaultCurrency,
    default_currency_from: source.defaultCurrencyFrom,
    language: source.language,
    dedupe_by: dedupeBy,
    identifiers,
    create_missing_goals: createMissingGoals,
    allow_personal_user_id: allowPersonalUserId,
    uncertain_policy: uncertainPolicy,
    account_id: account?.uuid ?? null,
    login: credential?.login ?? null,
    sending: { paused_until: isoOrNull(credential?.pausedUntil ?? null), reason: credential?.pausedReason ?? null },
    created_at: iso(source.createdAt),
    updated_at: iso(source.updatedAt),
  };
}

/** What Metrika told of an access, as answers tell it. */
export const tokenWarnings = (doubts: readonly TokenWarning[], language: Language) =>
  doubts.map(({ code, params }) => ({ code, message: render(tokenSentences[code], language, params) }));

/** What is doubtful about a source. Of the token first: without one that works nothing is sent at all. */
export const sourceWarnings = (publicUrl: string, doubts: readonly TokenWarning[], language: Language) => [
  ...tokenWarnings(doubts, language),
  ...addressWarnings(publicUrl, language),
];
