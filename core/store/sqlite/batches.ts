import type { Database } from "bun:sqlite";
import { batchIdOf, batchUuid } from "../public-id.ts";
import type {
  BatchRecord,
  BatchRow,
  BatchStatus,
  BatchStore,
  BatchUpload,
  DuplicateRow,
  RejectedRow,
  SetAside,
  SetAsideReason,
  UploadState,
} from "../store.ts";
import { unpackWarnings } from "../warnings.ts";
import { prepareSourceBatches } from "./source-batches.ts";
import { type ConversionColumns, toConversion } from "./to-conversion.ts";

interface BatchLine {
  readonly id: number;
  readonly source_id: number;
  readonly source_uuid: string;
  readonly counter_id: number;
  readonly status: BatchStatus;
  readonly status_version: number;
  readonly total: number;
  readonly processed: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly metrika_upload_id: string | null;
  readonly created_at: number;
  readonly changed_at: number;
  readonly warnings: string | null;
}

const BATCH = `select b.id, b.source_id, s.uuid as source_uuid, s.counter_id, p.status, p.status_version, b.received as total, p.processed,
    b.duplicates, b.rejected, p.metrika_upload_id, b.created_at, p.changed_at, b.warnings
  from batches b join sources s on s.id = b.source_id join batch_status p on p.id = b.id`;

const toBatch = (b: BatchLine, installationUuid: string): BatchRecord => ({
  id: b.id,
  uuid: batchUuid(installationUuid, b.id),
  sourceId: b.source_id,
  sourceUuid: b.source_uuid,
  counterId: b.counter_id,
  status: b.status,
  statusVersion: b.status_version,
  total: b.total,
  processed: b.processed,
  duplicates: b.duplicates,
  rejected: b.rejected,
  metrikaUploadId: b.metrika_upload_id,
  createdAt: b.created_at,
  updatedAt: b.changed_at,
  warnings: unpackWarnings(b.warnings),
});

/** A received row and its file, as columns. */
export interface RowLine extends Omit<ConversionColumns, "target"> {
  readonly row: number;
  readonly kind: BatchRow["kind"];
  readonly conversion_id: number | null;
  /** Null for a refused row, which is no conversion. */
  readonly target: string | null;
  readonly sent_time: number | null;
  readonly revision: number | null;
  readonly set_aside: SetAsideReason | null;
  readonly upload_uuid: string | null;
  readonly state: UploadState;
  readonly metrika_status: string | null;
  readonly upload_rows: number;
  readonly linked_quantity: number | null;
  readonly metrika_upload_id: string | null;
  readonly error_code: string | null;
  readonly late_at: number | null;
  readonly paused: number;
  readonly code: string | null;
  readonly field: string | null;
  readonly sealed: string | null;
}

/** The columns of a fact that no correction changes. */
export const FACT = "c.target, c.date_time, c.sent_time, c.client_id, c.user_id, c.yclid, c.purchase_id";

/** What a row's fate is told from, of the file it stands in; {@link FILE_OF_ROW} joins it to rows named x. */
export const FILE = `u.uuid as upload_uuid, u.state, u.metrika_status, u.rows as upload_rows, u.linked_quantity, u.metrika_upload_id, u.error_code,
       u.late_at, coalesce(k.paused_reason in ('unauthorized', 'forbidden'), 0) as paused`;
export const FILE_OF_ROW =
  "left join uploads u on u.id = x.upload_id left join credentials k on k.id = u.credential_id";

/** Every received row of a batch stands in exactly one of these five places. */
const ROWS = `
  select c.row, 'accepted' as kind, c.id as conversion_id, ${FACT}, c.price, c.currency, c.revision, c.set_aside, c.upload_id, null as code, null as field, null as sealed
    from conversions c where c.id between ?2 and ?3 and c.batch_id = ?1 and c.revision = 0 and c.row > ?4
  union all
  select c.row, 'accepted', c.id, ${FACT}, c.price, c.currency, c.revision, c.set_aside, c.upload_id, null, null, null
    from conversions c where c.batch_id = ?1 and c.revision > 0 and c.row > ?4
  union all
  select r.row, 'replaced', c.id, ${FACT}, r.price, r.currency, r.revision, case when r.upload_id is null then coalesce(r.outcome, c.set_aside) end, r.upload_id, null, null, null
    from conversion_revisions r join conversions c on c.id = r.conversion_id where r.batch_id = ?1 and r.row > ?4
  union all
  select d.row, 'duplicate', c.id, ${FACT}, c.price, c.currency, d.revision, case when d.upload_id is null then coalesce(r.outcome, c.set_aside) end, d.upload_id,
      null, null, null
    from duplicates d left join conversions c on c.id = d.conversion_id
      left join conversion_revisions r on r.conversion_id = d.conversion_id and r.revision = d.revision
    where d.batch_id = ?1 and d.row > ?4
  union all
  select x.row, 'rejected', null, null, 0, null, '', '', '', '', null, '', null, null, null, x.code, x.field, x.sealed
    from rejected_rows x where x.batch_id = ?1 and x.row > ?4`;

/** A received row out of its columns. */
export const toRow = (r: RowLine): BatchRow => ({
  row: r.row,
  kind: r.kind,
  conversionId: r.conversion_id,
  conversion: r.target === null ? null : toConversion({ ...r, target: r.target }),
  sentTime: r.sent_time,
  revision: r.revision,
  setAside: r.set_aside,
  upload:
    r.upload_uuid === null
      ? null
      : {
          uuid: r.upload_uuid,
          state: r.state,
          metrikaStatus: r.metrika_status,
          rows: r.upload_rows,
          linkedQuantity: r.linked_quantity,
          metrikaUploadId: r.metrika_upload_id,
          errorCode: r.error_code,
          lateAt: r.late_at,
          credentialPaused: r.paused === 1,
        },
  rejection: r.code === null ? null : { code: r.code, field: r.field ?? "", sealed: r.sealed },
});

/** Batches read through the views, so that the specification's tables and the API can never tell two stories. */
export function prepareBatches(sqlite: Database, installationUuid: string): BatchStore {
  const byId = sqlite.prepare<BatchLine, [number]>(`${BATCH} where b.id = ?`);
  const ofSources = prepareSourceBatches(sqlite);
  const uploadsOf = sqlite.prepare<Omit<BatchUpload, "exclusive"> & { readonly exclusive: number }, [number]>(
    `select u.id, u.uuid, u.workspace_id as workspaceId, u.counter_id as counterId, u.credential_id as credentialId, u.currency, u.target, u.identifier,
       u.uncertain_policy as uncertainPolicy, u.state, u.rows, u.deadline, u.late_at as lateAt, u.replay_of as replayOf, u.next_attempt_at as nextAttemptAt, u.attempts, u.request_ended_at as requestEndedAt, u.complete_lists as completeLists,
       u.metrika_upload_id as metrikaUploadId, u.metrika_status as metrikaStatus, u.source_quantity as sourceQuantity,
       u.line_quantity as lineQuantity, u.linked_quantity as linkedQuantity, u.goal_not_found_quantity as goalNotFoundQuantity,
       u.user_not_found_quantity as userNotFoundQuantity, u.error_code as errorCode, u.error_text as errorText, u.created_at as createdAt,
       u.sent_at as sentAt, u.settled_at as settledAt, u.updated_at as updatedAt, bu.rows as batchRows, bu.duplicates as batchDuplicates,
       bu.rows > 0 and not exists (select 1 from batch_uploads o where o.upload_id = u.id and o.batch_id <> bu.batch_id and o.rows > 0) as exclusive
     from batch_uploads bu join uploads u on u.id = bu.upload_id where bu.batch_id = ? order by u.id`,
  );
  const setAsideOf = sqlite.prepare<SetAside, [number]>(
    "select target, reason, rows from batch_set_aside where batch_id = ? order by reason, target",
  );
  const rejectedOf = sqlite.prepare<RejectedRow, [number, number]>(
    "select row, code, field, sealed from rejected_rows where batch_id = ? order by row limit ?",
  );
  const duplicatesOf = sqlite.prepare<DuplicateRow, [number]>(
    "select row, conversion_id as conversionId from duplicates where batch_id = ? order by row",
  );
  const span = sqlite.prepare<{ first: number | null; last: number | null }, [number]>(
    "select first_conversion_id as first, last_conversion_id as last from batches where id = ?",
  );
  const rows = sqlite.prepare<RowLine, [number, number, number, number, number]>(
    `select x.*, ${FILE}
     from (${ROWS}) x ${FILE_OF_ROW}
     order by x.row limit ?5`,
  );

  const read = (id: number): BatchRecord | null => {
    const line = byId.get(id);
    return line && toBatch(line, installationUuid);
  };
  return {
    async findByUuid(uuid) {
      const id = batchIdOf(installationUuid, uuid);
      return id === null ? null : read(id);
    },
    async get(id) {
      return read(id);
    },
    async list({ sourceId, before, limit }) {
      const ids = ofSources.idsOf(sourceId, before ?? Number.MAX_SAFE_INTEGER, limit + 1);
      // One that is still being written is not there yet; its place on the page stays empty.
      const rows = ids.slice(0, limit).flatMap((id) => read(id) ?? []);
      return { rows, after: ids.length > limit ? (ids[limit - 1] ?? null) : null };
    },
    async fileUnderSources(limit) {
      return ofSources.fileSome(limit);
    },
    async uploadsOf(batchId) {
      return uploadsOf.all(batchId).map((u) => ({ ...u, exclusive: Boolean(u.exclusive) }));
    },
    async setAsideOf(batchId) {
      return setAsideOf.all(batchId);
    },
    async rejectedOf(batchId, limit = Number.MAX_SAFE_INTEGER) {
      return rejectedOf.all(batchId, limit);
    },
    async duplicatesOf(batchId) {
      return duplicatesOf.all(batchId);
    },
    async rowsOf(batchId, afterRow, limit) {
      const { first, last } = span.get(batchId) ?? { first: null, last: null };
      const found = rows.all(batchId, first ?? 0, last ?? -1, afterRow, limit + 1).map(toRow);
      const kept = found.slice(0, limit);
      return { rows: kept, after: found.length > limit ? (kept.at(-1)?.row ?? null) : null };
    },
  };
}
