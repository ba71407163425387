import * as v from "valibot";
import { describeFinding } from "../../conversion/findings.ts";
import { backoffMs } from "../../delivery/backoff.ts";
import type { Receipt } from "../../intake/receipt.ts";
import { type Localized, type Params, render } from "../../language.ts";
import { ProblemError } from "../../plugin/problem.ts";
import { problemCatalogue } from "../../plugin/problem-catalogue.ts";
import { RetryLater, Unusable } from "../../plugin/raw-intake.ts";
import { batchIdOf } from "../../store/public-id.ts";
import type { KeptLeftover, RawIntakeEnd, RawIntakeRecord } from "../../store/store.ts";
import { maskText } from "../../vault/mask.ts";
import { VaultError } from "../../vault/vault.ts";
import type { RawIntakeRules } from "./rules.ts";
import { type RawIntakeCode, rawIntakeSentences } from "./sentences.ts";

/** How a plugin's call ended. */
export type CallEnd =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly error: unknown }
  | { readonly kind: "timed_out" };

/** What an attempt is judged by. */
export interface Judging {
  readonly intake: RawIntakeRecord;
  readonly plugin: string;
  readonly installation: string;
  readonly receipts: readonly Receipt[];
  readonly rules: RawIntakeRules;
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

/** What becomes of a raw intake, and what that tells of its source. */
export interface Outcome {
  readonly end: Omit<RawIntakeEnd, "id" | "claim" | "now">;
  /** `works`: the source did. `failed`: it did not, which counts towards its rest. `unknown`: this tells nothing of the source. */
  readonly source: "works" | "failed" | "unknown";
}

/**
 * Codes of {@link Unusable} that speak of the source's access rather than of one request: whatever comes next would meet the same, so
 * the source rests after some of them.
 */
export const OF_ACCESS: ReadonlySet<string> = new Set(["token_refused", "access_denied"]);

/** A sale that waits under the hash of its buyer's contact, as its source has asked. */
const KEPT_BY_CONTACT = "kept_by_contact";

/** More of them say nothing that these do not. */
const MOST_LEFTOVERS = 100;
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

/** What is told by the gateway itself. */
export const reasonOf = (code: RawIntakeCode, params: Params = {}): Localized => ({
  ru: render(rawIntakeSentences[code], "ru", params),
  en: render(rawIntakeSentences[code], "en", params),
});

/** Decides what becomes of a raw intake after its plugin was called. Pure. */
export function outcomeOf(ended: CallEnd, judging: Judging): Outcome {
  if (ended.kind === "timed_out") {
    const seconds = judging.rules.timeLimitMs / 1000;
    return failure(judging, "plugin_timeout", reasonOf("plugin_timeout", { plugin: judging.plugin, seconds }));
  }
  if (ended.kind === "threw") return afterError(ended.error, judging);
  const returned = v.safeParse(Leftovers, ended.value);
  if (!returned.success)
    return failure(judging, "plugin_answer", reasonOf("plugin_answer", { plugin: judging.plugin }));
  return afterReturn(returned.output, judging);
}

function afterReturn(returned: readonly KeptLeftover[], judging: Judging): Outcome {
  const { receipts, rules, now } = judging;
  const all = [...returned.map(keptLeftover), ...receipts.flatMap(refusals)];
  const facts = receipts.reduce((sum, { accepted, duplicates }) => sum + accepted + duplicates.length, 0);
  const isKept = all.some(({ code }) => code === KEPT_BY_CONTACT);
  const needsPerson = all.some(({ needs }) => needs === "person");
  const to = needsPerson ? "set_aside" : facts > 0 || isKept ? "taken" : "ignored";
  const expiresAt = now + (needsPerson ? rules.keptForPeopleMs : rules.keptMs);
  const batches = batchesOf(judging);
  const well = { nextAttemptAt: null, failures: 0, errorCode: null, error: null };
  return { end: { to, ...well, leftovers: limited(all), batches, expiresAt }, source: "works" };
}

function afterError(error: unknown, judging: Judging): Outcome {
  const { plugin, intake } = judging;
  if (error instanceof RetryLater) {
    const [ru, en] = [error.reason.ru, error.reason.en].map(plainText);
    const reason = {
      ru: reasonOf("retry_later", { plugin, reason: ru ?? "" }).ru,
      en: reasonOf("retry_later", { plugin, reason: en ?? "" }).en,
    };
    return failure(judging, "retry_later", reason, error.afterSeconds);
  }
  if (error instanceof Unusable) {
    const source = OF_ACCESS.has(error.code) ? "failed" : "unknown";
    return given(judging, plainText(error.code).slice(0, 64), plainReason(error.reason), source);
  }
  if (error instanceof VaultError) return given(judging, "content_sealed", reasonOf("content_sealed"), "unknown");
  if (error instanceof ProblemError) {
    // The title alone: a sentence may name a value of the body.
    const { title, status } = problemCatalogue[error.code];
    if (status < 500) return given(judging, error.code, title, "unknown");
    const seconds = Number(error.headers["retry-after"]);
    return { ...failure(judging, error.code, title, Number.isFinite(seconds) ? seconds : null), source: "unknown" };
  }
  return failure(judging, "plugin_error", reasonOf("plugin_error", { plugin, intake_id: intake.uuid }));
}

/** Another attempt later, or none any more. */
function failure(judging: Judging, code: string, reason: Localized, afterSeconds: number | null = null): Outcome {
  const { intake, rules, now } = judging;
  if (intake.tryingSince !== null && now - intake.tryingSince >= rules.givenUpAfterMs)
    return given(judging, code, reason, "failed");
  const failures = intake.failures + 1;
  const nextAttemptAt = now + waitOf(judging, failures, afterSeconds);
  const end = { to: "waiting", nextAttemptAt, failures, errorCode: code, error: reason, expiresAt: null } as const;
  return { end: { ...end, leftovers: [], batches: batchesOf(judging) }, source: "failed" };
}

/** Given up: only a person brings it back. */
function given(judging: Judging, errorCode: string, error: Localized, source: Outcome["source"]): Outcome {
  const { intake, rules, now, receipts } = judging;
  const told = { nextAttemptAt: null, failures: intake.failures + 1, errorCode, error };
  const leftovers = limited(receipts.flatMap(refusals));
  const expiresAt = now + rules.keptForPeopleMs;
  return { end: { to: "failed", ...told, leftovers, batches: batchesOf(judging), expiresAt }, source };
}

function waitOf({ rules, random }: Judging, failures: number, afterSeconds: number | null): number {
  if (afterSeconds === null || Number.isNaN(afterSeconds)) return backoffMs(rules.retry, failures, random);
  return Math.min(rules.longestWaitMs, Math.max(1000, afterSeconds * 1000));
}

function batchesOf({ receipts, installation }: Judging): RawIntakeEnd["batches"] {
  return receipts.flatMap(({ batchUuid, accepted, duplicates, rejections }) => {
    const batchId = batchUuid === null ? null : batchIdOf(installation, batchUuid);
    if (batchId === null) return [];
    return [{ batchId, accepted, duplicates: duplicates.length, rejected: rejections.length }];
  });
}

/** What the sink refused, as leftovers: values in its sentences are masked already. */
const refusals = ({ rejections }: Receipt): readonly KeptLeftover[] =>
  rejections.map(({ row, findings: [finding] }) => ({
    subject: `conversion ${row + 1}`,
    code: finding.code,
    message: plainReason({ ru: describeFinding(finding, "ru"), en: describeFinding(finding, "en") }),
    needs: finding.code === KEPT_BY_CONTACT ? "nothing" : "person",
  }));

const keptLeftover = ({ subject, code, message, needs }: KeptLeftover): KeptLeftover => ({
  subject: plainText(subject).slice(0, LONGEST_SUBJECT),
  code,
  message: plainReason(message),
  needs,
});

function limited(all: readonly KeptLeftover[]): readonly KeptLeftover[] {
  if (all.length <= MOST_LEFTOVERS) return all;
  const shown = all.toSorted((a, b) => Number(b.needs === "person") - Number(a.needs === "person"));
  const count = all.length - MOST_LEFTOVERS;
  const rest = {
    subject: "…",
    code: "more_leftovers",
    message: reasonOf("more_leftovers", { count }),
    needs: "nothing",
  } as const;
  return [...shown.slice(0, MOST_LEFTOVERS), rest];
}

const plainReason = ({ ru, en }: Localized): Localized => ({ ru: plainText(ru), en: plainText(en) });

/**
 * A plugin's text as it may be kept and shown: what looks like a secret, a phone or an address is masked, and neither NUL nor half a
 * character is left, which PostgreSQL's `jsonb` would refuse.
 */
const plainText = (text: string): string =>
  maskText(String(text).slice(0, LONGEST_REASON)).toWellFormed().replaceAll("\u0000", "");
