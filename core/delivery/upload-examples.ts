import { MetrikaError, type MetrikaErrorFacts } from "../metrika/errors.ts";
import type { Uploading } from "../metrika/offline-conversions.ts";
import type { BatchUpload, UploadRecord } from "../store/store.ts";

/** The instant of the examples. */
export const NOW = Date.parse("2026-11-23T12:00:00Z");

/** An upload of ten rows that was just planned; for tests. */
export function exampleUpload(change: Partial<UploadRecord> = {}): UploadRecord {
  const none = { metrikaUploadId: null, metrikaStatus: null, sourceQuantity: null, lineQuantity: null };
  const nothing = { linkedQuantity: null, goalNotFoundQuantity: null, userNotFoundQuantity: null };
  const never = { requestEndedAt: null, sentAt: null, settledAt: null, errorCode: null, errorText: null };
  return {
    ...{ id: 1, uuid: "01a20927-1285-7158-98b4-3c0882141104", workspaceId: 1, counterId: 100, credentialId: 7 },
    ...{ currency: "RUB", state: "planned", rows: 10, nextAttemptAt: NOW, attempts: 0, completeLists: 0 },
    ...{
      target: "purchase",
      identifier: "client_id",
      uncertainPolicy: "resend",
      deadline: null,
      lateAt: null,
      replayOf: null,
    },
    ...{ ...none, ...nothing, ...never, createdAt: NOW, updatedAt: NOW },
    ...change,
  };
}

/** The same as one batch sees it: its own file. */
export function exampleBatchUpload(change: Partial<BatchUpload> = {}): BatchUpload {
  return { ...exampleUpload(change), batchRows: 10, batchDuplicates: 0, exclusive: true, ...change };
}

/** What Metrika says of a file of ten rows that it has just taken. */
export function exampleUploading(change: Partial<Uploading> = {}): Uploading {
  return {
    ...{ id: "900", status: "UPLOADED", comment: "c", createTime: null, type: null, clientIdType: null },
    ...{ sourceQuantity: 10, lineQuantity: 10, goalNotFoundQuantity: 0, userNotFoundQuantity: 0, linkedQuantity: 0 },
    ...change,
  };
}

/** A failed call of the given kind whose body surely did not arrive, unless said otherwise. */
export function exampleError(kind: MetrikaErrorFacts["kind"], change: Partial<MetrikaErrorFacts> = {}): MetrikaError {
  return new MetrikaError(`Metrika: ${kind}`, { kind, bodyMayHaveArrived: false, ...change });
}
