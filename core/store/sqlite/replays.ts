import type { Database } from "bun:sqlite";
import { and, asc, desc, eq, lt, sql } from "drizzle-orm";
import type { DeadLetterCursor, DeadLetterReason } from "../port/dead-letters.ts";
import { replays } from "../schema.sqlite.ts";
import { page } from "../sql/page.ts";
import type { ReplayRecord, ReplayRules, ReplayStore, SetAsideReason } from "../store.ts";
import { type MetDeadLetters, prepareDeadLetterWalk } from "./dead-letters.ts";
import { prepareHolders } from "./holders.ts";
import { prepareMoveLines } from "./move-lines.ts";
import type { Db } from "./open.ts";
import type { Seconds } from "./same-second.ts";
import { BYTES } from "./upload-groups.ts";

/** A failed upload's row, with what decides where it goes. */
interface FailedRow {
  readonly id: number;
  readonly second: number;
  readonly bytes: number;
  readonly date_time: number;
  readonly credential_id: number;
  readonly paused: number;
}

/** Replays: a walk through dead letters that moves what it meets. */
export function prepareReplays(sqlite: Database, db: Db, seconds: Seconds): ReplayStore {
  const walk = prepareDeadLetterWalk(sqlite);
  const lines = prepareMoveLines(sqlite);
  const holders = prepareHolders(sqlite);
  const failedRows = sqlite.prepare<FailedRow, [string]>(
    `select c.id, coalesce(c.sent_time, c.date_time) as second, ${BYTES} as bytes, c.date_time, s.credential_id, s.delivery_paused as paused
     from conversions c join sources s on s.id = c.source_id where c.id in (select value from json_each(?)) order by c.id`,
  );
  const fillingReplay = sqlite.prepare<{ id: number; rows: number; bytes: number }, [number, number, number, number]>(
    `select id, rows, bytes from uploads where state = 'filling' and replay_of = ? and credential_id = ? and rows < ? and bytes < ?
     order by id desc limit 1`,
  );
  // Never ripe by itself: it is closed when the walk leaves the failed upload.
  const openReplay = sqlite.prepare(
    `insert into uploads (uuid, workspace_id, counter_id, credential_id, currency, target, identifier, uncertain_policy, state, ripe_at, not_before,
       next_attempt_at, replay_of, created_at, updated_at)
     select ?1, workspace_id, counter_id, ?2, currency, target, identifier, uncertain_policy, 'filling', ${Number.MAX_SAFE_INTEGER}, 0, ?3, id, ?3, ?3
     from uploads where id = ?4`,
  );
  const grow = sqlite.prepare(
    `update uploads set rows = rows + ?1, bytes = bytes + ?2, not_before = max(not_before, ?3),
       deadline = min(coalesce(deadline, ?4), coalesce(?4, deadline)), updated_at = ?5 where id = ?6`,
  );
  const sealAllBut = sqlite.prepare(
    `update uploads set state = 'planned', sealed_at = ?1, next_attempt_at = max(?1, (not_before + 1) * 1000), updated_at = ?1, version = version + 1
     where state = 'filling' and replay_of is not null and replay_of <> ?2 and rows > 0`,
  );
  const setAsideRow = sqlite.prepare<
    { id: number; batch_id: number; source_id: number; target: string },
    [SetAsideReason, number, DeadLetterReason]
  >("update conversions set set_aside = ? where id = ? and set_aside = ? returning id, batch_id, source_id, target");

  // Prepared, since the worker asks at every look.
  const firstRunning = db
    .select()
    .from(replays)
    .where(sql`state = 'running'`)
    .orderBy(asc(replays.id))
    .limit(1)
    .prepare();
  const get = (id: number) => db.select().from(replays).where(eq(replays.id, id)).get() as ReplayRecord | undefined;
  const save = (id: number, change: Partial<typeof replays.$inferInsert>) =>
    db.update(replays).set(change).where(eq(replays.id, id)).returning().get() as ReplayRecord;

  function openFile(failedId: number, credentialId: number, rules: ReplayRules) {
    const open = fillingReplay.get(failedId, credentialId, rules.maxRows, rules.maxBytes);
    if (open) return { ...open };
    const opened = openReplay.run(rules.newUuid(), credentialId, rules.now, failedId);
    return { id: Number(opened.lastInsertRowid), rows: 0, bytes: 0 };
  }

  /** Rows of a failed upload: into another upload of each source's credential, or aside where a person has paused the source. */
  function moveFailed(failedId: number, ids: readonly number[], rules: ReplayRules): number {
    const { now } = rules;
    const rows = failedRows.all(JSON.stringify(ids));
    const paused = rows.filter((row) => row.paused === 1).map(({ id }) => id);
    let moved = lines.latest({ from: failedId, to: null, aside: "delivery_paused", conversionIds: paused, now }).length;
    if (paused.length > 0) seconds.forget();
    const going = Map.groupBy(
      rows.filter((row) => row.paused === 0),
      (row) => row.credential_id,
    );
    for (const [credentialId, all] of going) {
      for (let next = 0; next < all.length; ) {
        const file = openFile(failedId, credentialId, rules);
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
        const conversionIds = part.map(({ id }) => id);
        moved += lines.latest({ from: failedId, to: file.id, aside: null, conversionIds, now }).length;
        const deadlines = part.map((row) => row.date_time * 1000 + rules.joinedForMs).filter((at) => at > now);
        const deadline = deadlines.length === 0 ? null : Math.min(...deadlines);
        grow.run(part.length, bytes, Math.max(...part.map(({ second }) => second)), deadline, now, file.id);
      }
    }
    return moved;
  }

  /** A cancelled row may go at once; one without a goal is judged by a list of goals that is still to be read. */
  function moveSetAside(reason: Exclude<DeadLetterReason, "failed">, ids: readonly number[], now: number): number {
    let moved = 0;
    for (const id of ids) {
      const row = setAsideRow.get(reason === "cancelled" ? "requeued" : "checking_goal", id, reason);
      if (!row) continue;
      holders.countSetAside(row, row.batch_id, reason, -1, now);
      moved++;
    }
    return moved;
  }

  const moveAll = ({ reason, uploadId, conversionIds }: MetDeadLetters, rules: ReplayRules): number => {
    if (reason !== "failed") return moveSetAside(reason, conversionIds, rules.now);
    return uploadId === null ? 0 : moveFailed(uploadId, conversionIds, rules);
  };

  const advance = sqlite.transaction((id: number, rules: ReplayRules): ReplayRecord | undefined => {
    const replay = get(id) as (ReplayRecord & { readonly cursor: DeadLetterCursor }) | undefined;
    if (replay?.state !== "running") return replay;
    const { workspaceId, filter, createdAt } = replay;
    let { cursor, replayed } = replay;
    for (let looked = 0; looked < rules.limit; ) {
      const met = walk.next(cursor, { workspaceId, filter, before: createdAt }, rules.limit - looked);
      sealAllBut.run(rules.now, met?.uploadId ?? 0);
      if (!met) return save(id, { state: "completed", replayed, updatedAt: rules.now, endedAt: rules.now });
      replayed += moveAll(met, rules);
      looked += met.looked;
      cursor = met.cursor;
    }
    return save(id, { cursor, replayed, updatedAt: rules.now });
  });

  const cancel = sqlite.transaction((id: number, now: number): ReplayRecord | undefined => {
    const replay = get(id);
    if (replay?.state !== "running") return replay;
    // Closes the files of another one too, should this one still wait for its turn: that one then opens further files.
    sealAllBut.run(now, 0);
    return save(id, { state: "cancelled", updatedAt: now, endedAt: now });
  });

  const known = (replay: ReplayRecord | undefined): ReplayRecord => {
    if (!replay) throw new Error("There is no such replay.");
    return replay;
  };

  return {
    async create({ now, ...replay }) {
      const begun = { ...replay, state: "running", cursor: walk.start(), createdAt: now, updatedAt: now } as const;
      return db.insert(replays).values(begun).returning().get() as ReplayRecord;
    },
    async findByUuid(uuid) {
      return (db.select().from(replays).where(eq(replays.uuid, uuid)).get() as ReplayRecord | undefined) ?? null;
    },
    async list({ workspaceId, before, limit }) {
      const where = and(eq(replays.workspaceId, workspaceId), before === null ? undefined : lt(replays.id, before));
      const rows = db
        .select()
        .from(replays)
        .where(where)
        .orderBy(desc(replays.id))
        .limit(limit + 1)
        .all();
      return page(rows as ReplayRecord[], limit);
    },
    async cancel(id, now) {
      return known(cancel.immediate(id, now));
    },
    async nextRunning() {
      return (firstRunning.get() as ReplayRecord | undefined) ?? null;
    },
    async advance(id, rules) {
      return known(advance.immediate(id, rules));
    },
  };
}
