import type { Database } from "bun:sqlite";
import { and, asc, count, desc, eq, isNull, lt, lte, ne, or, sql } from "drizzle-orm";
import { uploadAttempts, uploads } from "../schema.sqlite.ts";
import type {
  Attempt,
  UploadDecision,
  UploadLine,
  UploadMove,
  UploadRecord,
  UploadState,
  UploadStore,
} from "../store.ts";
import { prepareClaims } from "./claim-uploads.ts";
import type { Db } from "./open.ts";
import { OPEN_STATES } from "./open-states.ts";
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

const inOrder = (found: readonly UploadRecord[]) =>
  found.toSorted((a, b) => a.nextAttemptAt - b.nextAttemptAt || a.id - b.id);

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
  const claims = prepareClaims(sqlite);
  const renew = sqlite.prepare("update uploads set lease_until = ? where id = ? and claim = ?");
  const releaseSending = sqlite.prepare(
    `update uploads set state = 'uncertain', claim = null, request_ended_at = ?1, next_attempt_at = ?1 + ?2, complete_lists = 0,
       updated_at = ?1, version = version + 1 where state = 'sending' and lease_until <= ?3`,
  );
  const releaseOther = sqlite.prepare(
    `update uploads set claim = null, lease_until = null where state in ${OPEN_STATES} and claim is not null and lease_until <= ?`,
  );

  const restCounter = sqlite.prepare(
    `update uploads set next_attempt_at = max(next_attempt_at, ?1), ripe_at = iif(state = 'filling', max(ripe_at, ?1), ripe_at),
       error_code = ?3, error_text = ?4, updated_at = ?2, version = version + 1
     where counter_id = ?5 and state in ('filling', 'planned') and (claim is null or lease_until <= ?2)`,
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

  // Prepared: a look of the worker reads up to a thousand, and building the statement costs more than answering it.
  const byId = db
    .select()
    .from(uploads)
    .where(eq(uploads.id, sql.placeholder("id")))
    .prepare();
  const get = (id: number) => byId.get({ id }) as UploadRecord | undefined;

  const flagLate = sqlite.prepare<{ id: number }, [number]>(
    `update uploads set late_at = ?1, updated_at = ?1, version = version + 1
     where state in ('filling', 'planned', 'uncertain') and deadline <= ?1 and late_at is null returning id`,
  );

  const resolve = sqlite.transaction((d: UploadDecision) => {
    const { metrikaUploadId } = d.facts;
    const own = db.select({ counterId: uploads.counterId }).from(uploads).where(eq(uploads.id, d.id)).get();
    if (own && metrikaUploadId != null) {
      const { counterId } = own;
      const same = and(eq(uploads.counterId, counterId), eq(uploads.metrikaUploadId, metrikaUploadId));
      const taken = db
        .select({ id: uploads.id })
        .from(uploads)
        .where(and(same, ne(uploads.id, d.id)))
        .get();
      if (taken) return "metrika_upload_taken" as const;
    }
    const moved = db
      .update(uploads)
      .set({
        ...{ ...d.facts, state: d.to, claim: null, leaseUntil: null },
        ...{ updatedAt: d.now, version: sql`version + 1` },
      })
      .where(
        and(
          eq(uploads.id, d.id),
          eq(uploads.state, "uncertain"),
          or(isNull(uploads.claim), lte(uploads.leaseUntil, d.now)),
        ),
      )
      .returning({ id: uploads.id })
      .all();
    if (moved.length === 0) return get(d.id)?.state === "uncertain" ? ("claimed" as const) : ("not_uncertain" as const);
    db.insert(uploadAttempts)
      .values({ ...d.attempt, uploadId: d.id })
      .run();
    return "resolved" as const;
  });

  return {
    async claimDue(request) {
      return inOrder(claims.claimDue(request).flatMap((id) => get(id) ?? []));
    },
    async claimToPoll(request) {
      return inOrder(claims.claimToPoll(request).flatMap((id) => get(id) ?? []));
    },
    async restCounter({ counterId, until, now, errorCode, errorText }) {
      restCounter.run(until, now, errorCode, errorText, counterId);
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
    async flagLate(now) {
      return flagLate.all(now).flatMap(({ id }) => get(id) ?? []);
    },
    async resolve(decision) {
      return resolve.immediate(decision);
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
