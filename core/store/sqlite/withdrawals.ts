import type { Database } from "bun:sqlite";
import { OPEN_STATES } from "../sql/open-states.ts";
import type { SetAsideReason, WithdrawalCursor, WithdrawalStep, WithdrawalStore, Withdrawn } from "../store.ts";
import { prepareHolders } from "./holders.ts";
import { prepareMoveLines } from "./move-lines.ts";
import { preparePaused } from "./paused-sources.ts";
import type { Seconds } from "./same-second.ts";
import { PLANNED_UP_TO, prepareWatermark } from "./watermark.ts";

/** Reasons for which a row waits and may still go, so that it can be cancelled. */
const WAITING = ["requeued", "waiting_upload", "delivery_paused", "checking_goal", "waiting_goal"] as const;

/** A file that is not on its way: nobody is about to send it, and no try can have brought it to Metrika. */
const AT_REST = `u.state in ('filling', 'planned') and u.claim is null and (u.attempts = 0 or not exists (
  select 1 from upload_attempts a where a.upload_id = u.id and (a.outcome = 'answer_lost' or a.kind in ('read_back', 'decision'))))`;

/** The line that a file tells of a fact whose correction stands elsewhere, as revision `r` of conversion `c` in file `r.upload_id`. */
const REPLACED_LINE = `r.outcome is null and c.upload_id is not r.upload_id and not exists (select 1 from conversion_revisions n
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
type Part = (within: number, rowId: number, limit: number) => Found | null;

/** What a person takes back before it is sent. */
export function prepareWithdrawals(sqlite: Database, seconds: Seconds): WithdrawalStore {
  const planned = prepareWatermark(sqlite, PLANNED_UP_TO);
  const lines = prepareMoveLines(sqlite);
  const holders = prepareHolders(sqlite);
  const ids = (rows: readonly { readonly id: number }[]) => rows.map(({ id }) => id);

  const unplanned = sqlite.prepare<{ id: number }, [number, number]>(
    "select id from conversions where id > ? and upload_id is null and set_aside is null order by id limit ?",
  );
  const waiting = sqlite.prepare<{ id: number }, [string, number, number, number]>(
    `select id from conversions where set_aside = ? and counter_id = (select counter_id from sources where id = ?) and id > ? order by id limit ?`,
  );
  const fileOfSource = sqlite.prepare<{ id: number }, [number, number]>(
    `select u.id from uploads u where ${AT_REST} and u.id >= ? and exists (select 1 from upload_groups g where g.upload_id = u.id and g.source_id = ?)
     order by u.id limit 1`,
  );
  const latestOfFile = sqlite.prepare<{ id: number }, [number, number, number]>(
    "select id from conversions where upload_id = ? and id > ? order by id limit ?",
  );
  const replacedOfFile = sqlite.prepare<{ id: number }, [number, number, number, number]>(
    `select c.id from conversion_revisions r join conversions c on c.id = r.conversion_id join batches b on b.id = r.batch_id
     where r.upload_id = ? and b.source_id = ? and c.id > ? and ${REPLACED_LINE} order by c.id limit ?`,
  );
  const toldByBatch = sqlite.prepare<{ id: number }, [number, number, number]>(
    `select c.id from batches b join conversions c on c.id between b.first_conversion_id and b.last_conversion_id
     where b.id = ?1 and c.batch_id = ?1 and c.revision = 0 and c.id > ?2 order by c.id limit ?3`,
  );
  const correctedByBatch = sqlite.prepare<{ id: number }, [number, number, number]>(
    "select id from conversions where batch_id = ? and revision > 0 and id > ? order by id limit ?",
  );
  const replacedOfBatch = sqlite.prepare<{ id: number; upload_id: number }, [number, number, number, number]>(
    `select c.id, r.upload_id from conversion_revisions r join conversions c on c.id = r.conversion_id join uploads u on u.id = r.upload_id
     where r.batch_id = ? and (r.upload_id, c.id) > (?, ?) and ${AT_REST} and ${REPLACED_LINE} order by r.upload_id, c.id limit ?`,
  );
  // Again by state, since the walk yields to others between its steps.
  const stillHere = sqlite.prepare<Candidate, { ids: string; sourceId: number | null; batchId: number | null }>(
    `select c.id, c.batch_id, c.target, c.set_aside, c.upload_id from conversions c join batches b on b.id = c.batch_id
       left join uploads u on u.id = c.upload_id
     where c.id in (select value from json_each($ids)) and b.sealed = 1 and ($sourceId is null or c.source_id = $sourceId)
       and ($batchId is null or c.batch_id = $batchId)
       and (c.upload_id is null and (c.set_aside is null or c.set_aside in ('${WAITING.join("', '")}')) or ${AT_REST})
     order by c.id`,
  );
  const putAside = sqlite.prepare("update conversions set set_aside = 'cancelled' where id = ? and upload_id is null");
  const shrink = sqlite.prepare(
    "update uploads set rows = rows - ?1, bytes = bytes - bytes * ?1 / max(rows, 1), updated_at = ?2, version = version + 1 where id = ?3",
  );
  const dropEmpty = sqlite.prepare("delete from uploads where id = ? and rows <= 0");
  // The number of a file that is gone may be given out again.
  const dropAttempts = sqlite.prepare(
    "delete from upload_attempts where upload_id = ?1 and not exists (select 1 from uploads where id = ?1)",
  );

  const partsOfSource = (sourceId: number): readonly Part[] => [
    // In the order in which rows go on by themselves, so that none slips past the walk.
    (_, rowId, limit) => foundIn(ids(unplanned.all(Math.max(planned.value(), rowId), limit)), 0),
    (within, rowId, limit) => {
      for (let kind = within; kind < WAITING.length; kind++) {
        const reason = WAITING[kind] ?? "requeued";
        const found = foundIn(ids(waiting.all(reason, sourceId, kind === within ? rowId : 0, limit)), kind);
        if (found) return found;
      }
      return null;
    },
    ...fileParts(sourceId),
  ];

  function fileParts(sourceId: number): readonly Part[] {
    const eachFile =
      (read: (file: number, rowId: number, limit: number) => readonly number[], areReplaced: boolean): Part =>
      (within, rowId, limit) => {
        for (let from = within; ; ) {
          const file = fileOfSource.get(from, sourceId)?.id;
          if (file === undefined) return null;
          const found = foundIn(read(file, file === within ? rowId : 0, limit), file, areReplaced ? file : null);
          if (found) return found;
          from = file + 1;
        }
      };
    return [
      eachFile((file, rowId, limit) => ids(latestOfFile.all(file, rowId, limit)), false),
      eachFile((file, rowId, limit) => ids(replacedOfFile.all(file, sourceId, rowId, limit)), true),
    ];
  }

  const partsOfBatch = (batchId: number): readonly Part[] => [
    (_, rowId, limit) => foundIn(ids(toldByBatch.all(batchId, rowId, limit)), 0),
    (_, rowId, limit) => foundIn(ids(correctedByBatch.all(batchId, rowId, limit)), 0),
    (within, rowId, limit) => {
      const found = replacedOfBatch.all(batchId, within, rowId, limit);
      const file = found[0]?.upload_id ?? null;
      return foundIn(ids(found.filter(({ upload_id }) => upload_id === file)), file ?? 0, file);
    },
  ];

  function foundIn(found: readonly number[], within: number, replacedIn: number | null = null): Found | null {
    const rowId = found.at(-1);
    return rowId === undefined ? null : { ids: found, replacedIn, within, rowId };
  }

  function leave(
    file: number,
    aside: "cancelled" | "delivery_paused",
    conversionIds: readonly number[],
    now: number,
    replaced: boolean,
  ) {
    const leaving = { from: file, to: null, aside, conversionIds, now };
    const left = replaced ? lines.replaced(leaving) : lines.latest(leaving).length;
    shrink.run(left, now, file);
    if (dropEmpty.run(file).changes > 0) dropAttempts.run(file);
    return left;
  }

  function withdraw(
    found: Found,
    of: Withdrawn,
    aside: "cancelled" | "delivery_paused",
    now: number,
    counted: Set<number> | null,
  ): number {
    if (found.replacedIn !== null)
      return counted ? found.ids.length : leave(found.replacedIn, aside, found.ids, now, true);
    const whose = "sourceId" in of ? { sourceId: of.sourceId, batchId: null } : { sourceId: null, batchId: of.batchId };
    const rows = stillHere.all({ ids: JSON.stringify(found.ids), ...whose });
    if (counted) {
      const before = counted.size;
      for (const { id } of rows) counted.add(id);
      return counted.size - before;
    }
    for (const [file, standing] of Map.groupBy(rows, (row) => row.upload_id)) {
      if (file !== null) {
        leave(file, aside, ids(standing), now, false);
        continue;
      }
      for (const row of standing) {
        putAside.run(row.id);
        holders.countSetAside(row, row.batch_id, row.set_aside, -1, now);
        holders.countSetAside(row, row.batch_id, "cancelled", 1, now);
      }
    }
    return rows.length;
  }

  const walk = sqlite.transaction(
    (
      parts: readonly Part[],
      step: WithdrawalStep,
      aside: "cancelled" | "delivery_paused",
      counted: Set<number> | null,
    ) => {
      let cursor: WithdrawalCursor = step.cursor ?? { part: 0, within: 0, rowId: 0 };
      let rows = 0;
      for (let looked = 0; looked < step.limit; ) {
        const found = parts[cursor.part]?.(cursor.within, cursor.rowId, step.limit - looked);
        if (!found) {
          if (cursor.part + 1 >= parts.length) return { rows, cursor: null };
          cursor = { part: cursor.part + 1, within: 0, rowId: 0 };
          continue;
        }
        rows += withdraw(found, step.of, aside, step.now, counted);
        looked += found.ids.length;
        cursor = { part: cursor.part, within: found.within, rowId: found.rowId };
      }
      return { rows, cursor };
    },
  );

  const isPaused = preparePaused(sqlite);
  const releaseRow = sqlite.prepare(
    "update conversions set set_aside = 'requeued' where id = ? and set_aside = 'delivery_paused' and source_id = ?",
  );
  const release = sqlite.transaction(({ of, cursor, limit }: Parameters<WithdrawalStore["release"]>[0]) => {
    if (isPaused(of.sourceId)) return { rows: 0, cursor: null };
    const found = ids(waiting.all("delivery_paused", of.sourceId, cursor?.rowId ?? 0, limit));
    const rows = found.reduce((sum, id) => sum + releaseRow.run(id, of.sourceId).changes, 0);
    const end = found.at(-1);
    return { rows, cursor: end === undefined ? null : { part: 0, within: 0, rowId: end } };
  });

  const toRelease = sqlite.prepare<{ id: number }, []>(
    `select distinct s.id from conversions c join sources s on s.id = c.source_id where c.set_aside = 'delivery_paused' and s.delivery_paused = 0`,
  );
  const toHold = sqlite.prepare<{ id: number }, []>(
    `select s.id from sources s where s.delivery_paused = 1 and exists (select 1 from uploads u join upload_groups g on g.upload_id = u.id
       where ${AT_REST} and g.source_id = s.id)`,
  );
  const sentOfBatch = sqlite.prepare<{ n: number }, [number]>(
    `select coalesce(sum(bu.rows), 0) as n from batch_uploads bu join uploads u on u.id = bu.upload_id
     where bu.batch_id = ? and u.state <> 'failed' and not (${AT_REST})`,
  );
  const sentOfSource = sqlite.prepare<{ n: number }, [number]>(
    `select coalesce(sum(g.rows), 0) as n from uploads u join upload_groups g on g.upload_id = u.id
     where u.state in ${OPEN_STATES} and g.source_id = ? and not (${AT_REST})`,
  );

  return {
    async cancel(step) {
      const { of } = step;
      const parts = "sourceId" in of ? partsOfSource(of.sourceId) : partsOfBatch(of.batchId);
      if (step.counted) return walk.deferred(parts, step, "cancelled", step.counted);
      const done = walk.immediate(parts, step, "cancelled", null);
      // Rows that left their file hold their second no longer.
      seconds.forget();
      return done;
    },
    async hold(step) {
      if (!isPaused(step.of.sourceId)) return { rows: 0, cursor: null };
      const done = walk.immediate(fileParts(step.of.sourceId), step, "delivery_paused", null);
      seconds.forget();
      return done;
    },
    async release(step) {
      return release.immediate(step);
    },
    async interrupted() {
      return { toHold: ids(toHold.all()), toRelease: ids(toRelease.all()) };
    },
    async countSent(of) {
      return ("sourceId" in of ? sentOfSource.get(of.sourceId) : sentOfBatch.get(of.batchId))?.n ?? 0;
    },
  };
}
