import type { Database } from "bun:sqlite";
import type { SetAsideCount } from "../sql/batch-counts.ts";
import { countHolders, countSetAside, isCountedAside, type SetAsideChange } from "../sql/holders.ts";
import { isPaused } from "../sql/paused-sources.ts";
import { readSecondsVersion } from "../sql/seconds-version.ts";
import { moveWatermark, PLANNED_UP_TO } from "../sql/watermark.ts";
import type { Lane, Placement, PlacementRules, PlanningStore, UnassignedRow } from "../store.ts";
import { prepareBatchCounts } from "./batch-counts.ts";
import type { SqliteDriver } from "./driver.ts";
import { prepareHolders } from "./holders.ts";
import type { Seconds } from "./same-second.ts";
import { prepareUnassignedRows } from "./unassigned-rows.ts";

/** Files opened within this time of a counter's first one are first ones too: the first batch may need several. */
const FIRST_MOMENT_MS = 2000;

/** A file that is being filled, with what it holds so far. */
interface OpenFile {
  readonly id: number;
  rows: number;
  bytes: number;
  /** Unix seconds of its latest row: Metrika refuses a file with a time that is not yet past. */
  notBefore: number;
  /** Unix milliseconds at which the first of its rows can no longer be joined to a visit. */
  deadline: number | null;
}

/** Rows find their file here: read what wants one, carry the planner's placements out, close what is ripe. */
export function preparePlanning(sqlite: Database, driver: SqliteDriver, seconds: Seconds): PlanningStore {
  // A ripe file takes rows until the planner's round ends and seals it, unless a row of the near future holds it: joined
  // for ever, such a file would never be sent.
  const fillingUpload = sqlite.prepare<
    { id: number; rows: number; bytes: number },
    [number, number, string, number, string | null, string | null, string, number, number, number]
  >(
    `select id, rows, bytes from uploads where state = 'filling' and counter_id = ?1 and credential_id = ?2 and currency = ?3 and workspace_id = ?4
       and target is ?5 and identifier is ?6 and uncertain_policy = ?7 and replay_of is null
       and (ripe_at > ?8 or not_before * 1000 < ?8) and rows < ?9 and bytes < ?10 order by id desc limit 1`,
  );
  const fillingOfCounter = sqlite.prepare<{ n: number }, [number]>(
    "select count(*) as n from uploads where state = 'filling' and counter_id = ?",
  );
  const earlierUpload = sqlite.prepare<{ found: number }, [number, number, number]>(
    "select 1 as found from uploads where counter_id = ? and workspace_id = ? and (state <> 'filling' or created_at < ?) limit 1",
  );
  const openUpload = sqlite.prepare(
    `insert into uploads (uuid, workspace_id, counter_id, credential_id, currency, target, identifier, uncertain_policy, state, ripe_at, not_before, next_attempt_at, created_at, updated_at)
     values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'filling', ?9, 0, ?9, ?10, ?10)`,
  );
  const growUpload = sqlite.prepare(
    `update uploads set rows = ?1, bytes = ?2, not_before = max(not_before, ?3), deadline = min(coalesce(deadline, ?4), coalesce(?4, deadline))
     where id = ?5 and state = 'filling'`,
  );
  const growGroup = sqlite.prepare(
    `insert into upload_groups (upload_id, source_id, target, identifier, rows) values (?, ?, ?, ?, ?)
     on conflict (upload_id, source_id, target, identifier) do update set rows = rows + excluded.rows`,
  );
  // `returning`: between reading and placing, a correction may have handed the fact to another batch.
  const assign = sqlite.prepare<
    { batch_id: number; revision: number },
    [number, number | null, number, string | null, string]
  >(
    `update conversions set upload_id = ?, set_aside = null, sent_time = coalesce(sent_time, ?)
     where id = ? and upload_id is null and set_aside is ? and currency = ? returning batch_id, revision`,
  );
  // The correction may also have told another currency, whose file this is not. New rows are read once: it must come back.
  const requeue = sqlite.prepare(
    "update conversions set set_aside = 'requeued' where id = ? and upload_id is null and set_aside is null and currency <> ?",
  );
  // Nearly every row: new, at its own second, never corrected. About half of the general statement's time (measured).
  const assignNew = sqlite.prepare(
    `update conversions set upload_id = ? where id = ? and batch_id = ? and revision = 0 and upload_id is null and set_aside is null`,
  );
  const putAside = sqlite.prepare<{ batch_id: number }, [string, number, string | null]>(
    "update conversions set set_aside = ? where id = ? and upload_id is null and set_aside is ? returning batch_id",
  );
  const counts = prepareBatchCounts(sqlite);
  const holders = prepareHolders(sqlite);
  // A fact that came with a key of its own is known by that alone.
  const knowKey = sqlite.prepare(
    `insert into source_keys (key_hash, conversion_id, expires_at) select ?1, ?2, ?3
     where not exists (select 1 from source_keys where conversion_id = ?2) on conflict do nothing`,
  );
  // While Metrika does not take a counter's files or refuses its token, the next file goes on filling: after an outage of days
  // there is one file to send, not one for each few minutes of it.
  const seal = sqlite.prepare(
    `update uploads set state = 'planned', sealed_at = ?1, next_attempt_at = ?1, updated_at = ?1, version = version + 1
     where state = 'filling' and rows > 0 and not_before * 1000 < ?1 and (rows >= ?2 or bytes >= ?3 or (ripe_at <= ?1
       and not exists (select 1 from credentials c where c.id = uploads.credential_id and c.paused_until > ?1)
       and not exists (select 1 from uploads p where p.state = 'planned' and p.attempts > 0
         and p.counter_id = uploads.counter_id and p.credential_id = uploads.credential_id)))`,
  );

  /** Gives a row its file; the batch that tells it now, and its revision. Null: it is no longer where it was read. */
  function assignTo(fileId: number, row: UnassignedRow, sentTime: number | null) {
    if (row.setAside === null && sentTime === null && assignNew.run(fileId, row.id, row.batchId).changes > 0) {
      return { batch_id: row.batchId, revision: 0 };
    }
    const assigned = assign.get(fileId, sentTime, row.id, row.setAside, row.currency);
    if (!assigned && row.setAside === null) requeue.run(row.id, row.currency);
    return assigned;
  }

  /** The lane's open file, or a new one. The first files of a counter do not linger: somebody watches them. */
  function openFile(lane: Lane, lingerMs: number, rules: PlacementRules): OpenFile {
    const { workspaceId, counterId, credentialId, currency, uncertainPolicy } = lane;
    const { now, maxRows, maxBytes } = rules;
    const find = ({ target, identifier }: Pick<Lane, "target" | "identifier">) =>
      fillingUpload.get(
        counterId,
        credentialId,
        currency,
        workspaceId,
        target,
        identifier,
        uncertainPolicy,
        now,
        maxRows,
        maxBytes,
      );
    let kind: Pick<Lane, "target" | "identifier"> = lane;
    let open = find(kind);
    if (!open && lane.target !== null && (fillingOfCounter.get(counterId)?.n ?? 0) >= rules.maxLanes) {
      kind = { target: null, identifier: null };
      open = find(kind);
    }
    if (open) return { ...open, notBefore: 0, deadline: null };
    const ripeAt = earlierUpload.get(counterId, workspaceId, now - FIRST_MOMENT_MS) === null ? now : now + lingerMs;
    const opened = openUpload.run(
      rules.newUuid(),
      workspaceId,
      counterId,
      credentialId,
      currency,
      kind.target,
      kind.identifier,
      uncertainPolicy,
      ripeAt,
      now,
    );
    return { id: Number(opened.lastInsertRowid), rows: 0, bytes: 0, notBefore: 0, deadline: null };
  }

  const place = sqlite.transaction((placements: readonly Placement[], rules: PlacementRules) => {
    seconds.beginRound(driver.now(readSecondsVersion()));
    let placed = 0;
    let shared = 0;
    let highestNew = 0;
    const files = new Map<string, OpenFile>();
    const openFiles = new Map<number, OpenFile>();
    const groups = new Map<string, { file: number; row: UnassignedRow; rows: number }>();
    const asides: SetAsideChange[] = [];
    const noLongerAside: SetAsideCount[] = [];
    const rowsOf = new Map<string, { batchId: number; uploadId: number; rows: number; duplicates: number }>();
    const count = (batchId: number, uploadId: number, rows: number, duplicates: number) => {
      const key = `${batchId}/${uploadId}`;
      const entry = rowsOf.get(key);
      if (entry) {
        entry.rows += rows;
        entry.duplicates += duplicates;
      } else rowsOf.set(key, { batchId, uploadId, rows, duplicates });
    };
    const countGroup = (file: number, row: UnassignedRow) => {
      const key = `${file}/${row.sourceId}/${row.identifier}/${row.target}`;
      const group = groups.get(key);
      if (group) group.rows++;
      else groups.set(key, { file, row, rows: 1 });
    };
    // The source was read before this transaction: a person may have paused or resumed it in between.
    const paused = new Map<number, boolean>();
    const mustWait = (sourceId: number) => {
      const known = paused.get(sourceId) ?? driver.now(isPaused(sourceId));
      paused.set(sourceId, known);
      return known;
    };
    const save = (file: OpenFile) => growUpload.run(file.rows, file.bytes, file.notBefore, file.deadline, file.id);

    for (const placement of placements) {
      const { row } = placement;
      if (row.setAside === null) highestNew = Math.max(highestNew, row.id);
      const isOrWasPaused = placement.to === "upload" || placement.to === "delivery_paused";
      if (placement.to !== "upload" || mustWait(row.sourceId)) {
        const reason = !isOrWasPaused ? placement.to : mustWait(row.sourceId) ? "delivery_paused" : "requeued";
        if (reason === row.setAside) continue;
        const aside = putAside.get(reason, row.id, row.setAside);
        if (!aside) continue;
        const fact = { id: row.id, batchId: aside.batch_id, target: row.target };
        asides.push({ ...fact, reason: row.setAside, by: -1 }, { ...fact, reason, by: 1 });
        placed++;
        continue;
      }
      const key = Object.values(placement.lane).join("\n");
      let file = files.get(key);
      if (!file || file.rows >= rules.maxRows || file.bytes >= rules.maxBytes) {
        if (file) save(file);
        const opened = openFile(placement.lane, placement.lingerMs, rules);
        // Several lanes may have come to share a file.
        file = openFiles.get(opened.id) ?? opened;
        openFiles.set(file.id, file);
        files.set(key, file);
      }
      const second = seconds.of(row);
      const assigned = assignTo(file.id, row, second.sentTime);
      if (!assigned) continue;
      second.take();
      if (second.shared) shared++;
      count(assigned.batch_id, file.id, 1, 0);
      const follow = holders.follow(row.id, file.id, assigned.revision > 0);
      for (const batchId of follow.rows) count(batchId, file.id, 1, 0);
      for (const batchId of follow.duplicates) count(batchId, file.id, 0, 1);
      const { setAside: reason, target } = row;
      if (isCountedAside(reason))
        for (const batchId of [assigned.batch_id, ...follow.rows, ...follow.duplicates])
          noLongerAside.push({ batchId, target, reason, rows: -1 });
      if (placement.keyHash !== null) knowKey.run(placement.keyHash, row.id, rules.keysExpireAt);
      countGroup(file.id, row);
      file.rows++;
      file.bytes += row.bytes;
      file.notBefore = Math.max(file.notBefore, second.sentTime ?? row.dateTime);
      const deadline = row.dateTime * 1000 + rules.joinedForMs;
      if (deadline > rules.now && deadline < (file.deadline ?? Number.POSITIVE_INFINITY)) file.deadline = deadline;
      placed++;
    }
    for (const file of openFiles.values()) save(file);
    for (const { file, row, rows } of groups.values())
      growGroup.run(file, row.sourceId, row.target, row.identifier, rows);
    for (const entry of rowsOf.values())
      counts.addToUpload(entry.batchId, entry.uploadId, entry.rows, entry.duplicates);
    driver.now(countSetAside(asides, rules.now));
    driver.now(countHolders(noLongerAside, rules.now));
    if (highestNew > 0) driver.now(moveWatermark(PLANNED_UP_TO, highestNew));
    return { rows: placed, sharedSeconds: shared };
  });

  return {
    ...prepareUnassignedRows(sqlite, driver),
    async place(placements, rules) {
      try {
        return place.immediate(placements, rules);
      } catch (error) {
        seconds.forget();
        throw error;
      }
    },
    async sealRipe(now, { maxRows, maxBytes }) {
      return seal.run(now, maxRows, maxBytes).changes;
    },
  };
}
