import {
  type DeadLetterCursor,
  type DeadLetterFilter,
  type DeadLetterReason,
  deadLetterReasons,
} from "../port/dead-letters.ts";
import type { DeadLetterGroup, DeadLetterStore } from "../store.ts";
import { type Driver, ids, statement, texts, type Work } from "./work.ts";

/** Which conversions `c`, of batches `b`, a filter means; its values are the first seven parameters. */
const MATCHES = `c.workspace_id = ?1 and (cast(?2 as bigint) is null or c.source_id = ?2) and (cast(?3 as bigint) is null or c.counter_id = ?3)
  and (cast(?4 as bigint) is null or c.batch_id = ?4) and (cast(?5 as text) is null or c.target = ?5)
  and (cast(?6 as bigint) is null or b.created_at >= ?6) and (cast(?7 as bigint) is null or b.created_at < ?7)`;

type Wanted = readonly [
  workspace: number,
  source: number | null,
  counter: number | null,
  batch: number | null,
  target: string | null,
  receivedFrom: number | null,
  receivedBefore: number | null,
];

const wantedOf = (workspaceId: number, filter: DeadLetterFilter): Wanted => {
  const { sourceId, counterId, batchId, target, receivedFrom, receivedBefore } = filter;
  return [workspaceId, sourceId, counterId, batchId, target, receivedFrom, receivedBefore];
};

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

const last = statement<{ upload: number; row: number }>(
  `select coalesce((select max(id) from uploads), 0) as upload, coalesce((select max(id) from conversions), 0) as row`,
);
// One counter after the other: a range over both columns would read a counter's rows from its first one each time.
const nextCounter = statement<{ counter: number | null }, [reason: string, from: number]>(
  "select min(counter_id) as counter from conversions where set_aside = ?1 and counter_id >= ?2",
);
const ofCounter = statement<{ id: number }, [reason: string, counter: number, after: number, limit: number]>(
  "select id from conversions where set_aside = ?1 and counter_id = ?2 and id > ?3 order by id limit ?4",
);
// Named, since SQLite would read and sort all failed uploads anew for each of them.
const nextUpload = statement<
  { id: number },
  [within: number, last: number, before: number, workspace: number, rowId: number, only: number | null]
>(
  `select u.id from uploads u indexed by uploads_failed
   where u.id >= ?1 and u.id <= ?2 and u.state = 'failed' and coalesce(u.settled_at, 0) <= ?3 and u.workspace_id = ?4
     and exists (select 1 from conversions c where c.upload_id = u.id and c.id > case when u.id = ?1 then cast(?5 as bigint) else 0 end)
     and (cast(?6 as bigint) is null or u.id = ?6) order by u.id limit 1`,
);
const ofUpload = statement<{ id: number }, [upload: number, after: number, limit: number]>(
  "select id from conversions where upload_id = ?1 and id > ?2 order by id limit ?3",
);
const matching = statement<{ id: number }, [...Wanted, ids: string, lastRowId: number]>(
  `select c.id from conversions c join batches b on b.id = c.batch_id
   where c.id in ${ids("?8")} and c.id <= ?9 and ${MATCHES} order by c.id`,
);

/** The next place where rows are, and some of those rows; null at the end. */
function* candidates(cursor: DeadLetterCursor, { workspaceId, filter, before }: DeadLetterWalk, limit: number) {
  const { reason, within, rowId } = cursor;
  const wanted = filter.reasons === null || filter.reasons.includes(reason);
  if (!wanted || (reason !== "failed" && filter.uploadId !== null)) return null;
  if (reason !== "failed") {
    for (let from = within; ; ) {
      const counter = (yield* nextCounter.get(reason, from))?.counter ?? null;
      if (counter === null) return null;
      const found = yield* ofCounter.all(reason, counter, counter === within ? rowId : 0, limit);
      const end = found.at(-1)?.id;
      if (end !== undefined) return { uploadId: null, ids: found.map(({ id }) => id), within: counter, rowId: end };
      from = counter + 1;
    }
  }
  const upload = yield* nextUpload.get(within, cursor.lastUploadId, before, workspaceId, rowId, filter.uploadId);
  if (!upload) return null;
  const found = (yield* ofUpload.all(upload.id, upload.id === within ? rowId : 0, limit)).map(({ id }) => id);
  return { uploadId: upload.id, ids: found, within: upload.id, rowId: found.at(-1) ?? 0 };
}

/** The start of a walk over what is there now. */
export function* startDeadLetterWalk(): Work<DeadLetterCursor> {
  const { upload, row } = (yield* last.get()) ?? { upload: 0, row: 0 };
  return { reason: deadLetterReasons[0], within: 0, rowId: 0, lastUploadId: upload, lastRowId: row };
}

/**
 * The next dead letters of one reason and, of failed ones, one upload; null at the end of the walk. Counting and replaying share
 * it, so that a dry run counts what will be moved.
 */
export function* nextDeadLetters(
  from: DeadLetterCursor,
  walk: DeadLetterWalk,
  limit: number,
): Work<MetDeadLetters | null> {
  let cursor = from;
  for (;;) {
    const found = yield* candidates(cursor, walk, limit);
    if (found) {
      const { uploadId, ids, within, rowId } = found;
      const wanted = wantedOf(walk.workspaceId, walk.filter);
      const met = yield* matching.all(...wanted, JSON.stringify(ids), cursor.lastRowId);
      const conversionIds = met.map(({ id }) => id);
      const next = { ...cursor, within, rowId };
      return { reason: cursor.reason, uploadId, conversionIds, looked: ids.length, cursor: next };
    }
    const later = deadLetterReasons[deadLetterReasons.indexOf(cursor.reason) + 1];
    if (later === undefined) return null;
    cursor = { ...cursor, reason: later, within: 0, rowId: 0 };
  }
}

interface GroupRow {
  readonly reason: DeadLetterReason;
  readonly at: number;
  readonly key: number;
  readonly counter_id: number;
  readonly source_uuid: string | null;
  readonly target: string | null;
  readonly rows: number;
}

const isWanted = (reason: string) => `(cast(?8 as text) is null or ${reason} in ${texts("?8")})`;
const groups = statement<
  GroupRow,
  [
    ...Wanted,
    reasons: string | null,
    upload: number | null,
    beforeAt: number,
    beforeKey: number,
    beforeReason: string,
    limit: number,
  ]
>(
  `select g.reason, g.at, g.key, g.counter_id, g.target, g.rows, s.uuid as source_uuid from (
     select 'failed' as reason, coalesce(u.settled_at, 0) as at, u.id as key, u.counter_id, cast(null as bigint) as source_id, cast(null as text) as target, 0 as rows
     from uploads u where u.state = 'failed' and ${isWanted("'failed'")} and (cast(?9 as bigint) is null or u.id = ?9)
       and exists (select 1 from conversions c join batches b on b.id = c.batch_id where c.upload_id = u.id and ${MATCHES})
     union all
     select c.set_aside, max(b.created_at), max(c.id), c.counter_id, c.source_id, c.target, count(*)
     from conversions c join batches b on b.id = c.batch_id
     where c.set_aside in ('goal_not_found', 'cancelled') and cast(?9 as bigint) is null and ${isWanted("c.set_aside")} and ${MATCHES}
     group by c.counter_id, c.source_id, c.target, c.set_aside
   ) g left join sources s on s.id = g.source_id
   where (g.at, g.key, g.reason) < (?10, ?11, ?12) order by g.at desc, g.key desc, g.reason desc limit ?13`,
);
const deadRows = statement<{ n: number }, [...Wanted, upload: number]>(
  `select count(*) as n from conversions c join batches b on b.id = c.batch_id where c.upload_id = ?8 and ${MATCHES}`,
);
const uploadOf = statement<NonNullable<DeadLetterGroup["upload"]>, [number]>(
  `select uuid, rows, metrika_upload_id as "metrikaUploadId", error_code as "errorCode", error_text as "errorText" from uploads where id = ?1`,
);

type GroupsRequest = Parameters<DeadLetterStore["groups"]>[0];

function* pageOfGroups({ workspaceId, filter, before, limit }: GroupsRequest) {
  const wanted = wantedOf(workspaceId, filter);
  const reasons = filter.reasons === null ? null : JSON.stringify(filter.reasons);
  const { at, key, reason } = before ?? { at: Number.MAX_SAFE_INTEGER, key: 0, reason: "failed" };
  const found = yield* groups.all(...wanted, reasons, filter.uploadId, at, key, reason, limit + 1);
  const kept = found.slice(0, limit);
  const end = found.length > limit ? kept.at(-1) : undefined;
  const rows: DeadLetterGroup[] = [];
  for (const { reason, at, key, counter_id, source_uuid, target, rows: setAside } of kept) {
    const common = { workspaceId, reason, at, counterId: counter_id, sourceUuid: source_uuid, target };
    if (reason !== "failed") {
      rows.push({ ...common, rows: setAside, upload: null });
      continue;
    }
    const dead = yield* deadRows.get(...wanted, key);
    rows.push({ ...common, rows: dead?.n ?? 0, upload: yield* uploadOf.get(key) });
  }
  return { rows, after: end ? { at: end.at, key: end.key, reason: end.reason } : null };
}

function* count({ workspaceId, filter, cursor, limit, now }: Parameters<DeadLetterStore["count"]>[0]) {
  const counts = { cancelled: 0, goal_not_found: 0, failed: 0 };
  let at = cursor ?? (yield* startDeadLetterWalk());
  for (let looked = 0; looked < limit; ) {
    const met = yield* nextDeadLetters(at, { workspaceId, filter, before: now }, limit - looked);
    if (!met) return { counts, cursor: null };
    counts[met.reason] += met.conversionIds.length;
    looked += met.looked;
    at = met.cursor;
  }
  return { counts, cursor: at };
}

/** Dead letters as people look at them. */
export function createDeadLetters(driver: Driver): DeadLetterStore {
  return {
    groups: (request) => driver.ask(pageOfGroups(request)),
    count: (request) => driver.ask(count(request)),
  };
}
