import { nearestTarget } from "../conversion/nearest-target.ts";
import { type Language, type Params, render } from "../language.ts";
import type { MetrikaErrorCode } from "../metrika/errors.ts";
import { metrikaSentences } from "../metrika/sentences.ts";
import type { BatchRecord, BatchUpload, CredentialRecord, PauseReason, SetAside } from "../store/store.ts";
import { COUNTER_QUOTA_CODE } from "./send-outcome.ts";
import { type DeliveryCode, deliverySentences, nearestGoalPhrase } from "./sentences.ts";
import { isUnsent } from "./upload-state.ts";

/** What a batch's status answer says beyond the specified fields. */
export interface BatchReport {
  /** Sentences in the reader's language, or null when nothing is amiss. */
  readonly errors: string[] | null;
  /** Exact when the batch has its files for itself, otherwise null. */
  readonly linked: number | null;
  readonly goalNotFound: number | null;
  readonly userNotFound: number | null;
  /** `exact`, or `shared_file` when other batches have rows in the same files; null while Metrika has not finished. */
  readonly linkage: "exact" | "shared_file" | null;
  /** Unix ms of the next move that the gateway will make by itself, or null. */
  readonly nextAttemptAt: number | null;
}

/** All that a batch's fate is told from; `now` is Unix milliseconds. */
export interface BatchFacts {
  readonly batch: BatchRecord;
  readonly uploads: readonly BatchUpload[];
  readonly setAside: readonly SetAside[];
  /** The goals the counter has, for naming the nearest one; empty when unknown. */
  readonly goals: readonly string[];
  /** Metrika does not tell the counter's goals: rows are sent without being checked. */
  readonly goalsUnreadable: boolean;
  readonly credential: CredentialRecord | null;
  /** A person has paused the delivery of the batch's source. */
  readonly deliveryPaused: boolean;
  readonly now: number;
}

/** Tells a batch's fate in words and numbers, and never more than is known. */
export function reportBatch(facts: BatchFacts, language: Language): BatchReport {
  const { uploads } = facts;
  const errors = [
    ...saySetAside(facts, language),
    ...sayPause(facts, language),
    ...uploads.flatMap((upload) => [...sayLate(upload, language), ...sayUpload(upload, facts, language)]),
  ];
  const finished = uploads.length > 0 && uploads.every(({ state }) => state === "completed" || state === "failed");
  // Once Metrika has found every goal, that nobody could check them before is of no more interest.
  const doubtful = uploads.length > 0 && (!finished || uploads.some((upload) => upload.goalNotFoundQuantity));
  if (facts.goalsUnreadable && doubtful)
    errors.push(say("goals_unreadable", language, { counter: facts.batch.counterId }));
  const exclusive = uploads.every((upload) => upload.exclusive);
  const settled = uploads.filter(({ state }) => state === "completed");
  const sum = (of: (upload: BatchUpload) => number | null): number | null => {
    const numbers = settled.map(of);
    return finished && exclusive && numbers.every((n) => n !== null) ? numbers.reduce((a, b) => a + b, 0) : null;
  };
  return {
    errors: errors.length === 0 ? null : errors,
    linked: sum((u) => u.linkedQuantity),
    goalNotFound: sum((u) => u.goalNotFoundQuantity),
    userNotFound: sum((u) => u.userNotFoundQuantity),
    linkage: finished ? (exclusive ? "exact" : "shared_file") : null,
    nextAttemptAt: nextAttempt(facts),
  };
}

function saySetAside({ batch, setAside, goals }: BatchFacts, language: Language): string[] {
  const said = batch.rejected > 0 ? [say("rows_rejected", language, { rows: batch.rejected })] : [];
  for (const one of setAside) {
    if (one.reason in deliverySentences) said.push(sayRowsAside(one, goals, language));
  }
  return said;
}

/** What is told of rows that wait or were given up for a reason with a sentence; the nearest of the goals is named. */
export function sayRowsAside({ target, reason, rows }: SetAside, goals: readonly string[], language: Language): string {
  const near = nearestTarget(target, goals);
  const nearest = near === null ? "" : render(nearestGoalPhrase, language, { nearest: near });
  return say(reason as DeliveryCode, language, { target, rows, nearest });
}

/** Rows in no file wait for whoever paused their source. */
function sayPause({ batch, uploads, setAside, deliveryPaused }: BatchFacts, language: Language): string[] {
  if (!deliveryPaused) return [];
  const placed = uploads.reduce((sum, { batchRows, batchDuplicates }) => sum + batchRows + batchDuplicates, 0);
  const waiting = batch.total - batch.rejected - placed - setAside.reduce((sum, { rows }) => sum + rows, 0);
  return waiting > 0 ? [say("delivery_paused", language, { rows: waiting })] : [];
}

/** What is told of an upload of which Metrika took nothing. */
export function sayFailed(
  {
    uuid,
    rows,
    metrikaUploadId,
    errorCode,
    errorText,
  }: Pick<BatchUpload, "uuid" | "rows" | "metrikaUploadId" | "errorCode" | "errorText">,
  language: Language,
): string {
  const told = (errorText ?? "").replace(/\.$/, "");
  const code = errorCode !== null && errorCode in deliverySentences ? (errorCode as DeliveryCode) : "metrika_rejected";
  return say(code, language, { upload: metrikaUploadId ?? uuid, rows, text: `${told || errorCode}.` });
}

function sayUpload(upload: BatchUpload, { credential, now }: BatchFacts, language: Language): string[] {
  const { state, rows, metrikaUploadId, metrikaStatus, errorCode, lineQuantity, sourceQuantity } = upload;
  const file = { upload: metrikaUploadId ?? upload.uuid, rows };
  const told = (upload.errorText ?? "").replace(/\.$/, "");
  if (state === "failed") return [sayFailed(upload, language)];
  if (state === "planned" || state === "filling") {
    const rests = credential?.pausedUntil != null && credential.pausedUntil > now;
    if (rests && credential.id === upload.credentialId) return [sayRest(credential.pausedReason, told, language)];
    if (errorCode === null) return [];
    if (errorCode === COUNTER_QUOTA_CODE) return [say(COUNTER_QUOTA_CODE, language, file)];
    return [say("retrying", language, { ...file, text: sayCause(errorCode, told, language) })];
  }
  if (state === "uncertain") {
    const needsPerson = errorCode === "held_for_person" || errorCode === "list_unreadable";
    return [say(needsPerson ? errorCode : "answer_lost", language, file)];
  }
  if (state === "sent" || state === "processing") {
    const watched = errorCode !== null && errorCode in deliverySentences;
    return watched ? [say(errorCode as DeliveryCode, language, { ...file, status: metrikaStatus ?? "" })] : [];
  }
  if (state !== "completed") return [];
  const refused = (sourceQuantity ?? 0) - (lineQuantity ?? sourceQuantity ?? 0);
  const said = refused > 0 ? [say("metrika_refused_rows", language, { ...file, refused })] : [];
  if (metrikaStatus === "LINKAGE_FAILURE") return [...said, say("linkage_failure", language, file)];
  return [...said, ...sayMissing(upload, file, language)];
}

function sayLate({ state, lateAt, rows }: BatchUpload, language: Language): string[] {
  return isUnsent(state) && lateAt !== null ? [say("late", language, { rows })] : [];
}

function sayRest(reason: PauseReason | null, told: string, language: Language): string {
  if (reason === "quota") return say("waiting_quota", language, {});
  return say("waiting_token", language, { text: sayCause(`metrika_${reason ?? "unauthorized"}`, told, language) });
}

/** Why sending waits, as sentences: what it means, and in brackets what Metrika or the network said. */
function sayCause(code: string, told: string, language: Language): string {
  const known = Object.hasOwn(metrikaSentences, code) ? metrikaSentences[code as MetrikaErrorCode] : null;
  if (known === null) return `${told || code}.`;
  const meaning = render(known, language);
  return told === "" ? meaning : `${meaning.replace(/\.$/, "")} (${told}).`;
}

function sayMissing(upload: BatchUpload, file: Params, language: Language): string[] {
  const { goalNotFoundQuantity, userNotFoundQuantity, linkedQuantity, rows } = upload;
  const said: string[] = [];
  if (goalNotFoundQuantity)
    said.push(say("goal_not_found_at_metrika", language, { ...file, missing: goalNotFoundQuantity }));
  if (userNotFoundQuantity) said.push(say("user_not_found", language, { ...file, missing: userNotFoundQuantity }));
  if (linkedQuantity !== null && linkedQuantity < rows)
    said.push(say("linked_n_of_m", language, { ...file, linked: linkedQuantity }));
  return said;
}

function nextAttempt({ uploads, credential, now }: BatchFacts): number | null {
  const open = uploads.filter(({ state }) => state !== "completed" && state !== "failed");
  if (open.length === 0) return null;
  const soonest = Math.min(...open.map((u) => u.nextAttemptAt));
  const rest = credential?.pausedUntil ?? 0;
  return Math.max(soonest, rest > now ? rest : 0);
}

function say(code: DeliveryCode, language: Language, params: Params): string {
  return render(deliverySentences[code], language, params);
}
