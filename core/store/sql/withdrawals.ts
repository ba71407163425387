import type {
  SetAsideReason,
  WithdrawalCursor,
  WithdrawalStep,
  WithdrawalStore,
  Withdrawn,
  WithdrawnRows,
} from "../store.ts";
import { countSetAside } from "./holders.ts";
import { moveLatestLines, takeOutReplacedLines } from "./move-lines.ts";
import { OPEN_STATES } from "./open-states.ts";
import { isPaused } from "./paused-sources.ts";
import { bumpSecondsVersion } from "./seconds-version.ts";
import { PLANNED_UP_TO, readWatermark } from "./watermark.ts";
import { type Driver, greater, ids, type Param, type Statement, statement, type Work } from "./work.ts";

/** Reasons for which a row waits and may still go, so that it can be cancelled. */
const WAITING = ["requeued", "waiting_upload", "delivery_paused", "checking_goal", "waiting_goal"] as const;

/** A file that is not on its way: nobody is about to send it, and no try can have brought it to Metrika. */
const AT_REST = `u.state in ('filling', 'planned') and u.claim is null and (u.attempts = 0 or not exists (
  select 1 from upload_attempts a where a.upload_id = u.id and (a.outcome = 'answer_lost' or a.kind in ('read_back', 'decision'))))`;

/** The line that a file tells of a fact whose correction stands elsewhere, as revision `r` of conversion `c` in file `r.upload_id`. */
const REPLACED_LINE = `r.outcome is null and c.upload_id is distinct from r.upload_id and not exists (select 1 from conversion_revisions n
  where n.conversion_id = r.conversion_id and n.upload_id = r.upload_id and n.revision > r.revision)`;

interface Candidate {
  readonly id: number;
  readonly batch_id: number;
  readonly target: string;
  readonly set_aside: SetAsideReason | null;
  readonly upload_id: number | null;
}

/** Some rows at one place of the walk; `replacedIn` names the file when they are lines whose correction stands elsewhere. */
interface Found {
  readonly ids: readonly number[];
  readonly replacedIn: number | null;
  readonly within: number;
  readonly rowId: number;
}

/** One part of a walk: the next rows from `within` and `rowId` on, null at its end. */
type Part = (within: number, rowId: number, limit: number) => Work<Found | null>;

/** Where rows go that are taken back. */
type Aside = "cancelled" | "delivery_paused";

const unplanned = statement<{ id: number }, [after: number, limit: number]>(
  "select id from conversions where id > ?1 and upload_id is null and set_aside is null order by id limit ?2",
);
const waiting = statement<{ id: number }, [reason: string, counter: number, after: number, limit: number]>(
  "select id from conversions where set_aside = ?1 and counter_id = ?2 and id > ?3 order by id limit ?4",
);
const counterOfSource = statement<{ id: number | null }, [source: number, from: number]>(
  `select min(o.id) as id from (select counter_id as id from sources where id = ?1
     union all select counter_id from source_counters where source_id = ?1) o where o.id >= ?2`,
);
const fileOfSource = statement<{ id: number }, [from: number, source: number]>(
  `select u.id from uploads u where ${AT_REST} and u.id >= ?1 and exists (select 1 from upload_groups g where g.upload_id = u.id and g.source_id = ?2)
   order by u.id limit 1`,
);
const latestOfFile = statement<{ id: number }, [file: number, after: number, limit: number]>(
  "select id from conversions where upload_id = ?1 and id > ?2 order by id limit ?3",
);
const replacedOfFile = statement<{ id: number }, [file: number, source: number, after: number, limit: number]>(
  `select c.id from conversion_revisions r join conversions c on c.id = r.conversion_id join batches b on b.id = r.batch_id
   where r.upload_id = ?1 and b.source_id = ?2 and c.id > ?3 and ${REPLACED_LINE} order by c.id limit ?4`,
);
const toldByBatch = statement<{ id: number }, [batch: number, after: number, limit: number]>(
  `select c.id from batches b join conversions c on c.id between b.first_conversion_id and b.last_conversion_id
   where b.id = ?1 and c.batch_id = ?1 and c.revision = 0 and c.id > ?2 order by c.id limit ?3`,
);
const correctedByBatch = statement<{ id: number }, [batch: number, after: number, limit: number]>(
  "select id from conversions where batch_id = ?1 and revision > 0 and id > ?2 order by id limit ?3",
);
const replacedOfBatch = statement<
  { id: number; upload_id: number },
  [batch: number, file: number, after: number, limit: number]
>(
  `select c.id, r.upload_id from conversion_revisions r join conversions c on c.id = r.conversion_id join uploads u on u.id = r.upload_id
   where r.batch_id = ?1 and (r.upload_id, c.id) > (?2, ?3) and ${AT_REST} and ${REPLACED_LINE} order by r.upload_id, c.id limit ?4`,
);
// Again by state, since the walk yields to others between its steps.
const stillHere = statement<Candidate, [ids: string, source: number | null, batch: number | null]>(
  `select c.id, c.batch_id, c.target, c.set_aside, c.upload_id from conversions c join batches b on b.id = c.batch_id
     left join uploads u on u.id = c.upload_id
   where c.id in ${ids("?1")} and b.sealed = 1 and (cast(?2 as bigint) is null or c.source_id = ?2)
     and (cast(?3 as bigint) is null or c.batch_id = ?3)
     and (c.upload_id is null and (c.set_aside is null or c.set_aside in ('${WAITING.join("', '")}')) or ${AT_REST})
   order by c.id`,
);
const putAside = statement<never, [ids: string]>(
  `update conversions set set_aside = 'cancelled' where id in ${ids("?1")} and upload_id is null`,
);
const shrink = statement<never, [rows: number, now: number, file: number]>(
  `update uploads set rows = rows - ?1, bytes = bytes - bytes * ?1 / ${greater("rows", "1")}, updated_at = ?2, version = version + 1
   where id = ?3`,
);
const dropEmpty = statement<never, [number]>("delete from uploads where id = ?1 and rows <= 0");
// The number of a file that is gone may be given out again.
const dropAttempts = statement<never, [number]>(
  "delete from upload_attempts where upload_id = ?1 and not exists (select 1 from uploads where id = ?1)",
);
const releaseRows = statement<never, [ids: string, source: number]>(
  `update conversions set set_aside = 'requeued' where id in ${ids("?1")} and set_aside = 'delivery_paused' and source_id = ?2`,
);
const toRelease = statement<{ id: number }>(
  `select distinct s.id from conversions c join sources s on s.id = c.source_id where c.set_aside = 'delivery_paused' and s.delivery_paused = 0`,
);
const toHold = statement<{ id: number }>(
  `select s.id from sources s where s.delivery_paused = 1 and exists (select 1 from uploads u join upload_groups g on g.upload_id = u.id
     where ${AT_REST} and g.source_id = s.id)`,
);
const sentOfBatch = statement<{ n: number }, [number]>(
  `select coalesce(sum(bu.rows), 0) as n from batch_uploads bu join uploads u on u.id = bu.upload_id
   where bu.batch_id = ?1 and u.state <> 'failed' and not (${AT_REST})`,
);
const sentOfSource = statement<{ n: number }, [number]>(
  `select coalesce(sum(g.rows), 0) as n from uploads u join upload_groups g on g.upload_id = u.id
   where u.state in ${OPEN_STATES} and g.source_id = ?1 and not (${AT_REST})`,
);

function* idsOf<P extends readonly Param[]>(
  { all }: Statement<{ readonly id: number }, P>,
  ...params: P
): Work<readonly number[]> {
  return (yield* all(...params)).map(({ id }) => id);
}

function foundIn(found: readonly number[], within: number, replacedIn: number | null = null): Found | null {
  const rowId = found.at(-1);
  return rowId === undefined ? null : { ids: found, replacedIn, within, rowId };
}

const partsOfSource = (sourceId: number): readonly Part[] => [
  // In the order in which rows go on by themselves, so that none slips past the walk.
  function* (_, rowId, limit) {
    const planned = yield* readWatermark(PLANNED_UP_TO);
    return foundIn(yield* idsOf(unplanned, Math.max(planned, rowId), limit), 0);
  },
  ...WAITING.map((reason) => waitingPart(sourceId, reason)),
  ...fileParts(sourceId),
];

/** Rows that wait for a reason, counter by counter: one look into an index for each. */
function waitingPart(sourceId: number, reason: (typeof WAITING)[number]): Part {
  return function* (within, rowId, limit) {
    for (let from = within; ; ) {
      const counter = (yield* counterOfSource.get(sourceId, from))?.id ?? null;
      if (counter === null) return null;
      const found = foundIn(yield* idsOf(waiting, reason, counter, counter === within ? rowId : 0, limit), counter);
      if (found) return found;
      from = counter + 1;
    }
  };
}

function fileParts(sourceId: number): readonly Part[] {
  const eachFile = (
    read: (file: number, rowId: number, limit: number) => Work<readonly number[]>,
    areReplaced: boolean,
  ): Part =>
    function* (within, rowId, limit) {
      for (let from = within; ; ) {
        const file = (yield* fileOfSource.get(from, sourceId))?.id;
        if (file === undefined) return null;
        const rows = yield* read(file, file === within ? rowId : 0, limit);
        const found = foundIn(rows, file, areReplaced ? file : null);
        if (found) return found;
        from = file + 1;
      }
    };
  return [
    eachFile((file, rowId, limit) => idsOf(latestOfFile, file, rowId, limit), false),
    eachFile((file, rowId, limit) => idsOf(replacedOfFile, file, sourceId, rowId, limit), true),
  ];
}

const partsOfBatch = (batchId: number): readonly Part[] => [
  function* (_, rowId, limit) {
    return foundIn(yield* idsOf(toldByBatch, batchId, rowId, limit), 0);
  },
  function* (_, rowId, limit) {
    return foundIn(yield* idsOf(correctedByBatch, batchId, rowId, limit), 0);
  },
  function* (within, rowId, limit) {
    const found = yield* replacedOfBatch.all(batchId, within, rowId, limit);
    const file = found[0]?.upload_id ?? null;
    const ofFile = found.filter(({ upload_id }) => upload_id === file).map(({ id }) => id);
    return foundIn(ofFile, file ?? 0, file);
  },
];

function* leave(
  file: number,
  aside: Aside,
  conversionIds: readonly number[],
  now: number,
  replaced: boolean,
): Work<number> {
  const leaving = { from: file, to: null, aside, conversionIds, now };
  const left = replaced ? yield* takeOutReplacedLines(leaving) : (yield* moveLatestLines(leaving)).length;
  yield* shrink.send(left, now, file);
  yield* dropEmpty.send(file);
  yield* dropAttempts.send(file);
  return left;
}

function* withdraw(found: Found, of: Withdrawn, aside: Aside, now: number, counted: Set<number> | null): Work<number> {
  if (found.replacedIn !== null)
    return counted ? found.ids.length : yield* leave(found.replacedIn, aside, found.ids, now, true);
  const sourceId = "sourceId" in of ? of.sourceId : null;
  const batchId = "batchId" in of ? of.batchId : null;
  const rows = yield* stillHere.all(JSON.stringify(found.ids), sourceId, batchId);
  if (counted) {
    const before = counted.size;
    for (const { id } of rows) counted.add(id);
    return counted.size - before;
  }
  for (const [file, standing] of Map.groupBy(rows, (row) => row.upload_id)) {
    const standingIds = standing.map(({ id }) => id);
    if (file !== null) {
      yield* leave(file, aside, standingIds, now, false);
      continue;
    }
    yield* putAside.send(JSON.stringify(standingIds));
    const facts = standing.map(({ batch_id, set_aside, ...fact }) => ({ ...fact, batchId: batch_id, was: set_aside }));
    const changes = facts.flatMap((fact) => [
      { ...fact, reason: fact.was, by: -1 } as const,
      { ...fact, reason: "cancelled", by: 1 } as const,
    ]);
    yield* countSetAside(changes, now);
  }
  return rows.length;
}

function* walk(parts: readonly Part[], step: WithdrawalStep, aside: Aside, counted: Set<number> | null) {
  let cursor: WithdrawalCursor = step.cursor ?? { part: 0, within: 0, rowId: 0 };
  let rows = 0;
  // Rows that left their file hold their second no longer.
  if (!counted) yield* bumpSecondsVersion();
  for (let looked = 0; looked < step.limit; ) {
    const part = parts[cursor.part];
    const found = part ? yield* part(cursor.within, cursor.rowId, step.limit - looked) : null;
    if (!found) {
      if (cursor.part + 1 >= parts.length) return { rows, cursor: null };
      cursor = { part: cursor.part + 1, within: 0, rowId: 0 };
      continue;
    }
    rows += yield* withdraw(found, step.of, aside, step.now, counted);
    looked += found.ids.length;
    cursor = { part: cursor.part, within: found.within, rowId: found.rowId };
  }
  return { rows, cursor };
}

const NOTHING: WithdrawnRows = { rows: 0, cursor: null };

function* hold(step: WithdrawalStep, sourceId: number): Work<WithdrawnRows> {
  if (!(yield* isPaused(sourceId))) return NOTHING;
  return yield* walk(fileParts(sourceId), step, "delivery_paused", null);
}

function* release({ cursor, limit }: WithdrawalStep, sourceId: number): Work<WithdrawnRows> {
  if (yield* isPaused(sourceId)) return NOTHING;
  const found = yield* waitingPart(sourceId, "delivery_paused")(cursor?.within ?? 0, cursor?.rowId ?? 0, limit);
  if (found === null) return NOTHING;
  const rows = yield* releaseRows.run(JSON.stringify(found.ids), sourceId);
  return { rows, cursor: { part: 0, within: found.within, rowId: found.rowId } };
}

/** What a person takes back before it is sent. */
export function createWithdrawals(driver: Driver): WithdrawalStore {
  return {
    async cancel(step) {
      const { of, counted } = step;
      const parts = "sourceId" in of ? partsOfSource(of.sourceId) : partsOfBatch(of.batchId);
      if (counted) return driver.ask(walk(parts, step, "cancelled", counted));
      return driver.alone(() => walk(parts, step, "cancelled", null));
    },
    async hold(step) {
      return driver.alone(() => hold(step, step.of.sourceId));
    },
    async release(step) {
      return driver.alone(() => release(step, step.of.sourceId));
    },
    async interrupted() {
      return { toHold: await driver.ask(idsOf(toHold)), toRelease: await driver.ask(idsOf(toRelease)) };
    },
    async countSent(of) {
      const sent = "sourceId" in of ? sentOfSource.get(of.sourceId) : sentOfBatch.get(of.batchId);
      return (await driver.ask(sent))?.n ?? 0;
    },
  };
}
