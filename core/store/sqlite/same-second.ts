import type { Database } from "bun:sqlite";
import { FARTHEST_SECONDS, type IdentifiedFact, identitiesOf, isNamesake, type Neighbour } from "../sql/same-second.ts";
import type { UnassignedRow } from "../store.ts";

/** Rows of one second at one counter that are compared where they stand; more are read once and kept in memory. */
const SMALL_CROWD = 32;
/** Identities kept in memory before the older half is let go: about 30 MB. */
const MOST_IDENTITIES = 500_000;

/** The second at which a row will stand in its file. */
export interface Second {
  /** For the column `sent_time`: null for the row's own second, or when it was fixed by an earlier file. */
  readonly sentTime: number | null;
  /** No second was free: the row stays at its own, and Metrika keeps the last of those that share it. */
  readonly shared: boolean;
  /** Holds the second, once the row has its file. */
  take(): void;
}

export interface Seconds {
  /** To be called at the start of each transaction that asks for seconds; `version`: see `sql/seconds-version.ts`. */
  beginRound(version: number): void;
  of(row: UnassignedRow): Second;
  /** After a rollback: what was taken is not taken. */
  forget(): void;
}

const OWN: Second = { sentTime: null, shared: false, take() {} };

/**
 * Gives different facts that Metrika would take for one, a second each.
 *
 * Metrika keeps one row for a counter, an identifier, a target and a second. By which identifier of several it goes is not
 * documented, so two facts clash if any identifier that both send is the same: with `identifiers: best` a fact sends the
 * strongest alone. That two identifiers belong to one person, only Metrika knows. Workspaces do not matter: to Metrika the
 * counter is one.
 *
 * A fact holds its second from its first file on, also after the file has failed, and its corrections inherit it; so the one
 * that comes to a file later gives way, and files are given in order of arrival.
 */
export function prepareSeconds(sqlite: Database): Seconds {
  // The look-up of an ordinary row, which is alone in its second at its counter or nearly so, answered by the natural key
  // alone. Plain parameters and comparisons in JavaScript: SQLite plans a join anew each time it is given another parameter
  // (measured: 18 µs against 1).
  const crowd = sqlite.prepare<Neighbour, [number, number]>(
    `select id, target, client_id, user_id, yclid, purchase_id from conversions where date_time = ? and counter_id = ? limit ${SMALL_CROWD + 1}`,
  );
  const movedTo = sqlite.prepare<{ found: number }, [number, number]>(
    "select 1 as found from conversions where sent_time = ? and counter_id = ? limit 1",
  );
  // Most installations never move a row; until one does there is nothing to look for.
  let anyMoved = sqlite.query("select 1 as found from conversions where sent_time is not null limit 1").get() !== null;
  const hadFile = sqlite.prepare<{ found: number }, [number]>(
    "select 1 as found from conversion_revisions where conversion_id = ? and upload_id is not null limit 1",
  );
  const FACT = `select c.target, c.date_time, c.client_id, c.user_id, c.yclid, c.purchase_id, c.price, c.currency,
    s.options ->> 'identifiers' as identifiers from conversions c join sources s on s.id = c.source_id`;
  const factOf = sqlite.prepare<IdentifiedFact, [number]>(`${FACT} where c.id = ?`);
  const holds = `c.counter_id = ?2 and (c.upload_id is not null or c.revision > 0 and exists (
    select 1 from conversion_revisions r where r.conversion_id = c.id and r.upload_id is not null))`;
  const holders = sqlite.prepare<IdentifiedFact, [number, number]>(
    `${FACT} where c.date_time = ?1 and c.sent_time is null and ${holds}
     union all ${FACT} where c.sent_time = ?1 and ${holds}`,
  );

  // What stands at a second is read once and then kept up to date here, since this process is the only one that places rows:
  // a file of old sales may tell a hundred thousand of them at midnight.
  let recent = new Map<string, Set<number>>();
  let older = new Map<string, Set<number>>();
  let size = 0;
  let knownVersion = 0;

  function forget() {
    [older, recent, size] = [new Map(), new Map(), 0];
  }

  function identitiesAt(counterId: number, second: number): Set<number> {
    const key = `${counterId}/${second}`;
    const known = recent.get(key);
    if (known) return known;
    let identities = older.get(key);
    if (!identities) {
      identities = new Set<number>();
      for (const fact of holders.iterate(second, counterId))
        for (const identity of identitiesOf(fact)) identities.add(identity);
    }
    recent.set(key, identities);
    size += identities.size;
    return identities;
  }

  function isOrdinary({ id, counterId, dateTime }: UnassignedRow): boolean {
    const key = `${counterId}/${dateTime}`;
    if (recent.has(key) || older.has(key)) return false;
    const neighbours = crowd.all(dateTime, counterId);
    if (neighbours.length > SMALL_CROWD || (anyMoved && movedTo.get(dateTime, counterId) !== null)) return false;
    if (neighbours.length <= 1) return true;
    const me = neighbours.find((neighbour) => neighbour.id === id);
    return me !== undefined && !neighbours.some((other) => other !== me && isNamesake(me, other));
  }

  return {
    beginRound(version) {
      if (version !== knownVersion) forget();
      knownVersion = version;
      if (size < MOST_IDENTITIES) return;
      [older, recent, size] = [recent, new Map(), 0];
    },
    of(row) {
      if (row.setAside !== null && hadFile.get(row.id)) return OWN;
      if (isOrdinary(row)) return OWN;
      const fact = factOf.get(row.id);
      if (!fact) return OWN;
      const { counterId, dateTime } = row;
      const sent = identitiesOf(fact);
      const isFree = (second: number) => {
        const held = identitiesAt(counterId, second);
        return !sent.some((identity) => held.has(identity));
      };
      const take = (second: number) => () => {
        const held = identitiesAt(counterId, second);
        const before = held.size;
        for (const identity of sent) held.add(identity);
        size += held.size - before;
      };
      for (let second = dateTime; second >= dateTime - FARTHEST_SECONDS; second--) {
        if (!isFree(second)) continue;
        if (second !== dateTime) anyMoved = true;
        return { sentTime: second === dateTime ? null : second, shared: false, take: take(second) };
      }
      anyMoved = true;
      return { sentTime: dateTime, shared: true, take: take(dateTime) };
    },
    forget,
  };
}
