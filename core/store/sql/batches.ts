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
import { type ConversionColumns, toConversion } from "./to-conversion.ts";
import { uploadRecord } from "./upload-columns.ts";
import { type Driver, ids, statement, type Work } from "./work.ts";

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

const BATCH = `select b.id, b.source_id, s.uuid as source_uuid, coalesce(b.counter_id, s.counter_id) as counter_id, p.status, p.status_version, b.received as total, p.processed,
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
       u.late_at, case when k.paused_reason in ('unauthorized', 'forbidden') then 1 else 0 end as paused`;
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

/** How the batches of a source are found; each database has its own way. */
export interface SourceBatches {
  /** Newest first, those after `before` (null: from the newest); a batch that is not sealed is among them. */
  idsOf(sourceId: number, before: number | null, limit: number): Work<readonly number[]>;
  /** See {@link BatchStore.acceptedOf}. */
  acceptedOf(sourceId: number, from: number, before: number): Work<number>;
  /** See {@link BatchStore.fileUnderSources}. */
  fileSome(limit: number): Promise<number>;
}

// The casts here and below keep SQLite from planning a join anew for each value of a parameter, which it does where a table has a
// partial index: 11 µs instead of 100 for a batch, measured.
const byId = statement<BatchLine, [number]>(`${BATCH} where b.id = cast(?1 as bigint)`);
const byIds = statement<BatchLine, [string]>(`${BATCH} where b.id in ${ids("?1")}`);
const uploadsOf = statement<Omit<BatchUpload, "exclusive"> & { readonly exclusive: number }, [number]>(
  `select ${uploadRecord("u")}, bu.rows as "batchRows", bu.duplicates as "batchDuplicates",
     case when bu.rows > 0 and not exists (
       select 1 from batch_uploads o where o.upload_id = u.id and o.batch_id <> bu.batch_id and o.rows > 0) then 1 else 0 end as exclusive
   from batch_uploads bu join uploads u on u.id = bu.upload_id where bu.batch_id = cast(?1 as bigint) order by u.id`,
);
const setAsideOf = statement<SetAside, [number]>(
  "select target, reason, rows from batch_set_aside where batch_id = ?1 order by reason, target",
);
const rejectedOf = statement<RejectedRow, [number, number]>(
  "select row, code, field, sealed from rejected_rows where batch_id = ?1 order by row limit ?2",
);
const duplicatesOf = statement<DuplicateRow, [number]>(
  `select row, conversion_id as "conversionId" from duplicates where batch_id = ?1 order by row`,
);
const span = statement<{ first: number | null; last: number | null }, [number]>(
  "select first_conversion_id as first, last_conversion_id as last from batches where id = ?1",
);
const rows = statement<RowLine, [batch: number, first: number, last: number, after: number, limit: number]>(
  `select x.*, ${FILE}
   from (${ROWS}) x ${FILE_OF_ROW}
   order by x.row limit ?5`,
);

function* rowsOf(batchId: number, afterRow: number, limit: number): Work<readonly RowLine[]> {
  const { first, last } = (yield* span.get(batchId)) ?? { first: null, last: null };
  return yield* rows.all(batchId, first ?? 0, last ?? -1, afterRow, limit);
}

/** Batches read through the views, so that the specification's tables and the API can never tell two stories. */
export function createBatchStore(driver: Driver, installationUuid: string, ofSources: SourceBatches): BatchStore {
  async function read(id: number): Promise<BatchRecord | null> {
    const line = await driver.ask(byId.get(id));
    return line && toBatch(line, installationUuid);
  }

  function* listed(sourceId: number, before: number | null, limit: number) {
    const found = yield* ofSources.idsOf(sourceId, before, limit + 1);
    const kept = found.slice(0, limit);
    const lines = new Map((yield* byIds.all(JSON.stringify(kept))).map((line) => [line.id, line]));
    // One that is still being written is not there yet; its place on the page stays empty.
    const told = kept.flatMap((id) => lines.get(id) ?? []);
    return { rows: told, after: found.length > limit ? (kept.at(-1) ?? null) : null };
  }

  return {
    async findByUuid(uuid) {
      const id = batchIdOf(installationUuid, uuid);
      return id === null ? null : read(id);
    },
    get: read,
    async list({ sourceId, before, limit }) {
      const found = await driver.ask(listed(sourceId, before, limit));
      return { rows: found.rows.map((line) => toBatch(line, installationUuid)), after: found.after };
    },
    acceptedOf: (sourceId, from, before) => driver.ask(ofSources.acceptedOf(sourceId, from, before)),
    fileUnderSources: (limit) => ofSources.fileSome(limit),
    async uploadsOf(batchId) {
      const found = await driver.ask(uploadsOf.all(batchId));
      return found.map((upload) => ({ ...upload, exclusive: upload.exclusive === 1 }));
    },
    setAsideOf: (batchId) => driver.ask(setAsideOf.all(batchId)),
    rejectedOf: (batchId, limit = Number.MAX_SAFE_INTEGER) => driver.ask(rejectedOf.all(batchId, limit)),
    duplicatesOf: (batchId) => driver.ask(duplicatesOf.all(batchId)),
    async rowsOf(batchId, afterRow, limit) {
      const found = (await driver.ask(rowsOf(batchId, afterRow, limit + 1))).map(toRow);
      const kept = found.slice(0, limit);
      return { rows: kept, after: found.length > limit ? (kept.at(-1)?.row ?? null) : null };
    },
  };
}
