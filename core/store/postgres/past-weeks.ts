import postgres, { type TransactionSql } from "postgres";
import type { PostgresDriver } from "./driver.ts";
import { moveBeforeTo, tableOf, WEEK, weeksOf } from "./partitions.ts";

/** How long everybody may have to wait for whoever still reads a week that is to go. */
const PATIENCE = "1s";
/** lock_not_available, https://www.postgresql.org/docs/15/errcodes-appendix.html */
const LOCK_NOT_AVAILABLE = "55P03";
/** Files that were settled so long before the look at a week have taken no fact since, whatever the clocks of gateways say. */
const CLOCKS_DIFFER_MS = 60_000;
const KEYS_AT_ONCE = 5000;

/** A conversion `c` of which nothing more is to come; its upload is `u`. */
export const IS_SETTLED = "(u.state in ('completed', 'failed') or c.set_aside in ('goal_not_found', 'cancelled'))";

/** Joins to conversions `c` the batch that told each, and its upload if it stands in one. */
const TOLD_AND_SENT = "join gateway.batches b on b.id = c.batch_id left join gateway.uploads u on u.id = c.upload_id";

/**
 * Empties past weeks in which no fact is unsettled or young, without deleting row by row, and drops the oldest ones that are
 * empty, so that facts of before them share the partition of all older ones. A week that somebody reads for long, such as a
 * backup, is left for another night.
 * @param now Unix ms
 * @param before facts that arrived since then are young (Unix ms)
 * @returns how many facts went
 */
export async function letPastWeeksGo(driver: PostgresDriver, now: number, before: number): Promise<number> {
  const past = (await weeksOf(driver.sql)).filter((week) => (week + WEEK) * 1000 <= before);
  let gone = 0;
  for (const week of past) {
    const facts = await emptyWeek(driver, week, now, before);
    if (facts === null) return gone;
    gone += facts;
  }
  await dropEmptyWeeks(driver, past);
  return gone;
}

/** How many facts went; null when somebody reads them for too long. */
async function emptyWeek(driver: PostgresDriver, week: number, now: number, before: number): Promise<number | null> {
  const table = tableOf(week);
  // All of it is read here, where nobody waits; only what can have changed since is looked at again with everybody kept out.
  const [found] = await driver.sql.unsafe(
    `select count(*) as facts, count(*) filter (where (b.created_at < $1 and ${IS_SETTLED}) is not true) as staying
     from ${table} c ${TOLD_AND_SENT}`,
    [before],
  );
  const facts = Number(found?.facts);
  if (facts === 0 || Number(found?.staying) > 0) return 0;
  await keepKeysOfSent(driver, table);
  const isGone = await whileAlone(driver, async (tx) => {
    if (await hasChanged(tx, table, now - CLOCKS_DIFFER_MS, before)) return false;
    await tx.unsafe(
      `delete from gateway.conversion_revisions r using ${table} c where c.revision > 0 and r.conversion_id = c.id`,
    );
    // What Metrika never took may be told anew.
    await tx.unsafe(
      `delete from gateway.source_keys k using ${table} c where c.set_aside is not null and k.conversion_id = c.id`,
    );
    await tx.unsafe(
      `delete from gateway.source_keys k using ${table} c where k.conversion_id = c.id
         and c.upload_id in (${filesIn(table)} join gateway.uploads u on u.id = f.id where u.state = 'failed')`,
    );
    await tx.unsafe(`truncate ${table}`);
    return true;
  });
  return isGone === null ? null : isGone ? facts : 0;
}

/** What Metrika counted is still known by its key. Written while the facts are there, where it says nothing new. */
async function keepKeysOfSent(driver: PostgresDriver, table: string): Promise<void> {
  for (let after: number | null = 0; after !== null; ) {
    const [last]: postgres.Row[] = await driver.sql.unsafe(
      `with portion as (select id, upload_id from ${table} where id > $1 order by id limit ${KEYS_AT_ONCE}),
         kept as (update gateway.source_keys k set upload_id = s.upload_id from portion s join gateway.uploads u on u.id = s.upload_id and u.state = 'completed'
           where k.conversion_id = s.id and k.upload_id is distinct from s.upload_id)
       select max(id) as id from portion`,
      [after],
    );
    after = last?.id ?? null;
  }
}

/** The files `f` that rows of a table stand in, found by one look into its index for each. */
const filesIn = (table: string) => `with recursive files as (
    (select min(upload_id) as id from ${table} where upload_id is not null)
    union all
    select (select min(upload_id) from ${table} where upload_id > files.id) from files where files.id is not null)
  select f.id from files f`;

/** Whether a fact came, was corrected or brought back since the week was looked at. */
async function hasChanged(tx: TransactionSql, table: string, settledBefore: number, before: number): Promise<boolean> {
  const [found] = await tx.unsafe(
    `select exists (select 1 from ${table} where upload_id is null and set_aside is null)
       or exists (select 1 from ${table} c ${TOLD_AND_SENT} where c.set_aside is not null and (b.created_at < $1 and ${IS_SETTLED}) is not true)
       or exists (${filesIn(table)} left join gateway.uploads u on u.id = f.id
         where f.id is not null and (u.state in ('completed', 'failed') and coalesce(u.settled_at, u.updated_at) < $2) is not true) as changed`,
    [before, settledBefore],
  );
  return found?.changed === true;
}

/** Drops the oldest weeks as far as they are empty; what is told of them later goes to the partition of all older facts. */
async function dropEmptyWeeks(driver: PostgresDriver, past: readonly number[]): Promise<void> {
  if ((await emptyOnes(driver.sql, past)).length === 0) return;
  await whileAlone(driver, async (tx) => {
    await tx.unsafe("lock table gateway.conversions in access exclusive mode");
    const dropped = await emptyOnes(tx, past);
    for (const week of dropped) await tx.unsafe(`drop table ${tableOf(week)}`);
    const [oldest] = await weeksOf(tx);
    if (dropped.length > 0 && oldest !== undefined) await moveBeforeTo(tx, oldest);
  });
}

/** The oldest weeks, up to the first in which there is a fact. */
async function emptyOnes(
  sql: PostgresDriver["sql"] | TransactionSql,
  weeks: readonly number[],
): Promise<readonly number[]> {
  const empty: number[] = [];
  for (const week of weeks) {
    const found = await sql.unsafe(`select 1 from ${tableOf(week)} limit 1`);
    if (found.length > 0) break;
    empty.push(week);
  }
  return empty;
}

/** A transaction with everybody kept out; null when somebody holds a table of it for too long. */
async function whileAlone<T>(driver: PostgresDriver, work: (tx: TransactionSql) => Promise<T>): Promise<T | null> {
  try {
    return await driver.transactAlone(async (tx) => {
      await tx.unsafe(`set local lock_timeout = '${PATIENCE}'`);
      return await work(tx);
    });
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.code === LOCK_NOT_AVAILABLE) return null;
    throw error;
  }
}
