import * as v from "valibot";
import { describeFinding } from "../../conversion/findings.ts";
import type { Receipt } from "../../intake/receipt.ts";
import type { Localized } from "../../language.ts";
import { ProblemError } from "../../plugin/problem.ts";
import { problemCatalogue } from "../../plugin/problem-catalogue.ts";
import { RetryLater, Unusable } from "../../plugin/raw-intake.ts";
import type { KeptLeftover } from "../../store/store.ts";
import { maskText } from "../../vault/mask.ts";
import type { CallEnd } from "./limited-call.ts";
import { callReason } from "./sentences.ts";

/** What a failure tells of its source: `failed` counts towards its rest, `unknown` tells nothing. */
export type Tells = "failed" | "unknown";

/** What a plugin's call came to. */
export type Verdict =
  | { readonly kind: "done"; readonly leftovers: readonly KeptLeftover[] }
  /** To be tried again; `afterSeconds` null: when the platform thinks fit. */
  | {
      readonly kind: "later";
      readonly code: string;
      readonly reason: Localized;
      readonly afterSeconds: number | null;
      readonly tells: Tells;
    }
  /** Only a person can help. */
  | { readonly kind: "given_up"; readonly code: string; readonly reason: Localized; readonly tells: Tells };

/** What a call is told by. */
export interface Called {
  /** The plugin with its version. */
  readonly plugin: string;
  /** Of the raw intake or run, by which the log knows it. */
  readonly id: string;
  readonly timeLimitMs: number;
}

/**
 * Codes of {@link Unusable} that speak of the source's access rather than of one request: whatever comes next would meet the same, so
 * the source rests after some of them.
 */
export const OF_ACCESS: ReadonlySet<string> = new Set(["token_refused", "access_denied"]);

/** A sale that waits under the hash of its buyer's contact, as its source has asked. */
export const KEPT_BY_CONTACT = "kept_by_contact";

/** More of them say nothing that these do not. */
export const MOST_LEFTOVERS = 100;
const LONGEST_SUBJECT = 200;
const LONGEST_REASON = 1000;

const Sentence = v.object({ ru: v.string(), en: v.string() });
const Leftovers = v.array(
  v.object({
    subject: v.string(),
    code: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9_]{0,63}$/)),
    message: Sentence,
    needs: v.picklist(["nothing", "person"]),
  }),
);

/** Judges how a plugin's call ended. Pure. */
export function verdictOf(ended: CallEnd, called: Called): Verdict {
  const { plugin, timeLimitMs } = called;
  if (ended.kind === "timed_out") {
    const seconds = timeLimitMs / 1000;
    return later("plugin_timeout", callReason("plugin_timeout", { plugin, seconds }));
  }
  if (ended.kind === "threw") return afterError(ended.error, called);
  const returned = v.safeParse(Leftovers, ended.value);
  if (!returned.success) return later("plugin_answer", callReason("plugin_answer", { plugin }));
  return { kind: "done", leftovers: returned.output.map(keptLeftover) };
}

function afterError(error: unknown, { plugin, id }: Called): Verdict {
  if (error instanceof RetryLater) {
    const { ru, en } = plainReason(error.reason);
    const reason = {
      ru: callReason("retry_later", { plugin, reason: ru }).ru,
      en: callReason("retry_later", { plugin, reason: en }).en,
    };
    return later("retry_later", reason, error.afterSeconds);
  }
  if (error instanceof Unusable) {
    const tells = OF_ACCESS.has(error.code) ? "failed" : "unknown";
    return { kind: "given_up", code: plainText(error.code).slice(0, 64), reason: plainReason(error.reason), tells };
  }
  if (error instanceof ProblemError) {
    // The title alone: a sentence may name a value of the body.
    const { title, status } = problemCatalogue[error.code];
    if (status < 500) return { kind: "given_up", code: error.code, reason: title, tells: "unknown" };
    const seconds = Number(error.headers["retry-after"]);
    return { ...later(error.code, title, Number.isFinite(seconds) ? seconds : null), tells: "unknown" };
  }
  return later("plugin_error", callReason("plugin_error", { plugin, id }));
}

const later = (code: string, reason: Localized, afterSeconds: number | null = null) =>
  ({ kind: "later", code, reason, afterSeconds, tells: "failed" }) as const;

/** What the sink refused, as leftovers: values in its sentences are masked already. */
export const refusals = ({ rejections }: Receipt): readonly KeptLeftover[] =>
  rejections.map(({ row, findings: [finding] }) => ({
    subject: `conversion ${row + 1}`,
    code: finding.code,
    message: plainReason({ ru: describeFinding(finding, "ru"), en: describeFinding(finding, "en") }),
    needs: finding.code === KEPT_BY_CONTACT ? "nothing" : "person",
  }));

/** As many leftovers as are kept, those first that need a person. */
export function limited(all: readonly KeptLeftover[], more = 0): readonly KeptLeftover[] {
  const shown = all.toSorted((a, b) => Number(b.needs === "person") - Number(a.needs === "person"));
  const count = Math.max(0, all.length - MOST_LEFTOVERS) + more;
  if (count === 0) return all;
  const message = callReason("more_leftovers", { count });
  return [...shown.slice(0, MOST_LEFTOVERS), { subject: "…", code: "more_leftovers", message, needs: "nothing" }];
}

const keptLeftover = ({ subject, code, message, needs }: KeptLeftover): KeptLeftover => ({
  subject: plainText(subject).slice(0, LONGEST_SUBJECT),
  code,
  message: plainReason(message),
  needs,
});

const plainReason = ({ ru, en }: Localized): Localized => ({ ru: plainText(ru), en: plainText(en) });

/**
 * A plugin's text as it may be kept and shown: what looks like a secret, a phone or an address is masked, and neither NUL nor half a
 * character is left, which PostgreSQL's `jsonb` would refuse.
 */
const plainText = (text: string): string =>
  maskText(String(text).slice(0, LONGEST_REASON)).toWellFormed().replaceAll("\u0000", "");
