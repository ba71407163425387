import * as v from "valibot";
import { counterSentences, counterStates, stateOf, stateParams } from "../../core/accounts/counter-state.ts";
import type { AttachedCounter } from "../../core/accounts/counters.ts";
import { isTimeZone } from "../../core/conversion/date-time.ts";
import { type Language, type Localized, render } from "../../core/language.ts";
import type { MetrikaCounter } from "../../core/metrika/counters.ts";
import { iso } from "../../core/plugin/answers.ts";
import { component } from "../../core/plugin/valibot-openapi.ts";
import type { CounterRecord } from "../../core/store/store.ts";
import { accountId, counterId } from "./source-fields.ts";

/** How what is asked of Metrika on behalf of an account may be refused. */
export const metrikaProblems = [
  "account_token_refused",
  "account_scope_missing",
  "counter_not_accessible",
  "metrika_quota_exhausted",
  "metrika_refused",
  "metrika_not_answering",
] as const;

/** Sentences for the checks below, by the message that each gives. */
export const counterChecks = {
  site_format: {
    ru: "«{received}» не похоже на адрес сайта. Укажите домен, например example.com.",
    en: "“{received}” does not look like the address of a site. Give its domain, for example example.com.",
  },
  zone_name: {
    ru: "Часового пояса «{received}» нет. Метрика принимает имена вроде Europe/Moscow.",
    en: "There is no time zone “{received}”. Metrika takes names such as Europe/Moscow.",
  },
} satisfies Record<string, Localized>;

/** What is attached. */
export const AttachCounter = v.pipe(
  v.strictObject({ account_id: accountId, counter_id: counterId }),
  component("AttachCounter"),
);

/** What a counter is made of in Metrika. */
export const NewCounter = v.pipe(
  v.strictObject({
    name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(255)),
    site: v.pipe(
      v.string(),
      v.trim(),
      v.minLength(1),
      v.maxLength(255),
      v.check((text) => siteOf(text) !== null, "site_format"),
      v.description("Its domain, for example example.com; a path may follow"),
    ),
    time_zone: v.optional(
      v.pipe(
        v.string(),
        v.check((zone) => /^[A-Za-z]/.test(zone) && isTimeZone(zone), "zone_name"),
        v.description("An IANA name. Default: Metrika's own"),
      ),
    ),
  }),
  component("NewCounter"),
);

/** A site as Metrika keeps it: the domain and perhaps a path, without a scheme; null for what is no address. */
export function siteOf(text: string): string | null {
  const bare = text.replace(/^https?:\/\//i, "").replace(/\/+$/, "");
  const parsed = URL.parse(`http://${bare}`);
  const isPlain = /^[^\s/?#@:]+\.[^\s/?#@:.]+(?:\/[^\s?#]*)?$/.test(bare);
  return parsed === null || !isPlain ? null : bare;
}

const text = v.nullable(v.string());

/** A counter that an account sees at Metrika. */
export const VisibleCounter = v.pipe(
  v.object({
    counter_id: v.number(),
    name: v.string(),
    site: text,
    time_zone: text,
    permission: v.pipe(text, v.description("The right of the account's login: own, edit, view, …")),
    writable: v.pipe(v.nullable(v.boolean()), v.description("Whether conversions can be uploaded; null: unknown")),
    owner_login: text,
    status: v.pipe(text, v.description("Active or Deleted")),
    attached: v.pipe(v.boolean(), v.description("Whether it is attached to this workspace")),
  }),
  component("VisibleCounter"),
);

/** A page of the counters that an account sees. */
export const VisibleCounterPage = v.pipe(
  v.object({
    data: v.array(VisibleCounter),
    total: v.pipe(v.number(), v.description("All that match, whatever the paging")),
    next_cursor: v.pipe(text, v.description("Give it as `cursor` for the next page")),
  }),
  component("VisibleCounterPage"),
);

/** An attached counter. */
export const Counter = v.pipe(
  v.object({
    counter_id: v.number(),
    account_id: v.string(),
    login: v.string(),
    name: v.string(),
    site: text,
    time_zone: text,
    permission: text,
    owner_login: text,
    state: v.pipe(v.picklist(counterStates), v.description("`ready`, or what keeps conversions from it")),
    advice: v.pipe(text, v.description("What to do about a state that is not `ready`")),
    attached_at: v.string(),
    refreshed_at: v.pipe(v.string(), v.description("When it was last read from Metrika")),
  }),
  component("Counter"),
);

/** A counter that was asked for, and whether it was made just now. */
export const MadeCounter = v.pipe(
  v.object({
    ...Counter.entries,
    created: v.pipe(v.boolean(), v.description("false: it was there already, made minutes ago by the same request")),
  }),
  component("MadeCounter"),
);

/** An attached counter as the API tells it. */
export function counterAnswer({ counter, account }: AttachedCounter, language: Language) {
  const state = stateOf(counter, account);
  return {
    counter_id: counter.counterId,
    account_id: account.uuid,
    login: account.login,
    name: counter.name,
    site: counter.site,
    time_zone: counter.timeZone,
    permission: counter.permission,
    owner_login: counter.ownerLogin,
    state,
    advice: state === "ready" ? null : render(counterSentences[state], language, stateParams(counter, account)),
    attached_at: iso(counter.attachedAt),
    refreshed_at: iso(counter.refreshedAt),
  };
}

/** A visible counter as the API tells it. */
export const visibleAnswer = (counter: MetrikaCounter & { readonly isAttached: boolean }) => ({
  counter_id: counter.id,
  name: counter.name,
  site: counter.site,
  time_zone: counter.timeZoneName,
  permission: counter.permission,
  writable: counter.writable,
  owner_login: counter.ownerLogin,
  status: counter.status,
  attached: counter.isAttached,
});

/** What the audit keeps of a counter. */
export const counterFacts = ({ counterId, name, permission, status, errorCode }: CounterRecord) => ({
  counter_id: counterId,
  name,
  permission,
  status,
  error_code: errorCode,
});
