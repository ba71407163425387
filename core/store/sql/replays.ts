import type { DeadLetterCursor, DeadLetterReason } from "../port/dead-letters.ts";
import type { ReplayRecord, ReplayRules, ReplayStore, SetAsideReason } from "../store.ts";
import { type MetDeadLetters, nextDeadLetters, startDeadLetterWalk } from "./dead-letters.ts";
import { countSetAside } from "./holders.ts";
import { moveLatestLines } from "./move-lines.ts";
import { page } from "./page.ts";
import { bumpSecondsVersion } from "./seconds-version.ts";
import { BYTES } from "./upload-groups.ts";
import { type Driver, greater, ids, lesser, statement, type Work } from "./work.ts";

/** A failed upload's row, with what decides where it goes. */
interface FailedRow {
  readonly id: number;
  readonly second: number;
  readonly bytes: number;
  readonly date_time: number;
  readonly credential_id: number;
  readonly paused: number;
}

/** A replay with its filter and cursor as JSON. */
interface ReplayRow extends Omit<ReplayRecord, "filter"> {
  readonly filter: string;
  readonly cursor: string | null;
}

const REPLAY = `id, uuid, workspace_id as "workspaceId", cast(filter as text) as filter, state, matched, replayed, cast(cursor as text) as cursor,
  created_at as "createdAt", updated_at as "updatedAt", ended_at as "endedAt"`;

const insert = statement<ReplayRow, [string, number, filter: string, matched: number, cursor: string, now: number]>(
  `insert into replays (uuid, workspace_id, filter, state, matched, cursor, created_at, updated_at)
   values (?1, ?2, ?3, 'running', ?4, ?5, ?6, ?6) returning ${REPLAY}`,
);
const byId = statement<ReplayRow, [number]>(`select ${REPLAY} from replays where id = ?1`);
const byUuid = statement<ReplayRow, [string]>(`select ${REPLAY} from replays where uuid = ?1`);
const newestFirst = statement<ReplayRow, [workspace: number, before: number | null, limit: number]>(
  `select ${REPLAY} from replays where workspace_id = ?1 and (cast(?2 as bigint) is null or id < ?2) order by id desc limit ?3`,
);
const firstRunning = statement<ReplayRow>(`select ${REPLAY} from replays where state = 'running' order by id limit 1`);
const goOn = statement<ReplayRow, [number, cursor: string, replayed: number, now: number]>(
  `update replays set cursor = ?2, replayed = ?3, updated_at = ?4 where id = ?1 returning ${REPLAY}`,
);
const end = statement<ReplayRow, [number, state: "completed" | "cancelled", replayed: number, now: number]>(
  `update replays set state = ?2, replayed = ?3, updated_at = ?4, ended_at = ?4 where id = ?1 returning ${REPLAY}`,
);

const failedRows = statement<FailedRow, [string]>(
  `select c.id, coalesce(c.sent_time, c.date_time) as second, ${BYTES} as bytes, c.date_time, s.credential_id, s.delivery_paused as paused
   from conversions c join sources s on s.id = c.source_id where c.id in ${ids("?1")} order by c.id`,
);
const fillingReplay = statement<
  { id: number; rows: number; bytes: number },
  [failed: number, credential: number, maxRows: number, maxBytes: number]
>(
  `select id, rows, bytes from uploads where state = 'filling' and replay_of = ?1 and credential_id = ?2 and rows < ?3 and bytes < ?4
   order by id desc limit 1`,
);
// Never ripe by itself: it is closed when the walk leaves the failed upload.
const openReplay = statement<{ id: number }, [string, credential: number, now: number, failed: number]>(
  `insert into uploads (uuid, workspace_id, counter_id, credential_id, currency, target, identifier, uncertain_policy, state, ripe_at, not_before,
     next_attempt_at, replay_of, created_at, updated_at)
   select cast(?1 as text), workspace_id, counter_id, cast(?2 as bigint), currency, target, identifier, uncertain_policy, 'filling', ${Number.MAX_SAFE_INTEGER}, 0,
     cast(?3 as bigint), id, cast(?3 as bigint), cast(?3 as bigint)
   from uploads where id = ?4 returning id`,
);
const grow = statement<
  never,
  [rows: number, bytes: number, notBefore: number, deadline: number | null, now: number, file: number]
>(
  `update uploads set rows = rows + ?1, bytes = bytes + ?2, not_before = ${greater("not_before", "?3")},
     deadline = ${lesser("coalesce(deadline, ?4)", "coalesce(?4, deadline)")}, updated_at = ?5 where id = ?6`,
);
const sealAllBut = statement<never, [now: number, failed: number]>(
  `update uploads set state = 'planned', sealed_at = ?1, next_attempt_at = ${greater("?1", "(not_before + 1) * 1000")}, updated_at = ?1, version = version + 1
   where state = 'filling' and replay_of is not null and replay_of <> ?2 and rows > 0`,
);
const setAside = statement<
  { id: number; batch_id: number; target: string },
  [to: SetAsideReason, ids: string, from: DeadLetterReason]
>(`update conversions set set_aside = ?1 where id in ${ids("?2")} and set_aside = ?3 returning id, batch_id, target`);

function toRecord({ cursor: _, filter, ...replay }: ReplayRow): ReplayRecord {
  return { ...replay, filter: JSON.parse(filter) as ReplayRecord["filter"] };
}

const orNull = (row: ReplayRow | null): ReplayRecord | null => row && toRecord(row);

function known(row: ReplayRow | null): ReplayRecord {
  if (!row) throw new Error("There is no such replay.");
  return toRecord(row);
}

function* openFile(failedId: number, credentialId: number, rules: ReplayRules) {
  const open = yield* fillingReplay.get(failedId, credentialId, rules.maxRows, rules.maxBytes);
  if (open) return open;
  const opened = yield* openReplay.get(rules.newUuid(), credentialId, rules.now, failedId);
  if (!opened) throw new Error(`The failed upload ${failedId} is gone.`);
  return { id: opened.id, rows: 0, bytes: 0 };
}

/** Rows of a failed upload: into another upload of each source's credential, or aside where a person has paused the source. */
function* moveFailed(failedId: number, conversionIds: readonly number[], rules: ReplayRules): Work<number> {
  const { now } = rules;
  const rows = yield* failedRows.all(JSON.stringify(conversionIds));
  const paused = rows.filter((row) => row.paused === 1).map(({ id }) => id);
  const held = { from: failedId, to: null, aside: "delivery_paused", conversionIds: paused, now } as const;
  let moved = (yield* moveLatestLines(held)).length;
  if (paused.length > 0) yield* bumpSecondsVersion();
  const going = Map.groupBy(
    rows.filter((row) => row.paused === 0),
    (row) => row.credential_id,
  );
  for (const [credentialId, all] of going) {
    for (let next = 0; next < all.length; ) {
      const file = yield* openFile(failedId, credentialId, rules);
      const part: FailedRow[] = [];
      let bytes = 0;
      for (
        ;
        next < all.length && file.rows + part.length < rules.maxRows && file.bytes + bytes < rules.maxBytes;
        next++
      ) {
        const row = all[next] as FailedRow;
        part.push(row);
        bytes += row.bytes;
      }
      const ids = part.map(({ id }) => id);
      moved += (yield* moveLatestLines({ from: failedId, to: file.id, aside: null, conversionIds: ids, now })).length;
      const deadlines = part.map((row) => row.date_time * 1000 + rules.joinedForMs).filter((at) => at > now);
      const deadline = deadlines.length === 0 ? null : Math.min(...deadlines);
      yield* grow.send(part.length, bytes, Math.max(...part.map(({ second }) => second)), deadline, now, file.id);
    }
  }
  return moved;
}

/** A cancelled row may go at once; one without a goal is judged by a list of goals that is still to be read. */
function* moveSetAside(
  reason: Exclude<DeadLetterReason, "failed">,
  conversionIds: readonly number[],
  now: number,
): Work<number> {
  const to = reason === "cancelled" ? "requeued" : "checking_goal";
  const moved = yield* setAside.all(to, JSON.stringify(conversionIds), reason);
  const left = moved.map(({ id, batch_id, target }) => ({ id, batchId: batch_id, target, reason, by: -1 }) as const);
  yield* countSetAside(left, now);
  return moved.length;
}

function* moveAll({ reason, uploadId, conversionIds }: MetDeadLetters, rules: ReplayRules): Work<number> {
  if (conversionIds.length === 0) return 0;
  if (reason !== "failed") return yield* moveSetAside(reason, conversionIds, rules.now);
  return uploadId === null ? 0 : yield* moveFailed(uploadId, conversionIds, rules);
}

function* advance(id: number, rules: ReplayRules): Work<ReplayRow | null> {
  const replay = yield* byId.get(id);
  if (replay?.state !== "running" || replay.cursor === null) return replay;
  const { workspaceId, filter, createdAt } = toRecord(replay);
  let cursor = JSON.parse(replay.cursor) as DeadLetterCursor;
  let { replayed } = replay;
  for (let looked = 0; looked < rules.limit; ) {
    const met = yield* nextDeadLetters(cursor, { workspaceId, filter, before: createdAt }, rules.limit - looked);
    yield* sealAllBut.send(rules.now, met?.uploadId ?? 0);
    if (!met) return yield* end.get(id, "completed", replayed, rules.now);
    replayed += yield* moveAll(met, rules);
    looked += met.looked;
    cursor = met.cursor;
  }
  return yield* goOn.get(id, JSON.stringify(cursor), replayed, rules.now);
}

function* cancel(id: number, now: number): Work<ReplayRow | null> {
  const replay = yield* byId.get(id);
  if (replay?.state !== "running") return replay;
  // Closes the files of another one too, should this one still wait for its turn: that one then opens further files.
  yield* sealAllBut.send(now, 0);
  return yield* end.get(id, "cancelled", replay.replayed, now);
}

function* create({ uuid, workspaceId, filter, matched, now }: Parameters<ReplayStore["create"]>[0]) {
  const cursor = JSON.stringify(yield* startDeadLetterWalk());
  return yield* insert.get(uuid, workspaceId, JSON.stringify(filter), matched, cursor, now);
}

/** Replays: a walk through dead letters that moves what it meets. */
export function createReplays(driver: Driver): ReplayStore {
  return {
    async create(replay) {
      return known(await driver.beside(() => create(replay)));
    },
    async findByUuid(uuid) {
      return orNull(await driver.ask(byUuid.get(uuid)));
    },
    async list({ workspaceId, before, limit }) {
      const rows = await driver.ask(newestFirst.all(workspaceId, before, limit + 1));
      return page(rows.map(toRecord), limit);
    },
    async cancel(id, now) {
      return known(await driver.alone(() => cancel(id, now)));
    },
    async nextRunning() {
      return orNull(await driver.ask(firstRunning.get()));
    },
    async advance(id, rules) {
      return known(await driver.alone(() => advance(id, rules)));
    },
  };
}
