import { backoffMs } from "../../delivery/backoff.ts";
import type { Receipt } from "../../intake/receipt.ts";
import type { Localized, Params } from "../../language.ts";
import { batchIdOf } from "../../store/public-id.ts";
import type { KeptLeftover, RawIntakeEnd, RawIntakeRecord } from "../../store/store.ts";
import { VaultError } from "../../vault/vault.ts";
import type { CallEnd } from "../calls/limited-call.ts";
import { filled } from "../calls/sentences.ts";
import { KEPT_BY_CONTACT, limited, refusals, type Tells, type Verdict, verdictOf } from "../calls/verdict.ts";
import type { RawIntakeRules } from "./rules.ts";
import { type RawIntakeCode, rawIntakeSentences } from "./sentences.ts";

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
  readonly source: "works" | Tells;
}

/** What is told by the gateway itself. */
export const reasonOf = (code: RawIntakeCode, params: Params = {}): Localized =>
  filled(rawIntakeSentences[code], params);

/** Decides what becomes of a raw intake after its plugin was called. Pure. */
export function outcomeOf(ended: CallEnd, judging: Judging): Outcome {
  const { intake, plugin, rules } = judging;
  if (ended.kind === "threw" && ended.error instanceof VaultError)
    return given(judging, "content_sealed", reasonOf("content_sealed"), "unknown");
  const verdict = verdictOf(ended, { plugin, id: intake.uuid, timeLimitMs: rules.timeLimitMs });
  if (verdict.kind === "done") return afterReturn(verdict.leftovers, judging);
  if (verdict.kind === "later") return failure(judging, verdict);
  return given(judging, verdict.code, verdict.reason, verdict.tells);
}

function afterReturn(returned: readonly KeptLeftover[], judging: Judging): Outcome {
  const { receipts, rules, now } = judging;
  const all = [...returned, ...receipts.flatMap(refusals)];
  const facts = receipts.reduce((sum, { accepted, duplicates }) => sum + accepted + duplicates.length, 0);
  const isKept = all.some(({ code }) => code === KEPT_BY_CONTACT);
  const needsPerson = all.some(({ needs }) => needs === "person");
  const to = needsPerson ? "set_aside" : facts > 0 || isKept ? "taken" : "ignored";
  const expiresAt = now + (needsPerson ? rules.keptForPeopleMs : rules.keptMs);
  const batches = batchesOf(judging);
  const well = { nextAttemptAt: null, failures: 0, errorCode: null, error: null };
  return { end: { to, ...well, leftovers: limited(all), batches, expiresAt }, source: "works" };
}

/** Another attempt later, or none any more. */
function failure(
  judging: Judging,
  { code, reason, afterSeconds, tells }: Extract<Verdict, { kind: "later" }>,
): Outcome {
  const { intake, rules, now } = judging;
  if (intake.tryingSince !== null && now - intake.tryingSince >= rules.givenUpAfterMs)
    return given(judging, code, reason, tells);
  const failures = intake.failures + 1;
  const nextAttemptAt = now + waitOf(judging, failures, afterSeconds);
  const end = { to: "waiting", nextAttemptAt, failures, errorCode: code, error: reason, expiresAt: null } as const;
  return { end: { ...end, leftovers: [], batches: batchesOf(judging) }, source: tells };
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
