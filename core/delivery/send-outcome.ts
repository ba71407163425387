import type { MetrikaError } from "../metrika/errors.ts";
import type { Uploading } from "../metrika/offline-conversions.ts";
import type { PauseReason, UploadFacts, UploadRecord, UploadState } from "../store/store.ts";
import { type Backoff, backoffMs } from "./backoff.ts";
import { factsOf, refusedAll } from "./poll-outcome.ts";
import { OWN_QUOTAS } from "./request-budget.ts";
import { type DeliveryRules, firstReadBackMs } from "./rules.ts";

const DAY_MS = 86_400_000;
/** How far the clocks of two machines may differ. */
const CLOCKS_DIFFER_MS = 600_000;
/** Why uploads of a counter rest whose own quota is used up. */
export const COUNTER_QUOTA_CODE = "waiting_counter_quota";

/** A rest of a credential until an instant (Unix ms); for a quota, of its whole login. */
export type Pause =
  | { readonly reason: Exclude<PauseReason, "quota">; readonly until: number }
  | {
      readonly reason: "quota";
      readonly until: number;
      /** Metrika says that the login's day is used up: reading rests as well. */
      readonly isExhausted: boolean;
    };

/** What one try means for the upload, and for the credential it was made with. */
export interface Outcome {
  readonly to: UploadState;
  readonly facts: UploadFacts;
  /** In one word, for the list of attempts. */
  readonly outcome: string;
  readonly pause: Pause | null;
  /** Until when (Unix ms) Metrika takes nothing for the upload's counter; left out: it does. */
  readonly counterRestsUntil?: number;
}

/** What an outcome depends on besides the answer; `now` is Unix milliseconds. */
export interface Circumstances {
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
  readonly rules: DeliveryRules;
  /** Pauses of the credential in a row. */
  readonly pauses: number;
}

/** Metrika answered 200: it has the file, or has taken none of its rows. */
export function outcomeOfSend(uploading: Uploading, { now, random, rules }: Circumstances): Outcome {
  const facts: UploadFacts = { ...factsOf(uploading), sentAt: now };
  if (refusedAll(uploading)) {
    const failed = { ...facts, errorCode: "metrika_refused_all_rows", errorText: null, settledAt: now };
    return { to: "failed", facts: failed, outcome: "refused", pause: null };
  }
  const nextAttemptAt = now + jittered(rules.pollMs, random);
  return {
    to: "sent",
    facts: { ...facts, nextAttemptAt, errorCode: null, errorText: null },
    outcome: "accepted",
    pause: null,
  };
}

/**
 * Sending failed. What surely never reached Metrika is planned again; what Metrika refused for good has failed; whatever
 * may have arrived is uncertain and is looked up before anything is sent again.
 */
export function outcomeOfSendError(error: MetrikaError, upload: UploadRecord, at: Circumstances): Outcome {
  const { now, rules } = at;
  const said = { errorCode: error.code, errorText: error.message };
  if (error.kind === "rejected" || error.kind === "not_found") {
    return { to: "failed", facts: { ...said, settledAt: now }, outcome: "refused", pause: null };
  }
  if (error.bodyMayHaveArrived && error.kind !== "throttled") {
    const first = Math.max(firstReadBackMs(rules), (error.retryAfterSeconds ?? 0) * 1000);
    const lost = { ...said, requestEndedAt: now, completeLists: 0, nextAttemptAt: now + first };
    return { to: "uncertain", facts: lost, outcome: "answer_lost", pause: null };
  }
  const { retryAt, pause, isCounterQuota } = whenAgain(error, upload.attempts, at);
  const facts = { ...said, nextAttemptAt: retryAt };
  if (!isCounterQuota) return { to: "planned", facts, outcome: error.kind, pause };
  const rests = { ...facts, errorCode: COUNTER_QUOTA_CODE };
  return { to: "planned", facts: rests, outcome: error.kind, pause, counterRestsUntil: retryAt };
}

/** After a fault of our own, such as a full disk: it costs Metrika nothing to try again soon. */
const OWN_FAULT: Backoff = { firstMs: 1000, limitMs: 60_000 };

/** When the same request may be made again, and whether everything else of this credential must rest as well. */
export function whenAgain(
  error: MetrikaError,
  failures: number,
  at: Circumstances,
): { readonly retryAt: number; readonly pause: Pause | null; readonly isCounterQuota: boolean } {
  const { now, random, rules, pauses } = at;
  const alone = { pause: null, isCounterQuota: false };
  if (error.kind === "unauthorized" || error.kind === "forbidden") {
    const until = now + backoffMs(rules.refusedToken, pauses + 1, random);
    return { ...alone, retryAt: now, pause: { reason: error.kind, until } };
  }
  const asked = error.retryAfterSeconds === undefined ? null : now + error.retryAfterSeconds * 1000;
  if (error.kind === "throttled" && error.quota?.freed === "midnight_gmt") {
    const { name } = error.quota;
    const until = asked ?? freedAt(now, random);
    if (name === "quota_requests_by_counter_id") return { ...alone, retryAt: until, isCounterQuota: true };
    if (name === OWN_QUOTAS.read) return { ...alone, retryAt: until };
    const isExhausted = name !== OWN_QUOTAS.write && until >= nextMidnight(now);
    return { ...alone, retryAt: until, pause: { reason: "quota", until, isExhausted } };
  }
  const backoff = error.kind === "aborted" ? OWN_FAULT : rules.retry;
  return { ...alone, retryAt: asked ?? now + backoffMs(backoff, Math.max(1, failures), random) };
}

/**
 * When a daily quota is freed: up to a minute past midnight, since every client of the world comes back on the stroke. A day
 * that is said to be used up in its first minutes is the day before, by a clock that is slower than ours.
 */
function freedAt(now: number, random: number): number {
  const lastMidnight = nextMidnight(now) - DAY_MS;
  const jitter = Math.round(random * 60_000);
  const patience = lastMidnight + CLOCKS_DIFFER_MS;
  return (now < patience ? patience : nextMidnight(now)) + jitter;
}

/** The next 00:00 GMT, when Metrika frees daily quotas. https://yandex.com/dev/metrika/en/intro/quotas */
export function nextMidnight(now: number): number {
  return (Math.floor(now / DAY_MS) + 1) * DAY_MS;
}

/** An interval shortened or lengthened by up to a twentieth, so that counters do not march in step. */
export function jittered(ms: number, random: number): number {
  return Math.round(ms * (0.95 + random * 0.1));
}
