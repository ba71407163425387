import type {
  Attempt,
  ReplayLinks,
  UploadDecision,
  UploadFacts,
  UploadLine,
  UploadMove,
  UploadRecord,
  UploadState,
  UploadStore,
} from "../store.ts";
import { AT_METRIKA, claimDue, claimToPoll, isAnythingDue } from "./claim-uploads.ts";
import { page } from "./page.ts";
import { type ConversionColumns, toConversion } from "./to-conversion.ts";
import { uploadColumn, uploadRecord } from "./upload-columns.ts";
import { type Driver, greater, ids, type Param, type Statement, statement, type Work } from "./work.ts";

interface LineRow extends ConversionColumns {
  readonly id: number;
  readonly identifiers: "all" | "best";
}

const UPLOAD = `select ${uploadRecord("u")} from uploads u`;
const byId = statement<UploadRecord, [number]>(`${UPLOAD} where u.id = ?1`);
const byUuid = statement<UploadRecord, [string]>(`${UPLOAD} where u.uuid = ?1`);
// One for each set of conditions: a condition that may be absent (`?4 is null or …`) would keep both databases from its index.
const listed = (conditions: string) =>
  statement<UploadRecord, Param[]>(
    `${UPLOAD} where u.workspace_id = ?1 and u.id < ?2 ${conditions} order by u.id desc limit ?3`,
  );
const listAll = listed("");
const listOfCounter = listed("and u.counter_id = ?4");
const listOfState = listed("and u.state = ?4");
const listOfBoth = listed("and u.counter_id = ?4 and u.state = ?5");

const IDENTITY =
  "c.target, coalesce(c.sent_time, c.date_time) as date_time, c.client_id, c.user_id, c.yclid, c.purchase_id";
const LINE_PAGE = "order by c.id limit ?3";
const latestLines = statement<LineRow, [upload: number, after: number, limit: number]>(
  `select c.id, ${IDENTITY}, c.price, c.currency, s.options ->> 'identifiers' as identifiers
   from conversions c join sources s on s.id = c.source_id where c.upload_id = ?1 and c.id > ?2 ${LINE_PAGE}`,
);
// A fact corrected after its file was sealed has left the file's index, but the file still tells its earlier revision.
const replacedLines = statement<LineRow, [upload: number, after: number, limit: number]>(
  `select c.id, ${IDENTITY}, r.price, r.currency, s.options ->> 'identifiers' as identifiers
   from conversion_revisions r join conversions c on c.id = r.conversion_id join sources s on s.id = c.source_id
   where r.upload_id = ?1 and r.conversion_id > ?2 and c.upload_id is distinct from ?1
     and not exists (select 1 from conversion_revisions n where n.conversion_id = r.conversion_id and n.upload_id = ?1 and n.revision > r.revision)
   order by r.conversion_id limit ?3`,
);

const renew = statement<never, [leaseUntil: number, id: number, claim: string]>(
  "update uploads set lease_until = ?1 where id = ?2 and claim = ?3",
);
const releaseSending = statement<never, [now: number, readBackAt: number, leasesBefore: number]>(
  `update uploads set state = 'uncertain', claim = null, request_ended_at = ?1, next_attempt_at = ?2, complete_lists = 0,
     updated_at = ?1, version = version + 1 where state = 'sending' and lease_until <= ?3`,
);
// Asked all the time: not of files that fill, which may be many and are nobody's yet.
const releaseOther = statement<never, [leasesBefore: number]>(
  `update uploads set claim = null, lease_until = null
   where state in ('planned', 'sent', 'processing', 'uncertain') and claim is not null and lease_until <= ?1`,
);
const rest = statement<never, [until: number, now: number, code: string, text: string, counter: number]>(
  `update uploads set next_attempt_at = ${greater("next_attempt_at", "?1")},
     ripe_at = case when state = 'filling' then ${greater("ripe_at", "?1")} else ripe_at end,
     error_code = ?3, error_text = ?4, updated_at = ?2, version = version + 1
   where counter_id = ?5 and state in ('filling', 'planned') and (claim is null or lease_until <= ?2)`,
);
const late = statement<UploadRecord, [number]>(
  `update uploads set late_at = ?1, updated_at = ?1, version = version + 1
   where state in ('filling', 'planned', 'uncertain') and deadline <= ?1 and late_at is null returning ${uploadRecord("uploads")}`,
);

const tellAttempt = statement<never, [number, string, number, number, string, string | null, string | null]>(
  `insert into upload_attempts (upload_id, kind, started_at, ended_at, outcome, code, detail) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)`,
);
const attempts = statement<Attempt, [number]>(
  `select kind, started_at as "startedAt", ended_at as "endedAt", outcome, code, detail
   from upload_attempts where upload_id = ?1 order by id`,
);
const taken = statement<{ id: number }, [upload: number, metrikaUploadId: string]>(
  `select o.id from uploads u join uploads o on o.counter_id = u.counter_id and o.id <> u.id
   where u.id = ?1 and o.metrika_upload_id = ?2 limit 1`,
);
const originals = statement<{ id: number; replayOf: string | null }, [string]>(
  `select u.id, o.uuid as "replayOf" from uploads u left join uploads o on o.id = u.replay_of where u.id in ${ids("?1")}`,
);
const copies = statement<{ of: number; uuid: string }, [string]>(
  `select replay_of as "of", uuid from uploads where replay_of in ${ids("?1")} order by id`,
);
const states = statement<{ state: UploadState; n: number }>("select state, count(*) as n from uploads group by state");

/** Statements that set a state and some facts, by what they set. */
const moves = new Map<string, Statement<object, Param[]>>();

/**
 * Sets a state and the given facts where `guard` holds; true if it did.
 * @param guard numbers its own parameters from 4 on; 2 is `now`, 3 the upload
 */
function* set(facts: UploadFacts, to: UploadState, now: number, id: number, guard: Guard): Work<boolean> {
  const fields = (Object.keys(facts) as (keyof UploadFacts)[]).filter((field) => facts[field] !== undefined);
  const key = `${guard.text} ${guard.frees} ${fields.join()}`;
  let move = moves.get(key);
  if (!move) {
    const told = fields.map((field, i) => `, ${uploadColumn(field)} = ?${4 + guard.params.length + i}`).join("");
    const freed = guard.frees ? ", claim = null, lease_until = null" : "";
    move = statement(
      `update uploads set state = ?1, updated_at = ?2, version = version + 1${freed}${told} where id = ?3 and ${guard.text}`,
    );
    moves.set(key, move);
  }
  const values = fields.map((field) => facts[field] ?? null);
  return (yield* move.run(to, now, id, ...guard.params, ...values)) > 0;
}

/** What must still hold of an upload that is to be moved, and whether its claim ends with that. */
interface Guard {
  readonly text: string;
  readonly params: readonly Param[];
  readonly frees: boolean;
}

function* tell(uploadId: number, { kind, startedAt, endedAt, outcome, code, detail }: Attempt): Work<void> {
  yield* tellAttempt.send(uploadId, kind, startedAt, endedAt, outcome, code, detail);
}

function* moveUpload({ id, claim, from, to, facts, attempt, keepClaim = false, now }: UploadMove): Work<boolean> {
  const guard = { text: "state = ?4 and claim = ?5", params: [from, claim], frees: !keepClaim };
  if (!(yield* set(facts, to, now, id, guard))) return false;
  if (attempt) yield* tell(id, attempt);
  return true;
}

function* resolveUpload({
  id,
  to,
  facts,
  attempt,
  now,
}: UploadDecision): Work<Awaited<ReturnType<UploadStore["resolve"]>>> {
  const { metrikaUploadId } = facts;
  if (metrikaUploadId != null && (yield* taken.get(id, metrikaUploadId))) return "metrika_upload_taken";
  const guard = { text: "state = 'uncertain' and (claim is null or lease_until <= ?2)", params: [], frees: true };
  if (!(yield* set(facts, to, now, id, guard)))
    return (yield* byId.get(id))?.state === "uncertain" ? "claimed" : "not_uncertain";
  yield* tell(id, attempt);
  return "resolved";
}

function* releaseClaims(request: Parameters<UploadStore["releaseClaims"]>[0]): Work<number> {
  const { leasesBefore, now, firstReadBackMs } = request;
  const sending = yield* releaseSending.run(now, now + firstReadBackMs, leasesBefore);
  return sending + (yield* releaseOther.run(leasesBefore));
}

function* replayLinks(list: string): Work<ReadonlyMap<number, ReplayLinks>> {
  const found = yield* originals.all(list);
  const replays = Map.groupBy(yield* copies.all(list), ({ of }) => of);
  return new Map(
    found.map(({ id, replayOf }) => [id, { replayOf, replayedBy: (replays.get(id) ?? []).map(({ uuid }) => uuid) }]),
  );
}

function listOf({ workspaceId, counterId, state, before, limit }: Parameters<UploadStore["list"]>[0]) {
  const from = [workspaceId, before ?? Number.MAX_SAFE_INTEGER, limit + 1] as const;
  if (counterId === null) return state === null ? listAll.all(...from) : listOfState.all(...from, state);
  return state === null ? listOfCounter.all(...from, counterId) : listOfBoth.all(...from, counterId, state);
}

const toLine = (row: LineRow): UploadLine => ({
  id: row.id,
  conversion: toConversion(row),
  identifiers: row.identifiers,
});

/**
 * Uploads: one statement a move, each naming the state it leaves and the claim it holds.
 * @param oneClaimer waits, in the transaction that is under way, until nobody else is claiming
 */
export function createUploadStore(driver: Driver, oneClaimer: () => Work<void>): UploadStore {
  return {
    async claimDue(request) {
      if (!(await driver.ask(isAnythingDue(request.states, request.now)))) return [];
      return driver.beside(function* () {
        yield* oneClaimer();
        return yield* claimDue(request);
      });
    },
    async claimToPoll(request) {
      if (!(await driver.ask(isAnythingDue(AT_METRIKA, request.now)))) return [];
      return driver.beside(function* () {
        yield* oneClaimer();
        return yield* claimToPoll(request);
      });
    },
    async restCounter({ counterId, until, now, errorCode, errorText }) {
      await driver.beside(() => rest.run(until, now, errorCode, errorText, counterId));
    },
    renewLease: async (id, claim, leaseUntil) => (await driver.ask(renew.run(leaseUntil, id, claim))) > 0,
    move: (move) => driver.beside(() => moveUpload(move)),
    releaseClaims: (request) => driver.beside(() => releaseClaims(request)),
    flagLate: (now) => driver.beside(() => late.all(now)),
    resolve: (decision) => driver.alone(() => resolveUpload(decision)),
    async *lines(uploadId, pageSize) {
      for (const lines of [latestLines, replacedLines]) {
        for (let after = 0; ; ) {
          const rows = await driver.ask(lines.all(uploadId, after, pageSize));
          if (rows.length > 0) yield rows.map(toLine);
          if (rows.length < pageSize) break;
          after = rows.at(-1)?.id ?? after;
        }
      }
    },
    list: async (filter) => page(await driver.ask(listOf(filter)), filter.limit),
    findByUuid: (uuid) => driver.ask(byUuid.get(uuid)),
    get: (id) => driver.ask(byId.get(id)),
    replayLinksOf: (of) => driver.ask(replayLinks(JSON.stringify(of))),
    attemptsOf: (uploadId) => driver.ask(attempts.all(uploadId)),
    async countByState() {
      const counts = await driver.ask(states.all());
      return Object.fromEntries(counts.map(({ state, n }) => [state, n]));
    },
  };
}
