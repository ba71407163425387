import { backoffMs } from "../../delivery/backoff.ts";
import type { Localized } from "../../language.ts";
import type { KeptLeftover, RunEnd, RunRecord } from "../../store/store.ts";
import { VaultError } from "../../vault/vault.ts";
import type { CallEnd } from "../calls/limited-call.ts";
import { type Tells, verdictOf } from "../calls/verdict.ts";
import type { RunRules } from "./rules.ts";
import { runReason } from "./sentences.ts";

/** What an attempt is judged by. */
export interface Judging {
  readonly run: Pick<RunRecord, "uuid" | "kind" | "attempts" | "startedAt">;
  /** With its version. */
  readonly plugin: string;
  readonly rules: Pick<RunRules, "timeLimitMs" | "retry" | "longestWaitMs" | "givenUpAfterMs">;
  readonly now: number;
  /** In [0, 1). */
  readonly random: number;
}

/** What becomes of a run, and what that tells of its source. */
export interface Outcome {
  readonly end: Pick<RunEnd, "to" | "nextAttemptAt" | "errorCode" | "error"> & {
    /** As the plugin returned them. */
    readonly leftovers: readonly KeptLeftover[];
  };
  readonly source: "works" | Tells;
}

/** Problems of the gateway itself that go by, besides what a plugin asks patience for: their runs are tried again. */
const PASSING: ReadonlySet<string> = new Set(["retry_later", "overloaded", "storage_unavailable"]);

/** Decides what becomes of a run after its plugin was called. Pure. */
export function outcomeOf(ended: CallEnd, judging: Judging): Outcome {
  const { run, plugin, rules, now } = judging;
  if (ended.kind === "threw" && ended.error instanceof VaultError)
    return failed("state_sealed", runReason("state_sealed"), "unknown");
  const verdict = verdictOf(ended, { plugin, id: run.uuid, timeLimitMs: rules.timeLimitMs });
  if (verdict.kind === "done") {
    const well = { nextAttemptAt: null, errorCode: null, error: null };
    return { end: { to: "succeeded", ...well, leftovers: verdict.leftovers }, source: "works" };
  }
  const { code, reason, tells } = verdict;
  // A person waits for a dry run: it tells what there is to tell now.
  const isLater = verdict.kind === "later" && PASSING.has(code) && run.kind !== "dry_run";
  const isGivenUp = run.startedAt !== null && now - run.startedAt >= rules.givenUpAfterMs;
  if (!isLater || isGivenUp) return failed(code, reason, tells);
  const nextAttemptAt = now + waitOf(judging, verdict.afterSeconds);
  return { end: { to: "waiting", nextAttemptAt, errorCode: code, error: reason, leftovers: [] }, source: tells };
}

/** A run that ended without success. */
export const failed = (errorCode: string, error: Localized, source: Tells): Outcome => ({
  end: { to: "failed", nextAttemptAt: null, errorCode, error, leftovers: [] },
  source,
});

function waitOf({ run, rules, random }: Judging, afterSeconds: number | null): number {
  if (afterSeconds === null || Number.isNaN(afterSeconds)) return backoffMs(rules.retry, run.attempts, random);
  return Math.min(rules.longestWaitMs, Math.max(1000, afterSeconds * 1000));
}
