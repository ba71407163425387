import { rawIntakeStates } from "../port/raw-intakes.ts";
import type {
  NewRawIntake,
  RawIntakeEnd,
  RawIntakeFilter,
  RawIntakeRecord,
  RawIntakeState,
  RawIntakeStore,
} from "../store.ts";
import { claimRawIntakes, freeLapsed, isAnyWaiting } from "./claim-raw-intakes.ts";
import { page } from "./page.ts";
import { FORGOTTEN_NEVER, RAW_INTAKE, type RawIntakeLine, toRawIntake } from "./raw-intake-columns.ts";
import { type Driver, statement, texts, type Work } from "./work.ts";

const insert = statement<
  never,
  [string, number, state: string, method: string, number, string, string | null, string | null, number, number]
>(
  `insert into raw_intakes (uuid, source_id, state, method, bytes, sealed, error_code, error, leftovers, received_at, expires_at, next_attempt_at)
   values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '[]', ?9, ?10, case when ?3 = 'waiting' then cast(?9 as bigint) end)`,
);
const settle = statement<
  never,
  [
    ...[id: number, claim: string, to: string, next: number | null, failures: number, code: string | null],
    ...[error: string | null, leftovers: string, expiresAt: number, now: number],
  ]
>(
  `update raw_intakes set state = ?3, next_attempt_at = ?4, failures = ?5, error_code = ?6, error = ?7, leftovers = ?8, expires_at = ?9,
     handled_at = ?10, claim = null, lease_until = null, trying_since = case when ?3 = 'waiting' then trying_since end
   where id = ?1 and claim = ?2 and state = 'waiting'`,
);
const link = statement<never, [intake: number, batch: number]>(
  "insert into raw_intake_batches (raw_intake_id, batch_id) values (?1, ?2) on conflict do nothing",
);
const addCounts = statement<never, [intake: number, accepted: number, duplicates: number, rejected: number]>(
  "update raw_intakes set accepted = accepted + ?2, duplicates = duplicates + ?3, rejected = rejected + ?4 where id = ?1",
);
const giveBack = statement<never, [id: number, claim: string]>(
  "update raw_intakes set claim = null, lease_until = null where id = ?1 and claim = ?2",
);
const nextWithKept = statement<{ source: number | null }, [after: number]>(
  "select min(source_id) as source from raw_intakes where state = 'kept' and source_id > ?1",
);
const release = statement<never, [source: number, now: number, limit: number]>(
  `update raw_intakes set state = 'waiting', next_attempt_at = ?2, failures = 0, error_code = null, error = null, expires_at = ${FORGOTTEN_NEVER}
   where state = 'kept' and id in (
     select id from raw_intakes where source_id = ?1 and state = 'kept' and sealed is not null order by id limit ?3)`,
);
const giveUp = statement<never, [source: number, code: string, error: string, expiresAt: number, now: number]>(
  `update raw_intakes set state = 'failed', next_attempt_at = null, trying_since = null, error_code = ?2, error = ?3, expires_at = ?4, handled_at = ?5
   where source_id = ?1 and state in ('waiting', 'kept') and claim is null`,
);
const byUuid = statement<RawIntakeLine, [source: number, uuid: string]>(
  `select ${RAW_INTAKE} from raw_intakes where source_id = ?1 and uuid = ?2`,
);
const content = statement<{ sealed: string | null }, [id: number]>("select sealed from raw_intakes where id = ?1");
const batches = statement<{ id: number }, [intake: number]>(
  "select batch_id as id from raw_intake_batches where raw_intake_id = ?1 order by batch_id",
);
const newest = statement<RawIntakeLine, [source: number, before: number, limit: number]>(
  `select ${RAW_INTAKE} from raw_intakes where source_id = ?1 and id < ?2 order by id desc limit ?3`,
);
const newestOfState = statement<RawIntakeLine, [source: number, before: number, limit: number, state: string]>(
  `select ${RAW_INTAKE} from raw_intakes where source_id = ?1 and state = ?4 and id < ?2 order by id desc limit ?3`,
);
const counts = statement<{ state: RawIntakeState; n: number }, [source: number]>(
  "select state, count(*) as n from raw_intakes where source_id = ?1 group by state",
);

/** Which ones a filter means; its values are the first five parameters. */
const MEANT = `source_id = ?1 and state in ${texts("?2")} and sealed is not null
  and (cast(?3 as text) is null or uuid in ${texts("?3")})
  and (cast(?4 as bigint) is null or received_at >= ?4) and (cast(?5 as bigint) is null or received_at < ?5)`;
type Meant = readonly [
  source: number,
  states: string,
  uuids: string | null,
  from: number | null,
  before: number | null,
];

const countMeant = statement<{ n: number }, [...Meant]>(`select count(*) as n from raw_intakes where ${MEANT}`);
const lastMeant = statement<{ id: number }, [...Meant, after: number, limit: number]>(
  `select id from raw_intakes where ${MEANT} and id > ?6 order by id limit ?7`,
);
const bringBack = statement<never, [...Meant, after: number, upTo: number, now: number]>(
  `update raw_intakes set state = 'waiting', next_attempt_at = ?8, replays = replays + 1, failures = 0, trying_since = null,
     error_code = null, error = null, leftovers = '[]', expires_at = ${FORGOTTEN_NEVER}
   where ${MEANT} and id > ?6 and id <= ?7`,
);

const meantBy = ({ sourceId, states, uuids, receivedFrom, receivedBefore }: RawIntakeFilter): Meant => [
  sourceId,
  JSON.stringify(states),
  uuids && JSON.stringify(uuids),
  receivedFrom,
  receivedBefore,
];

const json = (value: object | null) => value && JSON.stringify(value);

function* keep(intakes: readonly NewRawIntake[]): Work<void> {
  for (const it of intakes) {
    yield* insert.send(
      ...([it.uuid, it.sourceId, it.state, it.method, it.bytes, it.sealed, it.errorCode, json(it.error)] as const),
      ...([it.receivedAt, it.expiresAt ?? FORGOTTEN_NEVER] as const),
    );
  }
}

function* end(ended: RawIntakeEnd): Work<boolean> {
  const { id, claim, to, nextAttemptAt, failures, errorCode, error, leftovers, expiresAt, now } = ended;
  const told = [errorCode, json(error), JSON.stringify(leftovers), expiresAt ?? FORGOTTEN_NEVER, now] as const;
  if ((yield* settle.run(id, claim, to, nextAttemptAt, failures, ...told)) === 0) return false;
  for (const { batchId, accepted, duplicates, rejected } of ended.batches) {
    const isNew = (yield* link.run(id, batchId)) > 0;
    if (isNew) yield* addCounts.send(id, accepted, duplicates, rejected);
  }
  return true;
}

function* sourcesWithKept(): Work<readonly number[]> {
  const found: number[] = [];
  for (let after = 0; ; ) {
    const source = (yield* nextWithKept.get(after))?.source ?? null;
    if (source === null) return found;
    found.push(source);
    after = source;
  }
}

function* replay(filter: RawIntakeFilter, after: number | null, limit: number, now: number) {
  const meant = meantBy(filter);
  const from = after ?? 0;
  const upTo = (yield* lastMeant.all(...meant, from, limit)).at(-1)?.id;
  if (upTo === undefined) return { replayed: 0, after: null };
  const replayed = yield* bringBack.run(...meant, from, upTo, now);
  return { replayed, after: upTo };
}

function* list({ sourceId, state, before, limit }: Parameters<RawIntakeStore["list"]>[0]) {
  const from = [sourceId, before ?? Number.MAX_SAFE_INTEGER, limit + 1] as const;
  const lines = state === null ? yield* newest.all(...from) : yield* newestOfState.all(...from, state);
  return page<RawIntakeRecord>(lines.map(toRawIntake), limit);
}

function* countByState(sourceId: number): Work<Readonly<Record<RawIntakeState, number>>> {
  const found = new Map((yield* counts.all(sourceId)).map(({ state, n }) => [state, n]));
  const all = Object.fromEntries(rawIntakeStates.map((state) => [state, found.get(state) ?? 0]));
  return all as Readonly<Record<RawIntakeState, number>>;
}

/**
 * Raw intakes: one statement a move, each naming the state it leaves and the claim it holds.
 * @param oneClaimer waits, in the transaction that is under way, until nobody else is claiming
 */
export function createRawIntakeStore(driver: Driver, oneClaimer: () => Work<void>): RawIntakeStore {
  return {
    keep: (intakes) => driver.beside(() => keep(intakes)),
    async claimDue(request) {
      if (!(await driver.ask(isAnyWaiting()))) return [];
      return driver.beside(function* () {
        yield* oneClaimer();
        return yield* claimRawIntakes(request);
      });
    },
    end: (ended) => driver.beside(() => end(ended)),
    async giveBack(id, claim) {
      await driver.beside(() => giveBack.run(id, claim));
    },
    freeLapsed: (request) => driver.beside(() => freeLapsed(request)),
    sourcesWithKept: () => driver.ask(sourcesWithKept()),
    release: (sourceId, now, limit) => driver.beside(() => release.run(sourceId, now, limit)),
    giveUp: (sourceId, { errorCode, error, expiresAt, now }) =>
      driver.beside(() => giveUp.run(sourceId, errorCode, JSON.stringify(error), expiresAt, now)),
    async find(sourceId, uuid) {
      const line = await driver.ask(byUuid.get(sourceId, uuid));
      return line && toRawIntake(line);
    },
    contentOf: async (id) => (await driver.ask(content.get(id)))?.sealed ?? null,
    batchesOf: async (id) => (await driver.ask(batches.all(id))).map((batch) => batch.id),
    list: (request) => driver.ask(list(request)),
    countByState: (sourceId) => driver.ask(countByState(sourceId)),
    countReplayable: async (filter) => (await driver.ask(countMeant.get(...meantBy(filter))))?.n ?? 0,
    replay: (filter, after, limit, now) => driver.beside(() => replay(filter, after, limit, now)),
  };
}
