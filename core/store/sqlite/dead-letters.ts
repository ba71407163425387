import type { Database } from "bun:sqlite";
import {
  type DeadLetterCursor,
  type DeadLetterFilter,
  type DeadLetterReason,
  deadLetterReasons,
} from "../port/dead-letters.ts";
import type { DeadLetterGroup, DeadLetterStore } from "../store.ts";

/** Which conversions `c`, of batches `b`, a filter means. */
const MATCHES = `c.workspace_id = $workspaceId and ($sourceId is null or c.source_id = $sourceId) and ($counterId is null or c.counter_id = $counterId)
  and ($batchId is null or c.batch_id = $batchId) and ($target is null or c.target = $target)
  and ($receivedFrom is null or b.created_at >= $receivedFrom) and ($receivedBefore is null or b.created_at < $receivedBefore)`;

// A type, not an interface: only a type fits the index signature of bound values.
type Wanted = { [Name in Exclude<keyof DeadLetterFilter, "reasons" | "uploadId">]: DeadLetterFilter[Name] } & {
  readonly workspaceId: number;
};

const wantedOf = (workspaceId: number, { reasons: _, uploadId: __, ...filter }: DeadLetterFilter): Wanted => ({
  workspaceId,
  ...filter,
});

/** Some dead letters that a walk has met together. */
export interface MetDeadLetters {
  readonly reason: DeadLetterReason;
  /** The failed upload that they stand in; null for rows set aside. */
  readonly uploadId: number | null;
  readonly conversionIds: readonly number[];
  /** Rows looked at. */
  readonly looked: number;
  /** Where to go on. */
  readonly cursor: DeadLetterCursor;
}

/** What a walk is for; uploads that failed after `before` (Unix ms) are not met. */
export interface DeadLetterWalk {
  readonly workspaceId: number;
  readonly filter: DeadLetterFilter;
  readonly before: number;
}

/** The walk that counting and replaying share, so that a dry run counts what will be moved. */
export function prepareDeadLetterWalk(sqlite: Database) {
  const last = sqlite.prepare<{ lastUploadId: number; lastRowId: number }, []>(
    `select coalesce((select max(id) from uploads), 0) as lastUploadId, coalesce((select max(id) from conversions), 0) as lastRowId`,
  );
  // One counter after the other: a range over both columns would read a counter's rows from its first one each time.
  const nextCounter = sqlite.prepare<{ counter: number | null }, [string, number]>(
    "select min(counter_id) as counter from conversions where set_aside = ? and counter_id >= ?",
  );
  const ofCounter = sqlite.prepare<{ id: number }, [string, number, number, number]>(
    "select id from conversions where set_aside = ? and counter_id = ? and id > ? order by id limit ?",
  );
  // Named, since SQLite would read and sort all failed uploads anew for each of them.
  const nextUpload = sqlite.prepare<{ id: number }, [number, number, number, number, number, number | null]>(
    `select u.id from uploads u indexed by uploads_failed where u.id >= ?1 and u.id <= ?2 and u.state = 'failed' and coalesce(u.settled_at, 0) <= ?3 and u.workspace_id = ?4
       and exists (select 1 from conversions c where c.upload_id = u.id and c.id > case u.id when ?1 then ?5 else 0 end)
       and (?6 is null or u.id = ?6) order by u.id limit 1`,
  );
  const ofUpload = sqlite.prepare<{ id: number }, [number, number, number]>(
    "select id from conversions where upload_id = ? and id > ? order by id limit ?",
  );
  const matching = sqlite.prepare<{ id: number }, Wanted & { readonly ids: string; readonly lastRowId: number }>(
    `select c.id from conversions c join batches b on b.id = c.batch_id
     where c.id in (select value from json_each($ids)) and c.id <= $lastRowId and ${MATCHES} order by c.id`,
  );

  /** The next place where rows are, and some of those rows; null at the end. */
  function candidates(cursor: DeadLetterCursor, { workspaceId, filter, before }: DeadLetterWalk, limit: number) {
    const { reason, within, rowId } = cursor;
    const wanted = filter.reasons === null || filter.reasons.includes(reason);
    if (!wanted || (reason !== "failed" && filter.uploadId !== null)) return null;
    if (reason !== "failed") {
      for (let from = within; ; ) {
        const counter = nextCounter.get(reason, from)?.counter ?? null;
        if (counter === null) return null;
        const ids = ofCounter.all(reason, counter, counter === within ? rowId : 0, limit).map(({ id }) => id);
        const end = ids.at(-1);
        if (end !== undefined) return { uploadId: null, ids, within: counter, rowId: end };
        from = counter + 1;
      }
    }
    const upload = nextUpload.get(within, cursor.lastUploadId, before, workspaceId, rowId, filter.uploadId);
    if (!upload) return null;
    const ids = ofUpload.all(upload.id, upload.id === within ? rowId : 0, limit).map(({ id }) => id);
    return { uploadId: upload.id, ids, within: upload.id, rowId: ids.at(-1) ?? 0 };
  }

  return {
    /** The start of a walk over what is there now. */
    start(): DeadLetterCursor {
      const { lastUploadId, lastRowId } = last.get() ?? { lastUploadId: 0, lastRowId: 0 };
      return { reason: deadLetterReasons[0], within: 0, rowId: 0, lastUploadId, lastRowId };
    },
    /** The next dead letters of one reason and, of failed ones, one upload; null at the end of the walk. */
    next(from: DeadLetterCursor, walk: DeadLetterWalk, limit: number): MetDeadLetters | null {
      let cursor = from;
      for (;;) {
        const found = candidates(cursor, walk, limit);
        if (found) {
          const { uploadId, ids, within, rowId } = found;
          const { lastRowId } = cursor;
          const met = matching.all({
            ...wantedOf(walk.workspaceId, walk.filter),
            ids: JSON.stringify(ids),
            lastRowId,
          });
          const conversionIds = met.map(({ id }) => id);
          const next = { ...cursor, within, rowId };
          return { reason: cursor.reason, uploadId, conversionIds, looked: ids.length, cursor: next };
        }
        const later = deadLetterReasons[deadLetterReasons.indexOf(cursor.reason) + 1];
        if (later === undefined) return null;
        cursor = { ...cursor, reason: later, within: 0, rowId: 0 };
      }
    },
  };
}

interface GroupRow {
  readonly reason: DeadLetterReason;
  readonly at: number;
  readonly key: number;
  readonly counterId: number;
  readonly sourceUuid: string | null;
  readonly target: string | null;
  readonly rows: number;
}

/** Dead letters as people look at them. */
export function prepareDeadLetters(sqlite: Database): DeadLetterStore {
  const walk = prepareDeadLetterWalk(sqlite);
  const isWanted = (reason: string) => `($reasons is null or ${reason} in (select value from json_each($reasons)))`;
  const groups = sqlite.prepare<
    GroupRow,
    Wanted & {
      readonly at: number;
      readonly key: number;
      readonly reason: string;
      readonly reasons: string | null;
      readonly uploadId: number | null;
      readonly limit: number;
    }
  >(
    `select g.*, s.uuid as sourceUuid from (
       select 'failed' as reason, coalesce(u.settled_at, 0) as at, u.id as key, u.counter_id as counterId, null as sourceId, null as target, 0 as rows
       from uploads u where u.state = 'failed' and ${isWanted("'failed'")} and ($uploadId is null or u.id = $uploadId)
         and exists (select 1 from conversions c join batches b on b.id = c.batch_id where c.upload_id = u.id and ${MATCHES})
       union all
       select c.set_aside, max(b.created_at), max(c.id), c.counter_id, c.source_id, c.target, count(*)
       from conversions c join batches b on b.id = c.batch_id
       where c.set_aside in ('goal_not_found', 'cancelled') and $uploadId is null and ${isWanted("c.set_aside")} and ${MATCHES}
       group by c.source_id, c.target, c.set_aside
     ) g left join sources s on s.id = g.sourceId
     where (g.at, g.key, g.reason) < ($at, $key, $reason) order by g.at desc, g.key desc, g.reason desc limit $limit`,
  );
  const deadRows = sqlite.prepare<{ n: number }, Wanted & { readonly key: number }>(
    `select count(*) as n from conversions c join batches b on b.id = c.batch_id where c.upload_id = $key and ${MATCHES}`,
  );
  const uploadOf = sqlite.prepare<NonNullable<DeadLetterGroup["upload"]>, [number]>(
    `select uuid, rows, metrika_upload_id as metrikaUploadId, error_code as errorCode, error_text as errorText from uploads where id = ?`,
  );

  return {
    async groups({ workspaceId, filter, before, limit }) {
      const wanted = wantedOf(workspaceId, filter);
      const reasons = filter.reasons === null ? null : JSON.stringify(filter.reasons);
      const { at, key, reason } = before ?? { at: Number.MAX_SAFE_INTEGER, key: 0, reason: "failed" as const };
      const found = groups.all({ ...wanted, reasons, uploadId: filter.uploadId, at, key, reason, limit: limit + 1 });
      const kept = found.slice(0, limit);
      const end = found.length > limit ? kept.at(-1) : undefined;
      const rows = kept.map(({ reason, at, key, counterId, sourceUuid, target, rows }): DeadLetterGroup => {
        const common = { workspaceId, reason, at, counterId, sourceUuid, target };
        if (reason !== "failed") return { ...common, rows, upload: null };
        return { ...common, rows: deadRows.get({ ...wanted, key })?.n ?? 0, upload: uploadOf.get(key) };
      });
      return { rows, after: end ? { at: end.at, key: end.key, reason: end.reason } : null };
    },
    async count({ workspaceId, filter, cursor, limit, now }) {
      const counts = { cancelled: 0, goal_not_found: 0, failed: 0 };
      let at = cursor ?? walk.start();
      for (let looked = 0; looked < limit; ) {
        const met = walk.next(at, { workspaceId, filter, before: now }, limit - looked);
        if (!met) return { counts, cursor: null };
        counts[met.reason] += met.conversionIds.length;
        looked += met.looked;
        at = met.cursor;
      }
      return { counts, cursor: at };
    },
  };
}
