import { FARTHEST_SECONDS, type IdentifiedFact, identitiesOf, isNamesake, type Neighbour } from "../sql/same-second.ts";
import type { UnassignedRow } from "../store.ts";
import type { Ask } from "./ask.ts";
import type { Asking } from "./driver.ts";
import { HeldSeconds, secondKey } from "./held-seconds.ts";
import { list } from "./lists.ts";

/** Rows of one second at one counter that are compared where they stand; more are read once and kept in memory. */
const SMALL_CROWD = 32;

/** The second at which a row will stand in its file, for one that is not alone in its own. */
export interface PlannedSecond {
  /** For the column `sent_time`: null for the row's own second. */
  readonly sentTime: number | null;
  /** No second was free: the row stays at its own, and Metrika keeps the last of those that share it. */
  readonly shared: boolean;
  readonly key: string;
  readonly identities: readonly number[];
}

/**
 * Gives different facts that Metrika would take for one, a second each, by the rule that SQLite's `same-second.ts` tells: here
 * for a page of rows at once, in few questions.
 */
export interface Seconds {
  /**
   * The seconds of those rows, in order of arrival, that are not alone in theirs; the others stand at their own. Nothing is held
   * by it: see `keep`.
   */
  plan(on: Asking, rows: readonly UnassignedRow[]): Promise<ReadonlyMap<number, PlannedSecond>>;
  /** Holds the seconds of rows that have their file now, which is committed. */
  keep(planned: Iterable<PlannedSecond>): void;
  /** Another may have placed rows, or taken some out of their files. */
  forget(): void;
}

interface Second {
  readonly counterId: number;
  readonly second: number;
}

type Fact = IdentifiedFact & { readonly id: number };
type Holder = IdentifiedFact & { readonly second: number; readonly counter_id: number };

const FACT = "c.target, c.client_id, c.user_id, c.yclid, c.purchase_id, c.price, c.currency, c.date_time";
const HOLDS = `(c.upload_id is not null or c.revision > 0 and exists (
  select 1 from conversion_revisions r where r.conversion_id = c.id and r.upload_id is not null))`;
/** A moved row stands a little before its own second, which tells its partition. */
const MOVED_TO = `c.sent_time = v.second and c.counter_id = v.counter_id and c.date_time between v.second and v.second + ${FARTHEST_SECONDS}`;
const SECONDS = "unnest($1::bigint[], $2::bigint[]) v(second, counter_id)";

export function createSeconds(ask: Ask): Seconds {
  const held = new HeldSeconds();
  // Most installations never move a row; until one does there is nothing to look for.
  let anyMoved: boolean | null = null;

  /** A row keeps the second that its first file gave it. */
  async function withoutFile(on: Asking, rows: readonly UnassignedRow[]): Promise<readonly UnassignedRow[]> {
    const returning = rows.filter((row) => row.setAside !== null);
    if (returning.length === 0) return rows;
    const found = await ask<{ id: number }>(
      on,
      `select distinct conversion_id as id from conversion_revisions
       where conversion_id = any($1::bigint[]) and upload_id is not null`,
      [list(returning.map(({ id }) => id))],
    );
    const had = new Set(found.map(({ id }) => id));
    return rows.filter(({ id }) => !had.has(id));
  }

  /** The rows that another one may stand in the way of. */
  async function crowded(on: Asking, rows: readonly UnassignedRow[]): Promise<ReadonlySet<number>> {
    const searching = new Set<number>();
    const unknown = new Map<string, UnassignedRow[]>();
    for (const row of rows) {
      const key = secondKey(row.counterId, row.dateTime);
      const known = unknown.get(key);
      if (held.at(key) !== null) searching.add(row.id);
      else if (known) known.push(row);
      else unknown.set(key, [row]);
    }
    const [crowds, moved] = await Promise.all([crowdsAt(on, unknown), movedTo(on, unknown)]);
    for (const [key, own] of unknown) {
      const crowd = crowds.get(key);
      for (const { id } of own) {
        const me = crowd?.neighbours.find((neighbour) => neighbour.id === id);
        const isAlone = me && !crowd?.neighbours.some((other) => other !== me && isNamesake(me, other));
        if (moved.has(key) || (crowd && !isAlone)) searching.add(id);
      }
    }
    return searching;
  }

  /** Who stands at these seconds, where there is more than one; no neighbours are named where there are many. */
  async function crowdsAt(on: Asking, seconds: ReadonlyMap<string, readonly UnassignedRow[]>) {
    const crowds = new Map<string, { readonly neighbours: Neighbour[] }>();
    if (seconds.size === 0) return crowds;
    const found = await ask<Omit<Neighbour, "id"> & { id: number | null; second: number; counter_id: number }>(
      on,
      `select v.second, v.counter_id, n.id, n.target, n.client_id, n.user_id, n.yclid, n.purchase_id from ${SECONDS}
         cross join lateral (select count(*) as size from (
           select 1 from conversions c where c.date_time = v.second and c.counter_id = v.counter_id limit ${SMALL_CROWD + 1}) few) crowd
         left join lateral (select ${FACT}, c.id from conversions c
           where c.date_time = v.second and c.counter_id = v.counter_id and crowd.size <= ${SMALL_CROWD}) n on true
       where crowd.size > 1`,
      ofRows(seconds),
    );
    for (const { id, second, counter_id, ...rest } of found) {
      const key = secondKey(counter_id, second);
      const crowd = crowds.get(key) ?? { neighbours: [] };
      if (id !== null) crowd.neighbours.push({ id, ...rest });
      crowds.set(key, crowd);
    }
    return crowds;
  }

  async function movedTo(on: Asking, seconds: ReadonlyMap<string, readonly UnassignedRow[]>) {
    if (anyMoved === null) {
      const some = await ask(on, "select 1 from conversions where sent_time is not null limit 1");
      anyMoved = some.length > 0;
    }
    if (!anyMoved || seconds.size === 0) return new Set<string>();
    const found = await ask<{ second: number; counter_id: number }>(
      on,
      `select v.second, v.counter_id from ${SECONDS} where exists (select 1 from conversions c where ${MOVED_TO})`,
      ofRows(seconds),
    );
    return new Set(found.map(({ second, counter_id }) => secondKey(counter_id, second)));
  }

  async function identitiesOfRows(on: Asking, rows: readonly UnassignedRow[]) {
    const found = await ask<Fact>(
      on,
      `select c.id, ${FACT}, s.options ->> 'identifiers' as identifiers
       from unnest($1::bigint[], $2::bigint[]) v(id, date_time)
         join conversions c on c.id = v.id and c.date_time = v.date_time join sources s on s.id = c.source_id`,
      [list(rows.map(({ id }) => id)), list(rows.map(({ dateTime }) => dateTime))],
    );
    return new Map(found.map((fact) => [fact.id, identitiesOf(fact)]));
  }

  /** Reads who holds these seconds. */
  async function learn(on: Asking, seconds: ReadonlyMap<string, Second>): Promise<void> {
    const entries = [...seconds.values()];
    const found = await ask<Holder>(
      on,
      `select v.second, v.counter_id, c.*, s.options ->> 'identifiers' as identifiers from ${SECONDS}
         cross join lateral (
           select ${FACT}, c.source_id from conversions c
             where c.date_time = v.second and c.counter_id = v.counter_id and c.sent_time is null and ${HOLDS}
           union all
           select ${FACT}, c.source_id from conversions c where ${MOVED_TO} and ${HOLDS}) c
         join sources s on s.id = c.source_id`,
      [list(entries.map(({ second }) => second)), list(entries.map(({ counterId }) => counterId))],
    );
    const holders = Map.groupBy(found, ({ counter_id, second }) => secondKey(counter_id, second));
    for (const key of seconds.keys()) held.learn(key, (holders.get(key) ?? []).flatMap(identitiesOf));
  }

  return {
    async plan(on, rows) {
      held.trim();
      const candidates = await withoutFile(on, rows);
      const searching = await crowded(on, candidates);
      if (searching.size === 0) return new Map();
      // Also those that are alone in a second which another row's search leads to: they take it in their turn.
      const counters = new Set(candidates.filter(({ id }) => searching.has(id)).map(({ counterId }) => counterId));
      const concerned = candidates.filter(({ counterId }) => counters.has(counterId));
      const identities = await identitiesOfRows(on, concerned);
      for (;;) {
        const { planned, unknown } = tryOut(held, concerned, searching, identities);
        if (unknown.size === 0) return planned;
        await learn(on, unknown);
      }
    },
    keep(planned) {
      for (const { sentTime, key, identities, shared } of planned) {
        held.take(key, identities);
        if (sentTime !== null || shared) anyMoved = true;
      }
    },
    forget() {
      held.forget();
      anyMoved = null;
    },
  };
}

/** The seconds of rows that come one after the other, as far as it is known who holds which; and what is to be read first. */
function tryOut(
  held: HeldSeconds,
  rows: readonly UnassignedRow[],
  searching: ReadonlySet<number>,
  identities: ReadonlyMap<number, readonly number[]>,
) {
  const planned = new Map<number, PlannedSecond>();
  const unknown = new Map<string, Second>();
  const taken = new Map<string, Set<number>>();
  const take = (id: number, second: PlannedSecond) => {
    planned.set(id, second);
    const here = taken.get(second.key) ?? new Set();
    for (const identity of second.identities) here.add(identity);
    taken.set(second.key, here);
  };
  for (const { id, counterId, dateTime } of rows) {
    const own = secondKey(counterId, dateTime);
    const sent = identities.get(id);
    if (sent === undefined || (!searching.has(id) && held.at(own) === null)) continue;
    const chosen = nearestFree(dateTime, (second) => {
      const key = secondKey(counterId, second);
      const before = held.at(key);
      if (before === null) {
        unknown.set(key, { counterId, second });
        // A row whose own second is taken may have far to go: all that it may come to is read at once.
        for (let s = second; second !== dateTime && s >= dateTime - FARTHEST_SECONDS; s--)
          if (held.at(secondKey(counterId, s)) === null) unknown.set(secondKey(counterId, s), { counterId, second: s });
        return true;
      }
      return !sent.some((identity) => before.has(identity) || taken.get(key)?.has(identity));
    });
    const second = chosen ?? dateTime;
    const stays = chosen === dateTime;
    take(id, {
      sentTime: stays ? null : second,
      shared: chosen === null,
      key: secondKey(counterId, second),
      identities: sent,
    });
  }
  return { planned, unknown };
}

function nearestFree(from: number, isFree: (second: number) => boolean): number | null {
  for (let second = from; second >= from - FARTHEST_SECONDS; second--) if (isFree(second)) return second;
  return null;
}

const ofRows = (seconds: ReadonlyMap<string, readonly UnassignedRow[]>) => {
  const firsts = [...seconds.values()].flatMap(([row]) => row ?? []);
  return [list(firsts.map(({ dateTime }) => dateTime)), list(firsts.map(({ counterId }) => counterId))];
};
