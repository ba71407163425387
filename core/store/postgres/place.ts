import { isCountedAside } from "../sql/holders.ts";
import type { Placed, Placement, PlacementRules, SetAsideReason, UnassignedRow } from "../store.ts";
import { type Ask, numbers } from "./ask.ts";
import type { Asking } from "./driver.ts";
import { createFillingFiles, type FillingFile, type Going } from "./filling-files.ts";
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

type Holder = { readonly id: number; readonly batch_id: number };

/** A repeat of a revision that was given up stays given up with it. */
const OPEN_DUPLICATE = `d.conversion_id = v.id and d.upload_id is null and not exists (select 1 from gateway.conversion_revisions r
  where r.conversion_id = d.conversion_id and r.revision = d.revision and r.outcome is not null)`;

/**
 * Carries the placements of a page out in few statements, whatever their number; who may do so was asked before in the same
 * transaction. What is counted is what has really moved: others correct and cancel rows beside this.
 */
export function createPlacing(ask: Ask, seconds: Seconds) {
  const files = createFillingFiles(ask);

  /** The source was read before this transaction: a person may have paused or resumed it in between. */
  async function pausedSources(on: Asking, placements: readonly Placement[]): Promise<ReadonlySet<number>> {
    const sources = [...new Set(placements.map(({ row }) => row.sourceId))];
    const paused = await ask<{ id: number }>(
      on,
      "select id from gateway.sources where id = any($1::bigint[]) and delivery_paused = 1",
      [numbers(sources)],
    );
    return new Set(paused.map(({ id }) => id));
  }

  async function putAside(on: Asking, asides: readonly Aside[], now: number): Promise<number> {
    if (asides.length === 0) return 0;
    const moved = await ask<Holder>(
      on,
      `update gateway.conversions c set set_aside = v.reason
       from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) v(id, date_time, was, reason)
       where c.id = v.id and c.date_time = v.date_time and c.upload_id is null and c.set_aside is not distinct from v.was
       returning c.id, c.batch_id`,
      [...keysOf(asides.map(({ row }) => row)), asides.map(({ row }) => row.setAside), asides.map((a) => a.reason)],
    );
    const batchOf = new Map(moved.map(({ id, batch_id }) => [id, batch_id]));
    const counted = asides.filter(
      ({ row, reason }) => batchOf.has(row.id) && (isCountedAside(reason) || isCountedAside(row.setAside)),
    );
    if (counted.length > 0) {
      const followers = await openFollowers(
        on,
        counted.map(({ row }) => row.id),
      );
      const changes = new SetAsideChanges();
      for (const { row, reason } of counted) {
        const holders = [batchOf.get(row.id) as number, ...(followers.get(row.id) ?? [])];
        for (const batch of holders) {
          changes.add(batch, row.target, row.setAside, -1);
          changes.add(batch, row.target, reason, 1);
        }
      }
      await changes.write(ask, on, now);
    }
    return moved.length;
  }

  /** The batches of earlier revisions and of repeats that share a fact's fate. */
  async function openFollowers(on: Asking, rows: readonly number[]): Promise<ReadonlyMap<number, readonly number[]>> {
    const found = await ask<Holder>(
      on,
      `select v.id, r.batch_id from unnest($1::bigint[]) v(id)
         join gateway.conversion_revisions r on r.conversion_id = v.id and r.upload_id is null and r.outcome is null
       union all select v.id, d.batch_id from unnest($1::bigint[]) v(id) join gateway.duplicates d on ${OPEN_DUPLICATE}`,
      [numbers(rows)],
    );
    return batchesById(found);
  }

  async function assign(
    on: Asking,
    going: readonly Going[],
    chosen: ReadonlyMap<number, FillingFile>,
    planned: ReadonlyMap<number, PlannedSecond>,
  ): Promise<readonly Moved[]> {
    const rows = going.map(({ row }) => row);
    const fileIds = rows.map(({ id }) => chosen.get(id)?.id ?? null);
    const assigned = await ask<Holder & { revision: number }>(
      on,
      `update gateway.conversions c set upload_id = v.upload_id, set_aside = null, sent_time = coalesce(c.sent_time, v.sent_time)
       from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[]) v(id, date_time, was, upload_id, sent_time)
       where c.id = v.id and c.date_time = v.date_time and c.upload_id is null and c.set_aside is not distinct from v.was
       returning c.id, c.batch_id, c.revision`,
      [
        ...keysOf(rows),
        rows.map(({ setAside }) => setAside),
        numbers(fileIds),
        numbers(rows.map(({ id }) => planned.get(id)?.sentTime ?? null)),
      ],
    );
    const batchOf = new Map(assigned.map(({ id, batch_id }) => [id, batch_id]));
    const revised = new Set(assigned.filter(({ revision }) => revision > 0).map(({ id }) => id));
    const moved = rows.filter(({ id }) => batchOf.has(id));
    const [revisions, repeats] = await Promise.all([
      takeAlong(
        on,
        moved.filter(({ id }) => revised.has(id)),
        chosen,
        `update gateway.conversion_revisions r set upload_id = v.upload_id from unnest($1::bigint[], $2::bigint[]) v(id, upload_id)
         where r.conversion_id = v.id and r.upload_id is null and r.outcome is null returning v.id, r.batch_id`,
      ),
      takeAlong(
        on,
        moved,
        chosen,
        `update gateway.duplicates d set upload_id = v.upload_id from unnest($1::bigint[], $2::bigint[]) v(id, upload_id)
         where ${OPEN_DUPLICATE} returning v.id, d.batch_id`,
      ),
    ]);
    return moved.map((row) => ({
      row,
      batches: [batchOf.get(row.id) as number, ...(revisions.get(row.id) ?? [])],
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
    return batchesById(await ask<Holder>(on, statement, [numbers(rows.map(({ id }) => id)), numbers(fileIds)]));
  }

  async function intoFiles(on: Asking, going: readonly Going[], rules: PlacementRules): Promise<PlacedPage> {
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
        : [ask(on, "delete from gateway.uploads where id = any($1::bigint[]) and rows = 0", [numbers([...opened])])]),
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
    const list = [...growth.values()];
    // A full file is due at once, however long it was to linger: closing looks for what is due alone.
    await ask(
      on,
      `update gateway.uploads u set rows = u.rows + v.rows, bytes = u.bytes + v.bytes, not_before = greatest(u.not_before, v.not_before),
         deadline = least(u.deadline, v.deadline), next_attempt_at = case when u.rows + v.rows >= $6 or u.bytes + v.bytes >= $7
           then least(u.next_attempt_at, $8) else u.next_attempt_at end
       from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) v(id, rows, bytes, not_before, deadline)
       where u.id = v.id`,
      [
        numbers([...growth.keys()]),
        numbers(list.map(({ rows }) => rows)),
        numbers(list.map(({ bytes }) => bytes)),
        numbers(list.map(({ notBefore }) => notBefore)),
        numbers(list.map(({ deadline }) => deadline)),
        ...[maxRows, maxBytes, now],
      ],
    );
  }

  async function growGroups(on: Asking, moved: readonly Moved[], chosen: ReadonlyMap<number, FillingFile>) {
    const groups = new Map<string, { file: number; row: UnassignedRow; rows: number }>();
    for (const { row } of moved) {
      const file = chosen.get(row.id)?.id ?? 0;
      const key = `${file}/${row.sourceId}/${row.identifier}/${row.target}`;
      const group = groups.get(key) ?? { file, row, rows: 0 };
      group.rows++;
      groups.set(key, group);
    }
    const list = [...groups.values()];
    await ask(
      on,
      `insert into gateway.upload_groups (upload_id, source_id, target, identifier, rows)
       select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[])
       on conflict (upload_id, source_id, target, identifier) do update set rows = upload_groups.rows + excluded.rows`,
      [
        numbers(list.map(({ file }) => file)),
        numbers(list.map(({ row }) => row.sourceId)),
        list.map(({ row }) => row.target),
        list.map(({ row }) => row.identifier),
        numbers(list.map(({ rows }) => rows)),
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
    const list = [...counts.values()].sort((a, b) => a.batch - b.batch || a.file - b.file);
    await ask(
      on,
      `insert into gateway.batch_uploads (batch_id, upload_id, rows, duplicates)
       select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
       on conflict (batch_id, upload_id) do update set rows = batch_uploads.rows + excluded.rows,
         duplicates = batch_uploads.duplicates + excluded.duplicates`,
      [
        numbers(list.map(({ batch }) => batch)),
        numbers(list.map(({ file }) => file)),
        numbers(list.map(({ rows }) => rows)),
        numbers(list.map(({ duplicates }) => duplicates)),
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
    await ask(
      on,
      `insert into gateway.source_keys (key_hash, conversion_id, expires_at)
       select *, $3 from unnest($1::text[], $2::bigint[]) on conflict do nothing`,
      [keys.map(({ keyHash }) => keyHash), numbers(keys.map(({ id }) => id)), keysExpireAt],
    );
  }

  /** Rows that waited for their goal, and whoever holds them, do so no longer. */
  async function leftGoals(on: Asking, moved: readonly Moved[], now: number): Promise<void> {
    const changes = new SetAsideChanges();
    for (const { row, batches, repeatedBy } of moved)
      for (const batch of [...batches, ...repeatedBy]) changes.add(batch, row.target, row.setAside, -1);
    await changes.write(ask, on, now);
  }

  return async (on: Asking, placements: readonly Placement[], rules: PlacementRules): Promise<PlacedPage> => {
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

/** How many rows of which batch are set aside more or less than before. */
class SetAsideChanges {
  readonly #changes = new Map<string, { batch: number; target: string; reason: string; by: number }>();

  add(batch: number, target: string, reason: SetAsideReason | null, by: 1 | -1): void {
    if (reason === null || !isCountedAside(reason)) return;
    const key = `${batch}/${reason}/${target}`;
    const change = this.#changes.get(key) ?? { batch, target, reason, by: 0 };
    change.by += by;
    this.#changes.set(key, change);
  }

  async write(ask: Ask, on: Asking, now: number): Promise<void> {
    if (this.#changes.size === 0) return;
    const list = [...this.#changes.values()].sort((a, b) => a.batch - b.batch || (a.target < b.target ? -1 : 1));
    const batches = numbers(list.map(({ batch }) => batch));
    const keys = [batches, list.map(({ target }) => target), list.map(({ reason }) => reason)] as const;
    await Promise.all([
      ask(
        on,
        `insert into gateway.batch_set_aside (batch_id, target, reason, rows)
         select * from unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[])
         on conflict (batch_id, target, reason) do update set rows = batch_set_aside.rows + excluded.rows`,
        [...keys, numbers(list.map(({ by }) => by))],
      ),
      ask(
        on,
        `delete from gateway.batch_set_aside a using unnest($1::bigint[], $2::text[], $3::text[]) v(batch_id, target, reason)
         where a.batch_id = v.batch_id and a.target = v.target and a.reason = v.reason and a.rows <= 0`,
        [...keys],
      ),
      ask(
        on,
        `update gateway.batches b set status_version = status_version + 1, updated_at = $2 where b.id = any($1::bigint[])`,
        [batches, now],
      ),
    ]);
  }
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
  [numbers(rows.map(({ id }) => id)), numbers(rows.map(({ dateTime }) => dateTime))] as const;
