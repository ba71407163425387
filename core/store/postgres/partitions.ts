import type { Sql } from "postgres";
import type { Asking } from "./driver.ts";

export const WEEK = 7 * 86_400;
/** Weeks before and after the present one that have a partition; older facts share one. */
const BACK = 15;
const AHEAD = 8;

/** Only one gateway at a time makes weeks. One number beside those of `open.ts`, `driver.ts` and `store.ts`. */
const WEEKS_LOCK = 7_190_003;

/** The Unix second at which the week of a second begins: weeks are counted from 1970, a Thursday. */
const weekOf = (second: number) => Math.floor(second / WEEK) * WEEK;

/** The partition of a week, by the second at which it begins. */
export const tableOf = (week: number) => `gateway.conversions_${week}`;

/** The weeks that have a partition, by the Unix second at which each begins, oldest first. */
export async function weeksOf(sql: Asking): Promise<readonly number[]> {
  const found = await sql.unsafe(`select cast(substring(c.relname from '^conversions_(\\d+)$') as bigint) as week
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'gateway.conversions'::regclass and c.relname ~ '^conversions_\\d+$' order by 1`);
  return found.map(({ week }) => Number(week));
}

/** Moves the bound of the partition that holds all that is older than the weeks. */
export async function moveBeforeTo(sql: Asking, week: number): Promise<void> {
  await sql.unsafe("alter table gateway.conversions detach partition gateway.conversions_before");
  await sql.unsafe(
    `alter table gateway.conversions attach partition gateway.conversions_before for values from (minvalue) to (${week})`,
  );
}

/**
 * Makes the partitions of the weeks that facts will fall into, far enough ahead that a gateway which is stopped for weeks still
 * finds one. What is there already stays as it is. Nobody waits: a table is made by itself and attached, which unlike `partition
 * of` locks neither readers nor writers out.
 * @param now Unix milliseconds
 */
export async function ensureWeeks(sql: Sql, now: number): Promise<void> {
  const present = weekOf(now / 1000);
  const until = present + AHEAD * WEEK;
  const isEnough = (weeks: readonly number[]) => (weeks.at(-1) ?? Number.NEGATIVE_INFINITY) >= until;
  if (isEnough(await weeksOf(sql))) return;
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${WEEKS_LOCK})`;
    const weeks = await weeksOf(tx);
    if (isEnough(weeks)) return;
    const latest = weeks.at(-1);
    const first = latest === undefined ? present - BACK * WEEK : latest + WEEK;
    if (latest === undefined) await moveBeforeTo(tx, first);
    for (let week = first; week <= until; week += WEEK) {
      await tx.unsafe(`create table ${tableOf(week)} (like gateway.conversions including all)`);
      await tx.unsafe(`alter table ${tableOf(week)} enable row level security`);
      await tx.unsafe(
        `alter table gateway.conversions attach partition ${tableOf(week)} for values from (${week}) to (${week + WEEK})`,
      );
    }
  });
}
