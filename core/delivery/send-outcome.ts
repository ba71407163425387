import type { MetrikaError } from "../metrika/errors.ts";
import type { Uploading } from "../metrika/offline-conversions.ts";
import type { PauseReason, UploadFacts, UploadRecord, UploadState } from "../store/store.ts";
import { backoffMs } from "./backoff.ts";
import { factsOf, refusedAll } from "./poll-outcome.ts";
import { type DeliveryRules, firstReadBackMs } from "./rules.ts";

/** What one try means for the upload, and for the credential it was made with. */
export interface Outcome {
  readonly to: UploadState;
  readonly facts: UploadFacts;
  /** In one word, for the list of attempts. */
  readonly outcome: string;
  readonly pause: { readonly reason: PauseReason; readonly until: number } | null;
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
  const { retryAt, pause } = whenAgain(error, upload.attempts, at);
  return { to: "planned", facts: { ...said, nextAttemptAt: retryAt }, outcome: error.kind, pause };
}

/** When the same request may be made again, and whether everything else of this credential must rest as well. */
export function whenAgain(
  error: MetrikaError,
  failures: number,
  at: Circumstances,
): { retryAt: number; pause: Outcome["pause"] } {
  const { now, random, rules, pauses } = at;
  if (error.kind === "unauthorized" || error.kind === "forbidden") {
    const until = now + backoffMs(rules.refusedToken, pauses + 1, random);
    return { retryAt: now, pause: { reason: error.kind, until } };
  }
  const asked = error.retryAfterSeconds === undefined ? null : now + error.retryAfterSeconds * 1000;
  if (error.kind === "throttled" && error.quota?.freed === "midnight_gmt") {
    // A minute or so past midnight: every client of the world comes back on the stroke.
    const until = asked ?? nextMidnight(now) + Math.round(random * 60_000);
    return { retryAt: until, pause: { reason: "quota", until } };
  }
  return { retryAt: asked ?? now + backoffMs(rules.retry, Math.max(1, failures), random), pause: null };
}

/** The next 00:00 GMT, when Metrika frees daily quotas. https://yandex.com/dev/metrika/en/intro/quotas */
export function nextMidnight(now: number): number {
  return (Math.floor(now / 86_400_000) + 1) * 86_400_000;
}

/** An interval shortened or lengthened by up to a twentieth, so that counters do not march in step. */
export function jittered(ms: number, random: number): number {
  return Math.round(ms * (0.95 + random * 0.1));
}
