import type { DueSource, NewRun, RunBatch, RunEnd, RunRecord, RunStore } from "../store.ts";
import { claimRuns, freeLapsedRuns, isAnyDue } from "./claim-runs.ts";
import { page } from "./page.ts";
import { RUN, type RunLine, toRun } from "./run-columns.ts";
import { type Driver, statement, type Work } from "./work.ts";

const due = statement<DueSource, [now: number, limit: number]>(
  `select id as "sourceId", next_run_at as "dueAt" from sources
   where next_run_at <= ?1 and deleted_at is null order by next_run_at, id limit ?2`,
);
const moveOn = statement<never, [source: number, dueAt: number, next: number | null]>(
  "update sources set next_run_at = ?3 where id = ?1 and next_run_at = ?2 and deleted_at is null",
);
const insert = statement<
  RunLine,
  [uuid: string, source: number, kind: string, input: string, dueAt: number, now: number]
>(
  `insert into runs (uuid, source_id, kind, state, input, due_at, next_attempt_at, leftovers, created_at)
   select ?1, cast(?2 as bigint), ?3, 'waiting', ?4, cast(?5 as bigint), cast(?6 as bigint), '[]', cast(?6 as bigint)
   where not exists (select 1 from runs where source_id = ?2 and state in ('waiting', 'running'))
   on conflict do nothing returning ${RUN}`,
);
const renew = statement<never, [id: number, claim: string, leaseUntil: number, done: number, total: number | null]>(
  "update runs set lease_until = ?3, done = ?4, total = ?5 where id = ?1 and claim = ?2 and state = 'running'",
);
const link = statement<never, [run: number, batch: number]>(
  "insert into run_batches (run_id, batch_id) values (?1, ?2) on conflict do nothing",
);
const addCounts = statement<never, [run: number, accepted: number, duplicates: number, rejected: number]>(
  "update runs set accepted = accepted + ?2, duplicates = duplicates + ?3, rejected = rejected + ?4 where id = ?1",
);
const settle = statement<
  never,
  [
    ...[id: number, claim: string, to: string, next: number | null, done: number, total: number | null],
    ...[code: string | null, error: string | null, leftovers: string, now: number],
  ]
>(
  `update runs set state = ?3, next_attempt_at = ?4, done = ?5, total = ?6, error_code = ?7, error = ?8, leftovers = ?9,
     ended_at = case when ?3 = 'waiting' then null else cast(?10 as bigint) end, claim = null, lease_until = null
   where id = ?1 and claim = ?2 and state = 'running'`,
);
const putReport = statement<
  never,
  [id: number, report: string, accepted: number, duplicates: number, rejected: number]
>("update runs set report = ?2, accepted = ?3, duplicates = ?4, rejected = ?5 where id = ?1");
const giveBack = statement<never, [id: number, claim: string, now: number]>(
  `update runs set state = 'waiting', claim = null, lease_until = null, next_attempt_at = ?3
   where id = ?1 and claim = ?2 and state = 'running'`,
);
const cancel = statement<never, [id: number, now: number]>(
  `update runs set state = 'cancelled', claim = null, lease_until = null, next_attempt_at = null, ended_at = ?2
   where id = ?1 and state in ('waiting', 'running')`,
);
const byUuid = statement<RunLine, [source: number, uuid: string]>(
  `select ${RUN} from runs where source_id = ?1 and uuid = ?2`,
);
const batches = statement<{ id: number }, [run: number, limit: number]>(
  "select batch_id as id from run_batches where run_id = ?1 order by batch_id limit ?2",
);
const newest = statement<RunLine, [source: number, before: number, limit: number]>(
  `select ${RUN} from runs where source_id = ?1 and id < ?2 order by id desc limit ?3`,
);

const json = (value: object | null) => value && JSON.stringify(value);

function* create({ uuid, sourceId, kind, input, dueAt, now }: NewRun): Work<RunRecord | null> {
  const line = yield* insert.get(uuid, sourceId, kind, JSON.stringify(input), dueAt, now);
  return line && toRun(line);
}

function* schedule({ sourceId, dueAt }: DueSource, nextRunAt: number | null, run: NewRun | null): Work<boolean> {
  const isFirst = (yield* moveOn.run(sourceId, dueAt, nextRunAt)) > 0;
  return isFirst && run !== null && (yield* create(run)) !== null;
}

function* addBatch(id: number, { batchId, accepted, duplicates, rejected }: RunBatch): Work<void> {
  const isNew = (yield* link.run(id, batchId)) > 0;
  if (isNew) yield* addCounts.send(id, accepted, duplicates, rejected);
}

function* end({ id, claim, to, nextAttemptAt, done, total, ...ended }: RunEnd): Work<boolean> {
  const { errorCode, error, leftovers, report, now } = ended;
  const told = [errorCode, json(error), JSON.stringify(leftovers), now] as const;
  if ((yield* settle.run(id, claim, to, nextAttemptAt, done, total, ...told)) === 0) return false;
  if (report !== null) {
    const { accepted, duplicates, rejected } = report.counts;
    yield* putReport.send(id, JSON.stringify(report.told), accepted, duplicates, rejected);
  }
  return true;
}

function* list({ sourceId, before, limit }: Parameters<RunStore["list"]>[0]) {
  const lines = yield* newest.all(sourceId, before ?? Number.MAX_SAFE_INTEGER, limit + 1);
  return page<RunRecord>(lines.map(toRun), limit);
}

/**
 * Runs: one statement a move, each naming the state it leaves and the claim it holds.
 * @param oneAtATime waits, in the transaction that is under way, until nobody else makes or claims runs
 */
export function createRunStore(driver: Driver, oneAtATime: () => Work<void>): RunStore {
  return {
    dueSources: (now, limit) => driver.ask(due.all(now, limit)),
    schedule: (source, nextRunAt, run) =>
      driver.beside(function* () {
        yield* oneAtATime();
        return yield* schedule(source, nextRunAt, run);
      }),
    create: (run) =>
      driver.beside(function* () {
        yield* oneAtATime();
        return yield* create(run);
      }),
    async claimDue(request) {
      if (!(await driver.ask(isAnyDue(request.now)))) return [];
      return driver.beside(function* () {
        yield* oneAtATime();
        return yield* claimRuns(request);
      });
    },
    renew: async ({ id, claim, leaseUntil, done, total }) =>
      (await driver.beside(() => renew.run(id, claim, leaseUntil, done, total))) > 0,
    addBatch: (id, batch) => driver.beside(() => addBatch(id, batch)),
    end: (ended) => driver.beside(() => end(ended)),
    async giveBack(id, claim, now) {
      await driver.beside(() => giveBack.run(id, claim, now));
    },
    freeLapsed: (request) => driver.beside(() => freeLapsedRuns(request)),
    cancel: async (id, now) => (await driver.beside(() => cancel.run(id, now))) > 0,
    async find(sourceId, uuid) {
      const line = await driver.ask(byUuid.get(sourceId, uuid));
      return line && toRun(line);
    },
    batchesOf: async (id, limit) => (await driver.ask(batches.all(id, limit))).map((batch) => batch.id),
    list: (request) => driver.ask(list(request)),
  };
}
