import type { Database } from "bun:sqlite";
import { and, asc, count, desc, eq, lt, sql } from "drizzle-orm";
import { uploadAttempts, uploads } from "../schema.sqlite.ts";
import type { Attempt, UploadLine, UploadMove, UploadRecord, UploadState, UploadStore } from "../store.ts";
import type { Db } from "./open.ts";
import { page } from "./page.ts";
import { type ConversionColumns, toConversion } from "./to-conversion.ts";

interface LineRow extends ConversionColumns {
  readonly id: number;
  readonly identifiers: "all" | "best";
}

const toLine = (row: LineRow): UploadLine => ({
  id: row.id,
  conversion: toConversion(row),
  identifiers: row.identifiers,
});

/** Uploads: one statement a move, each naming the state it leaves and the claim it holds. */
export function prepareUploads(sqlite: Database, db: Db): UploadStore {
  const identity =
    "c.target, coalesce(c.sent_time, c.date_time) as date_time, c.client_id, c.user_id, c.yclid, c.purchase_id";
  const latestLines = sqlite.prepare<LineRow, [number, number, number]>(
    `select c.id, ${identity}, c.price, c.currency, s.options ->> 'identifiers' as identifiers
     from conversions c join sources s on s.id = c.source_id where c.upload_id = ? and c.id > ? order by c.id limit ?`,
  );
  // A fact corrected after its file was sealed has left the file's index, but the file still tells its earlier revision.
  const replacedLines = sqlite.prepare<LineRow, [number, number, number]>(
    `select c.id, ${identity}, r.price, r.currency, s.options ->> 'identifiers' as identifiers
     from conversion_revisions r join conversions c on c.id = r.conversion_id join sources s on s.id = c.source_id
     where r.upload_id = ?1 and r.conversion_id > ?2 and c.upload_id is not ?1
       and not exists (select 1 from conversion_revisions n where n.conversion_id = r.conversion_id and n.upload_id = ?1 and n.revision > r.revision)
     order by r.conversion_id limit ?3`,
  );
  const claimDue = sqlite.prepare<{ id: number }, [string, number, number, string, number, number]>(
    `with due as (
       select u.id, u.next_attempt_at, row_number() over (partition by u.credential_id order by u.next_attempt_at, u.id)
         + (select count(*) from uploads h where h.credential_id = u.credential_id and h.claim is not null and h.lease_until > ?3
              and h.state in ('planned', 'sending')) as place
       from uploads u join credentials c on c.id = u.credential_id
       where u.state in (select value from json_each(?4)) and u.next_attempt_at <= ?3
         and (u.claim is null or u.lease_until <= ?3) and (c.paused_until is null or c.paused_until <= ?3)),
     chosen as (select id from due where place <= ?6 order by next_attempt_at, id limit ?5)
     update uploads set claim = ?1, lease_until = ?2 where id in (select id from chosen) returning id`,
  );
  const renew = sqlite.prepare("update uploads set lease_until = ? where id = ? and claim = ?");
  const releaseSending = sqlite.prepare(
    `update uploads set state = 'uncertain', claim = null, request_ended_at = ?1, next_attempt_at = ?1 + ?2, complete_lists = 0,
       updated_at = ?1, version = version + 1 where state = 'sending' and lease_until <= ?3`,
  );
  const releaseOther = sqlite.prepare(
    "update uploads set claim = null, lease_until = null where claim is not null and lease_until <= ?",
  );

  const replayLinks = sqlite.prepare<{ id: number; replayOf: string | null; replayedBy: string }, [string]>(
    `select u.id, (select o.uuid from uploads o where o.id = u.replay_of) as replayOf,
       (select json_group_array(n.uuid) from (select uuid from uploads where replay_of = u.id order by id) n) as replayedBy
     from uploads u where u.id in (select value from json_each(?))`,
  );

  const move = sqlite.transaction((m: UploadMove): boolean => {
    const free = m.keepClaim ? {} : { claim: null, leaseUntil: null };
    const moved = db
      .update(uploads)
      .set({ ...m.facts, ...free, state: m.to, updatedAt: m.now, version: sql`version + 1` })
      .where(and(eq(uploads.id, m.id), eq(uploads.state, m.from), eq(uploads.claim, m.claim)))
      .returning({ id: uploads.id })
      .all();
    if (moved.length === 0) return false;
    if (m.attempt)
      db.insert(uploadAttempts)
        .values({ ...m.attempt, uploadId: m.id })
        .run();
    return true;
  });

  const get = (id: number) => db.select().from(uploads).where(eq(uploads.id, id)).get() as UploadRecord | undefined;

  return {
    async claimDue({ states, claim, now, leaseMs, limit, perCredential }) {
      const ids = claimDue.all(claim, now + leaseMs, now, JSON.stringify(states), limit, perCredential);
      return ids.flatMap(({ id }) => get(id) ?? []).sort((a, b) => a.nextAttemptAt - b.nextAttemptAt || a.id - b.id);
    },
    async renewLease(id, claim, leaseUntil) {
      return renew.run(leaseUntil, id, claim).changes > 0;
    },
    async move(m) {
      return move.immediate(m);
    },
    async releaseClaims({ leasesBefore, now, firstReadBackMs }) {
      return releaseSending.run(now, firstReadBackMs, leasesBefore).changes + releaseOther.run(leasesBefore).changes;
    },
    async *lines(uploadId, pageSize) {
      for (const statement of [latestLines, replacedLines]) {
        for (let after = 0; ; ) {
          const rows = statement.all(uploadId, after, pageSize);
          if (rows.length > 0) yield rows.map(toLine);
          if (rows.length < pageSize) break;
          after = rows[rows.length - 1]?.id ?? after;
        }
      }
    },
    async list({ workspaceId, counterId, state, before, limit }) {
      const where = and(
        eq(uploads.workspaceId, workspaceId),
        counterId === null ? undefined : eq(uploads.counterId, counterId),
        state === null ? undefined : eq(uploads.state, state),
        before === null ? undefined : lt(uploads.id, before),
      );
      const rows = db
        .select()
        .from(uploads)
        .where(where)
        .orderBy(desc(uploads.id))
        .limit(limit + 1)
        .all() as UploadRecord[];
      return page(rows, limit);
    },
    async findByUuid(uuid) {
      return (db.select().from(uploads).where(eq(uploads.uuid, uuid)).get() as UploadRecord | undefined) ?? null;
    },
    async get(id) {
      return get(id) ?? null;
    },
    async replayLinksOf(ids) {
      const links = replayLinks.all(JSON.stringify(ids));
      return new Map(
        links.map(({ id, replayOf, replayedBy }) => [id, { replayOf, replayedBy: JSON.parse(replayedBy) }]),
      );
    },
    async attemptsOf(uploadId) {
      return db
        .select()
        .from(uploadAttempts)
        .where(eq(uploadAttempts.uploadId, uploadId))
        .orderBy(asc(uploadAttempts.id))
        .all() as Attempt[];
    },
    async countByState() {
      const rows = db.select({ state: uploads.state, n: count() }).from(uploads).groupBy(uploads.state).all();
      return Object.fromEntries(rows.map(({ state, n }) => [state as UploadState, n]));
    },
  };
}
