import type { Sql } from "postgres";

const WEEK = 7 * 86_400;
/** Weeks before and after the present one that have a partition; older facts share one. */
const BACK = 15;
const AHEAD = 8;

/** The Unix second at which the week of a second begins: weeks are counted from 1970, a Thursday. */
const weekOf = (second: number) => Math.floor(second / WEEK) * WEEK;

/**
 * Makes the partitions of the weeks that facts will fall into, far enough ahead that a gateway which is stopped for weeks still
 * finds one. What is there already stays as it is.
 * @param now Unix milliseconds
 */
export async function ensureWeeks(sql: Sql, now: number): Promise<void> {
  await sql.begin(async (tx) => {
    const [last] = await tx`select max((regexp_match(c.relname, '^conversions_(\\d+)$'))[1]::bigint) as week
      from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'gateway.conversions'::regclass`;
    const present = weekOf(now / 1000);
    const until = present + AHEAD * WEEK;
    const known = last?.week == null ? null : Number(last.week);
    if (known !== null && known >= until) return;
    await tx`lock table gateway.conversions in access exclusive mode`;
    if (known === null) {
      const first = present - BACK * WEEK;
      await tx.unsafe(`alter table gateway.conversions detach partition gateway.conversions_before;
        alter table gateway.conversions attach partition gateway.conversions_before for values from (minvalue) to (${first})`);
    }
    for (let week = known === null ? present - BACK * WEEK : known + WEEK; week <= until; week += WEEK) {
      await tx.unsafe(`create table if not exists gateway.conversions_${week} partition of gateway.conversions for values from (${week}) to (${week + WEEK});
        alter table gateway.conversions_${week} enable row level security`);
    }
  });
}
