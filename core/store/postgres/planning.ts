import type { TransactionSql } from "postgres";
import { readSecondsVersion } from "../sql/seconds-version.ts";
import { toUnassigned, UNASSIGNED, type UnassignedColumns } from "../sql/unassigned-rows.ts";
import { createWaitingRows } from "../sql/waiting-rows.ts";
import type { PlacementRules, PlanningStore } from "../store.ts";
import { createAsk } from "./ask.ts";
import type { PostgresDriver } from "./driver.ts";
import { holdLease } from "./leases.ts";
import { createPlacing } from "./place.ts";
import { createSeconds } from "./same-second.ts";

/** After so many rows new ones are looked for from the lowest id on again: ids do not rise with the order of commits. */
const LOOK_BACK_AFTER_ROWS = 50_000;

/**
 * Every statement touches few rows by their keys, but plans are kept, some from when a table was still empty. And nobody is
 * answered by a placing: one that a crash of the server takes back is done again, and whatever depends on it is written to disk
 * after it.
 */
const BY_KEYS_AND_SOON =
  "select set_config('enable_seqscan', 'off', true), set_config('synchronous_commit', 'off', true)";

/** What was read longer ago than this may be old. */
const FRESH_MS = 1000;

interface PageAhead {
  readonly from: number;
  readonly limit: number;
  readonly rows: Promise<readonly UnassignedColumns[]>;
  readonly at: number;
}

/** Rows find their file here. Only the holder of the lease `housekeeping` places them, one page after the other. */
export function preparePlanning(driver: PostgresDriver): PlanningStore {
  const ask = createAsk(driver);
  const seconds = createSeconds(ask);
  const placing = createPlacing(driver, ask, seconds);
  /** What the memory of seconds is true for. */
  let known = "";
  /** New rows up to here were placed in this run, so that reading on does not pass by what they left in the index. */
  let after = 0;
  let sinceLookBack = 0;
  /** The page after the one that is being placed, read meanwhile. */
  let ahead: PageAhead | null = null;
  let pageLimit = 0;
  let turn: Promise<unknown> = Promise.resolve();

  /** One after the other: rows that waited for a goal are placed beside new ones, and seconds are held by what came before. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  }

  const newRows = (from: number, limit: number) =>
    ask<UnassignedColumns>(
      driver.sql,
      `${UNASSIGNED} where c.id > $1 and c.upload_id is null and c.set_aside is null and b.sealed = 1 order by c.id limit ${Math.trunc(limit)}`,
      [from],
    );

  /** New rows after `after`: those that were read ahead, where that was right and just now. */
  async function nextNewRows(limit: number): Promise<readonly UnassignedColumns[]> {
    const read = ahead;
    ahead = null;
    pageLimit = limit;
    const fits = read && read.from === after && read.limit === limit && performance.now() - read.at < FRESH_MS;
    return fits ? read.rows : newRows(after, limit);
  }

  /** A full page has another one behind it. Where its placing fails it is not where the next reading begins. */
  function readAhead(fresh: readonly number[]): void {
    if (fresh.length === 0 || fresh.length !== pageLimit) return;
    const from = Math.max(...fresh);
    const rows = newRows(from, pageLimit);
    rows.catch(() => {});
    ahead = { from, limit: pageLimit, rows, at: performance.now() };
  }

  /** Whether the holder may place. The memory of seconds is let go of when it may no longer be true. */
  async function enter(on: TransactionSql, { holder }: PlacementRules): Promise<boolean> {
    const [term, version] = await Promise.all([
      holdLease(ask, on, "housekeeping", holder),
      driver.within(on, readSecondsVersion()),
    ]);
    if (term === null) return false;
    const current = `${holder}/${term}/${version}`;
    if (current !== known) seconds.forget();
    known = current;
    return true;
  }

  return {
    ...createWaitingRows(driver),
    async readNew(limit) {
      if (sinceLookBack >= LOOK_BACK_AFTER_ROWS) after = 0;
      if (after === 0) sinceLookBack = 0;
      const rows = await nextNewRows(limit);
      if (rows.length === limit || after === 0) return rows.map(toUnassigned);
      after = 0;
      return (await newRows(0, limit)).map(toUnassigned);
    },
    async readReturning(limit) {
      const rows = await ask<UnassignedColumns>(
        driver.sql,
        // Not by the index of ids, which the planner likes when it believes that many rows return: it would read them all.
        `${UNASSIGNED} where b.sealed = 1 and c.set_aside in ('requeued', 'waiting_upload')
           and not exists (select 1 from conversion_revisions r join uploads u on u.id = r.upload_id
             where r.conversion_id = c.id and u.state not in ('completed', 'failed'))
         order by c.id + 0 limit $1`,
        [limit],
      );
      return rows.map(toUnassigned);
    },
    place: (placements, rules) =>
      inTurn(async () => {
        const fresh = placements.flatMap(({ row }) => (row.setAside === null ? row.id : []));
        readAhead(fresh);
        const page = await driver.transact(async (on) => {
          ask(on, BY_KEYS_AND_SOON).catch(() => {});
          return (await enter(on, rules)) ? placing(on, placements, rules) : null;
        });
        if (page === null) return null;
        seconds.keep(page.seconds);
        after = Math.max(after, ...fresh);
        sinceLookBack += fresh.length;
        return { rows: page.rows, sharedSeconds: page.sharedSeconds };
      }),
    // While Metrika does not take a counter's files or refuses its token, the next file goes on filling: after an outage of days
    // there is one file to send, not one for each few minutes of it. Files that fill are due when they are ripe or full.
    sealRipe: (now, { maxRows, maxBytes }) =>
      inTurn(async () => {
        const sealed = await driver.transact((on) =>
          ask(
            on,
            `update uploads u set state = 'planned', sealed_at = $1, next_attempt_at = $1, updated_at = $1, version = version + 1
             where state = 'filling' and next_attempt_at <= $1 and rows > 0 and not_before * 1000 < $1
               and (rows >= $2 or bytes >= $3 or (ripe_at <= $1
                 and not exists (select 1 from credentials c where c.id = u.credential_id and c.paused_until > $1)
                 and not exists (select 1 from uploads p where p.state = 'planned' and p.attempts > 0
                   and p.counter_id = u.counter_id and p.credential_id = u.credential_id))) returning 1`,
            [now, maxRows, maxBytes],
          ),
        );
        return sealed.length;
      }),
  };
}
