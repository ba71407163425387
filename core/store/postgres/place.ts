import type { TransactionSql } from "postgres";
import {
  countHolders,
  countSetAside,
  isCountedAside,
  OPEN_DUPLICATE,
  OPEN_REVISION,
  type SetAsideChange,
} from "../sql/holders.ts";
import type { Placed, Placement, PlacementRules, SetAsideReason, UnassignedRow } from "../store.ts";
import type { Ask } from "./ask.ts";
import type { Asking, PostgresDriver } from "./driver.ts";
import { createFillingFiles, type FillingFile, type Going } from "./filling-files.ts";
import { list } from "./lists.ts";
import type { PlannedSecond, Seconds } from "./same-second.ts";

/** What became of a page, and what is to be remembered of it once it is committed. */
export interface PlacedPage extends Placed {
  readonly seconds: readonly PlannedSecond[];
}

/** A row that goes aside for another reason than before. */
interface Aside {
  readonly row: UnassignedRow;
  readonly reason: SetAsideReason;
}

/** A row that has moved, with who holds it: the batch that tells it, those of its earlier revisions, those of its repeats. */
interface Moved {
  readonly row: UnassignedRow;
  readonly batches: readonly number[];
  readonly repeatedBy: readonly number[];
}

/** Of rows that were given their file: those that another batch tells now, or that have earlier revisions, and those that were not. */
interface Assigned {
  readonly ids: readonly number[] | null;
  readonly batches: readonly number[] | null;
  readonly revised: readonly number[] | null;
  readonly missed: readonly number[] | null;
}

type Holder = { readonly id: number; readonly batch_id: number };

/**
 * Carries the placements of a page out in few statements, whatever their number; who may do so was asked before in the same
 * transaction. What is counted is what has really moved: others correct and cancel rows beside this.
 */
export function createPlacing(driver: PostgresDriver, ask: Ask, seconds: Seconds) {
  const files = createFillingFiles(ask);

  /** The source was read before this transaction: a person may have paused or resumed it in between. */
  async function pausedSources(on: Asking, placements: readonly Placement[]): Promise<ReadonlySet<number>> {
    const sources = [...new Set(placements.map(({ row }) => row.sourceId))];
    const paused = await ask<{ id: number }>(
      on,
      "select id from sources where id = any($1::bigint[]) and delivery_paused = 1",
      [list(sources)],
    );
    return new Set(paused.map(({ id }) => id));
  }

  async function putAside(on: TransactionSql, asides: readonly Aside[], now: number): Promise<number> {
    if (asides.length === 0) return 0;
    const moved = await ask<Holder>(
      on,
      `update conversions c set set_aside = v.reason
       from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) v(id, date_time, was, reason)
       where c.id = v.id and c.date_time = v.date_time and c.upload_id is null and c.set_aside is not distinct from v.was
       returning c.id, c.batch_id`,
      [...keysOf(asides.map(({ row }) => row)), asides.map(({ row }) => row.setAside), asides.map((a) => a.reason)],
    );
    const batchOf = new Map(moved.map(({ id, batch_id }) => [id, batch_id]));
    const changes = asides.flatMap(({ row: { id, target, setAside }, reason }): SetAsideChange[] => {
      const batchId = batchOf.get(id);
      if (batchId === undefined) return [];
      return [
        { id, batchId, target, reason: setAside, by: -1 },
        { id, batchId, target, reason, by: 1 },
      ];
    });
    await driver.within(on, countSetAside(changes, now));
    return moved.length;
  }

  async function assign(
    on: Asking,
    going: readonly Going[],
    chosen: ReadonlyMap<number, FillingFile>,
    planned: ReadonlyMap<number, PlannedSecond>,
  ): Promise<readonly Moved[]> {
    const rows = going.map(({ row }) => row);
    const fileIds = rows.map(({ id }) => chosen.get(id)?.id ?? null);
    const [answer] = await ask<Assigned>(
      on,
      // What went as expected, nearly every row, is not told: reading an answer costs more than writing the question.
      `with assigned as (
         update conversions c set upload_id = v.upload_id, set_aside = null, sent_time = coalesce(c.sent_time, v.sent_time)
         from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[])
           v(id, date_time, was, upload_id, sent_time, batch_id, currency)
         where c.id = v.id and c.date_time = v.date_time and c.upload_id is null and c.set_aside is not distinct from v.was
           and c.currency = v.currency
         returning c.id, c.batch_id, c.revision, v.batch_id as told_by)
       select array_agg(id) filter (where batch_id <> told_by or revision > 0) as ids,
         array_agg(batch_id) filter (where batch_id <> told_by or revision > 0) as batches,
         array_agg(id) filter (where revision > 0) as revised,
         case when count(*) < cardinality($1::bigint[]) then
           (select array_agg(v.id) from unnest($1::bigint[]) v(id) where v.id not in (select id from assigned)) end as missed
       from assigned`,
      [
        ...keysOf(rows),
        rows.map(({ setAside }) => setAside),
        list(fileIds),
        list(rows.map(({ id }) => planned.get(id)?.sentTime ?? null)),
        list(rows.map(({ batchId }) => batchId)),
        // A correction may have told another since the row was read: it is read again, for a file of that one.
        rows.map(({ currency }) => currency),
      ],
    );
    const missed = new Set(answer?.missed);
    const revised = new Set(answer?.revised);
    const batchOf = new Map(answer?.ids?.map((id, n) => [id, answer.batches?.[n]]));
    const moved = missed.size === 0 ? rows : rows.filter(({ id }) => !missed.has(id));
    const [revisions, repeats] = await Promise.all([
      takeAlong(
        on,
        moved.filter(({ id }) => revised.has(id)),
        chosen,
        `update conversion_revisions r set upload_id = v.upload_id from unnest($1::bigint[], $2::bigint[]) v(id, upload_id)
         where r.conversion_id = v.id and r.${OPEN_REVISION} returning v.id, r.batch_id`,
      ),
      takeAlong(
        on,
        moved,
        chosen,
        `update duplicates set upload_id = v.upload_id from unnest($1::bigint[], $2::bigint[]) v(id, upload_id)
         where conversion_id = v.id and duplicates.${OPEN_DUPLICATE} returning v.id, batch_id`,
      ),
    ]);
    return moved.map((row) => ({
      row,
      batches: [batchOf.get(row.id) ?? row.batchId, ...(revisions.get(row.id) ?? [])],
      repeatedBy: repeats.get(row.id) ?? [],
    }));
  }

  /** Earlier revisions, or repeats, of rows that have their file stand in it with them. */
  async function takeAlong(
    on: Asking,
    rows: readonly UnassignedRow[],
    chosen: ReadonlyMap<number, FillingFile>,
    statement: string,
  ): Promise<ReadonlyMap<number, readonly number[]>> {
    if (rows.length === 0) return new Map();
    const fileIds = rows.map(({ id }) => chosen.get(id)?.id ?? null);
    return batchesById(await ask<Holder>(on, statement, [list(rows.map(({ id }) => id)), list(fileIds)]));
  }

  async function intoFiles(on: TransactionSql, going: readonly Going[], rules: PlacementRules): Promise<PlacedPage> {
    if (going.length === 0) return { rows: 0, sharedSeconds: 0, seconds: [] };
    const [chosen, planned] = await Promise.all([
      files.choose(on, going, rules),
      seconds.plan(
        on,
        going.map(({ row }) => row),
      ),
    ]);
    const moved = await assign(on, going, chosen, planned);
    const taken = moved.flatMap(({ row }) => planned.get(row.id) ?? []);
    const opened = new Set([...chosen.values()].filter(({ isNew }) => isNew).map(({ id }) => id));
    for (const { row } of moved) opened.delete(chosen.get(row.id)?.id ?? 0);
    await Promise.all([
      growFiles(on, moved, chosen, planned, rules),
      growGroups(on, moved, chosen),
      countInFiles(on, moved, chosen),
      knowKeys(on, going, moved, rules),
      leftGoals(on, moved, rules.now),
      ...(opened.size === 0
        ? []
        : [ask(on, "delete from uploads where id = any($1::bigint[]) and rows = 0", [list([...opened])])]),
    ]);
    return { rows: moved.length, sharedSeconds: taken.filter(({ shared }) => shared).length, seconds: taken };
  }

  async function growFiles(
    on: Asking,
    moved: readonly Moved[],
    chosen: ReadonlyMap<number, FillingFile>,
    planned: ReadonlyMap<number, PlannedSecond>,
    { now, joinedForMs, maxRows, maxBytes }: PlacementRules,
  ): Promise<void> {
    const growth = new Map<number, { rows: number; bytes: number; notBefore: number; deadline: number | null }>();
    for (const { row } of moved) {
      const id = chosen.get(row.id)?.id ?? 0;
      const file = growth.get(id) ?? { rows: 0, bytes: 0, notBefore: 0, deadline: null };
      file.rows++;
      file.bytes += row.bytes;
      file.notBefore = Math.max(file.notBefore, planned.get(row.id)?.sentTime ?? row.dateTime);
      const deadline = row.dateTime * 1000 + joinedForMs;
      if (deadline > now && deadline < (file.deadline ?? Number.POSITIVE_INFINITY)) file.deadline = deadline;
      growth.set(id, file);
    }
    const entries = [...growth.values()];
    // A full file is due at once, however long it was to linger: closing looks for what is due alone.
    await ask(
      on,
      `update uploads u set rows = u.rows + v.rows, bytes = u.bytes + v.bytes, not_before = greatest(u.not_before, v.not_before),
         deadline = least(u.deadline, v.deadline), next_attempt_at = case when u.rows + v.rows >= $6 or u.bytes + v.bytes >= $7
           then least(u.next_attempt_at, $8) else u.next_attempt_at end
       from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) v(id, rows, bytes, not_before, deadline)
       where u.id = v.id`,
      [
        list([...growth.keys()]),
        list(entries.map(({ rows }) => rows)),
        list(entries.map(({ bytes }) => bytes)),
        list(entries.map(({ notBefore }) => notBefore)),
        list(entries.map(({ deadline }) => deadline)),
        ...[maxRows, maxBytes, now],
      ],
    );
  }

  async function growGroups(on: Asking, moved: readonly Moved[], chosen: ReadonlyMap<number, FillingFile>) {
    const groups = new Map<string, { readonly file: number; readonly row: UnassignedRow; rows: number }>();
    for (const { row } of moved) {
      const file = chosen.get(row.id)?.id ?? 0;
      const key = `${file}/${row.sourceId}/${row.identifier}/${row.target}`;
      const group = groups.get(key) ?? { file, row, rows: 0 };
      group.rows++;
      groups.set(key, group);
    }
    const entries = [...groups.values()];
    await ask(
      on,
      `insert into upload_groups (upload_id, source_id, target, identifier, rows)
       select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[])
       on conflict (upload_id, source_id, target, identifier) do update set rows = upload_groups.rows + excluded.rows`,
      [
        list(entries.map(({ file }) => file)),
        list(entries.map(({ row }) => row.sourceId)),
        entries.map(({ row }) => row.target),
        entries.map(({ row }) => row.identifier),
        list(entries.map(({ rows }) => rows)),
      ],
    );
  }

  async function countInFiles(on: Asking, moved: readonly Moved[], chosen: ReadonlyMap<number, FillingFile>) {
    const counts = new Map<string, { batch: number; file: number; rows: number; duplicates: number }>();
    const count = (batch: number, file: number, rows: number, duplicates: number) => {
      const key = `${batch}/${file}`;
      const entry = counts.get(key) ?? { batch, file, rows: 0, duplicates: 0 };
      entry.rows += rows;
      entry.duplicates += duplicates;
      counts.set(key, entry);
    };
    for (const { row, batches, repeatedBy } of moved) {
      const file = chosen.get(row.id)?.id ?? 0;
      for (const batch of batches) count(batch, file, 1, 0);
      for (const batch of repeatedBy) count(batch, file, 0, 1);
    }
    // In one order, as intake does: whoever counts in two files must not wait for another who does so in the other order.
    const entries = [...counts.values()].sort((a, b) => a.batch - b.batch || a.file - b.file);
    await ask(
      on,
      `insert into batch_uploads (batch_id, upload_id, rows, duplicates)
       select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
       on conflict (batch_id, upload_id) do update set rows = batch_uploads.rows + excluded.rows,
         duplicates = batch_uploads.duplicates + excluded.duplicates`,
      [
        list(entries.map(({ batch }) => batch)),
        list(entries.map(({ file }) => file)),
        list(entries.map(({ rows }) => rows)),
        list(entries.map(({ duplicates }) => duplicates)),
      ],
    );
  }

  async function knowKeys(
    on: Asking,
    going: readonly Going[],
    moved: readonly Moved[],
    { keysExpireAt }: PlacementRules,
  ) {
    const ids = new Set(moved.map(({ row }) => row.id));
    const keys = going.flatMap(({ row, keyHash }) =>
      keyHash !== null && ids.has(row.id) ? { keyHash, id: row.id } : [],
    );
    if (keys.length === 0) return;
    keys.sort((a, b) => (a.keyHash < b.keyHash ? -1 : a.keyHash > b.keyHash ? 1 : a.id - b.id));
    // A fact that came with a key of its own is known by that alone.
    await ask(
      on,
      `insert into source_keys (key_hash, conversion_id, expires_at)
       select n.*, $3 from unnest($1::text[], $2::bigint[]) n(key_hash, id)
       where not exists (select 1 from source_keys k where k.conversion_id = n.id) on conflict do nothing`,
      [keys.map(({ keyHash }) => keyHash), list(keys.map(({ id }) => id)), keysExpireAt],
    );
  }

  /** Rows that waited for their goal, and whoever holds them, do so no longer. */
  async function leftGoals(on: TransactionSql, moved: readonly Moved[], now: number): Promise<void> {
    const counts = moved.flatMap(({ row: { target, setAside: reason }, batches, repeatedBy }) =>
      isCountedAside(reason)
        ? [...batches, ...repeatedBy].map((batchId) => ({ batchId, target, reason, rows: -1 }))
        : [],
    );
    await driver.within(on, countHolders(counts, now));
  }

  return async (on: TransactionSql, placements: readonly Placement[], rules: PlacementRules): Promise<PlacedPage> => {
    const paused = await pausedSources(on, placements);
    const going: Going[] = [];
    const asides: Aside[] = [];
    for (const placement of placements) {
      const { row } = placement;
      const mustWait = paused.has(row.sourceId);
      if (placement.to === "upload" && !mustWait) {
        going.push(placement);
        continue;
      }
      const isOrWasPaused = placement.to === "upload" || placement.to === "delivery_paused";
      const reason = !isOrWasPaused ? placement.to : mustWait ? "delivery_paused" : "requeued";
      if (reason !== row.setAside) asides.push({ row, reason });
    }
    const aside = await putAside(on, asides, rules.now);
    const filed = await intoFiles(on, going, rules);
    return { ...filed, rows: filed.rows + aside };
  };
}

function batchesById(holders: readonly Holder[]): ReadonlyMap<number, readonly number[]> {
  const batches = new Map<number, number[]>();
  for (const { id, batch_id } of holders) {
    const known = batches.get(id);
    if (known) known.push(batch_id);
    else batches.set(id, [batch_id]);
  }
  return batches;
}

const keysOf = (rows: readonly UnassignedRow[]) =>
  [list(rows.map(({ id }) => id)), list(rows.map(({ dateTime }) => dateTime))] as const;
