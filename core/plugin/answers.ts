import type { Conversion, Finding } from "../conversion/conversion.ts";
import { csvHeader, csvRow } from "../conversion/csv.ts";
import { describeFinding } from "../conversion/findings.ts";
import { reportBatch } from "../delivery/batch-report.ts";
import { fateOf, isLate } from "../delivery/row-fate.ts";
import { rowDetails } from "../delivery/sentences.ts";
import { openRejection, type Receipt, type Rejection } from "../intake/receipt.ts";
import { type Language, render } from "../language.ts";
import { conversionUuid } from "../store/public-id.ts";
import type {
  BatchRecord,
  BatchRow,
  ReplayLinks,
  RowWarning,
  SourceRecord,
  Store,
  UploadRecord,
} from "../store/store.ts";
import { MOST_WARNINGS } from "../store/warnings.ts";
import type { Vault } from "../vault/vault.ts";

/** Refused rows, and warnings, told in one status; the rest is read row by row. */
const MOST_FINDINGS = 1000;
/** Repeats named in a receipt; `duplicate_count` always counts them all. */
const MOST_DUPLICATES = 1000;

/** Unix milliseconds as ISO 8601 in UTC. */
export const iso = (ms: number): string => new Date(ms).toISOString();
/** As {@link iso}, or null. */
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));
/** Unix seconds as ISO 8601 in UTC. */
export const isoSecond = (seconds: number): string => iso(seconds * 1000).replace(".000Z", "Z");

const sayFinding = (finding: Finding, language: Language) => ({
  field: finding.field,
  code: finding.code,
  message: describeFinding(finding, language),
});

/** A refused row as the API tells it: its main fault, and further ones if it has any. */
export function rejectionAnswer({ row, findings: [first, ...rest] }: Rejection, language: Language) {
  const more = rest.map((finding) => sayFinding(finding, language));
  return { index: row, ...sayFinding(first, language), ...(more.length > 0 && { more }) };
}

/** A warning as the API tells it. */
export const warningAnswer = ({ row, ...finding }: RowWarning, language: Language) => ({
  index: row,
  ...sayFinding(finding, language),
});

/** The first ones as they are told, without a copy in between: nearly every receipt has none. */
function sayFirst<Found, Told>(all: readonly Found[], most: number, say: (found: Found) => Told): Told[] {
  return (all.length > most ? all.slice(0, most) : all).map(say);
}

/** The answer to an intake. */
export function receiptAnswer(receipt: Receipt, language: Language, installationUuid: string) {
  return {
    batch_id: receipt.batchUuid,
    status: "accepted" as const,
    accepted_count: receipt.accepted,
    duplicate_count: receipt.duplicates.length,
    rejected_count: receipt.rejections.length,
    duplicates: sayFirst(receipt.duplicates, MOST_DUPLICATES, ({ row, conversionId }) => ({
      index: row,
      conversion_id: conversionUuid(installationUuid, conversionId),
    })),
    rejections: receipt.rejections.map((rejection) => rejectionAnswer(rejection, language)),
    warnings: sayFirst(receipt.warnings, MOST_WARNINGS, (warning) => warningAnswer(warning, language)),
  };
}

/** What a dry run would have stored and sent. */
export function dryRunAnswer(
  receipt: Receipt,
  language: Language,
  identifiers: "all" | "best",
  installationUuid: string,
) {
  const { batch_id: _, status: __, ...counts } = receiptAnswer(receipt, language, installationUuid);
  const lines = receipt.conversions.map(({ conversion }) => csvRow(conversion, identifiers));
  return {
    status: "dry_run" as const,
    ...counts,
    conversions: receipt.conversions.map(({ row, conversion }) => ({ index: row, ...conversionAnswer(conversion) })),
    csv: csvHeader() + lines.join(""),
  };
}

/** A conversion in its canonical spelling. */
export function conversionAnswer(conversion: Conversion) {
  return {
    client_id: conversion.clientId || null,
    user_id: conversion.userId || null,
    yclid: conversion.yclid || null,
    purchase_id: conversion.purchaseId || null,
    target: conversion.target,
    date_time: isoSecond(conversion.dateTime),
    price: conversion.price,
    currency: conversion.currency || null,
  };
}

type BatchReader = Pick<Store, "batches" | "goals" | "credentials" | "uploads">;

/**
 * The status of a batch: the specified fields, and beside them all that is known.
 * @param most refused rows and warnings told at the most
 */
export async function batchAnswer(
  { store, vault }: { readonly store: BatchReader; readonly vault: Vault },
  batch: BatchRecord,
  { credentialId, workspaceId, deliveryPaused }: Pick<SourceRecord, "credentialId" | "workspaceId" | "deliveryPaused">,
  language: Language,
  now: number,
  most = MOST_FINDINGS,
) {
  const uploads = await store.batches.uploadsOf(batch.id);
  const links = await store.uploads.replayLinksOf(uploads.map(({ id }) => id));
  const setAside = await store.batches.setAsideOf(batch.id);
  const rejected = batch.rejected > 0 ? await store.batches.rejectedOf(batch.id, most) : [];
  const known = await store.goals.get(workspaceId, batch.counterId);
  const goals = known?.identifiers ?? [];
  const goalsUnreadable = known !== null && known.unreadableSince !== null;
  const credential = await store.credentials.get(credentialId);
  const report = reportBatch(
    { batch, uploads, setAside, goals, goalsUnreadable, credential, deliveryPaused, now },
    language,
  );
  return {
    batch_id: batch.uuid,
    status: batch.status,
    webhook_id: batch.sourceUuid,
    counter_id: batch.counterId,
    created_at: iso(batch.createdAt),
    updated_at: iso(batch.updatedAt),
    metrika_upload_id: batch.metrikaUploadId,
    total: batch.total,
    processed: batch.processed,
    errors: report.errors,
    accepted: batch.total - batch.duplicates - batch.rejected,
    duplicates: batch.duplicates,
    rejected: batch.rejected,
    rejections: rejected.map((row) => rejectionAnswer(openRejection(vault, batch.sourceUuid, row), language)),
    warnings: batch.warnings.slice(0, most).map((warning) => warningAnswer(warning, language)),
    linked: report.linked,
    goal_not_found: report.goalNotFound,
    user_not_found: report.userNotFound,
    linkage: report.linkage,
    set_aside: setAside.map(({ target, reason, rows }) => ({ target, reason, rows })),
    uploads: uploads.map((upload) => ({
      ...uploadAnswer(upload, links.get(upload.id)),
      batch_rows: upload.batchRows,
      batch_duplicates: upload.batchDuplicates,
    })),
    next_attempt_at: isoOrNull(report.nextAttemptAt),
    status_version: batch.statusVersion,
  };
}

/** An upload with Metrika's own numbers about it. */
export function uploadAnswer(upload: UploadRecord, links: ReplayLinks = { replayOf: null, replayedBy: [] }) {
  return {
    upload_id: upload.uuid,
    counter_id: upload.counterId,
    state: upload.state,
    currency: upload.currency,
    target: upload.target,
    identifier: upload.identifier,
    rows: upload.rows,
    metrika_upload_id: upload.metrikaUploadId,
    metrika_status: upload.metrikaStatus,
    source_quantity: upload.sourceQuantity,
    line_quantity: upload.lineQuantity,
    linked_quantity: upload.linkedQuantity,
    goal_not_found_quantity: upload.goalNotFoundQuantity,
    user_not_found_quantity: upload.userNotFoundQuantity,
    error_code: upload.errorCode,
    error: upload.errorText,
    attempts: upload.attempts,
    replay_of: links.replayOf,
    replayed_by: [...links.replayedBy],
    created_at: iso(upload.createdAt),
    sent_at: isoOrNull(upload.sentAt),
    settled_at: isoOrNull(upload.settledAt),
    deadline: isoOrNull(upload.deadline),
    late_at: isoOrNull(upload.lateAt),
    next_attempt_at: upload.state === "completed" || upload.state === "failed" ? null : iso(upload.nextAttemptAt),
  };
}

/** What became of a row, in codes and in words. */
export function fateAnswer(row: BatchRow, language: Language) {
  const { status, detail, params } = fateOf(row);
  return { status, detail, message: render(rowDetails[detail], language, params), late: isLate(row) };
}

/** One received row with its fate. */
export function rowAnswer(
  row: BatchRow,
  sourceUuid: string,
  vault: Vault,
  language: Language,
  installationUuid: string,
) {
  const fate = fateAnswer(row, language);
  const refused = row.rejection && openRejection(vault, sourceUuid, { row: row.row, ...row.rejection });
  const rejection = refused && rejectionAnswer(refused, language);
  return {
    index: row.row,
    kind: row.kind,
    conversion_id: row.conversionId === null ? null : conversionUuid(installationUuid, row.conversionId),
    revision: row.revision,
    conversion: row.conversion && conversionAnswer(row.conversion),
    sent_time: row.sentTime === null ? null : isoSecond(row.sentTime),
    ...fate,
    message: rejection?.message ?? fate.message,
    upload_id: row.upload?.uuid ?? null,
    rejection,
    received: refused?.received ?? null,
  };
}
