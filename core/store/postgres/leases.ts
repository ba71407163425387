import type { LeaseName, LeaseStore } from "../store.ts";
import { type Ask, createAsk } from "./ask.ts";
import type { Asking, PostgresDriver } from "./driver.ts";

const CLOCK = "(extract(epoch from clock_timestamp()) * 1000)::bigint";

/** Leases in the table of them. */
export function pgLeases(driver: PostgresDriver): LeaseStore {
  const ask = createAsk(driver);
  return {
    async take(name, holder, ttlMs) {
      const taken = await ask(
        driver.sql,
        // Whoever does not get it changes nothing and waits for nobody's lock: an upsert would lock the row to find that out.
        `with renewed as (
           update leases set holder = $2, expires_at = ${CLOCK} + $3::bigint,
             term = case when holder = $2 and expires_at > ${CLOCK} then term else term + 1 end
           where name = $1 and (holder = $2 or expires_at <= ${CLOCK}) returning 1),
         first as (
           insert into leases (name, holder, term, expires_at)
           select $1, $2, 1, ${CLOCK} + $3::bigint where not exists (select 1 from leases where name = $1)
           on conflict do nothing returning 1)
         select 1 from renewed union all select 1 from first`,
        [name, holder, ttlMs],
      );
      return taken.length > 0;
    },
    async release(name, holder) {
      await ask(driver.sql, "update leases set expires_at = 0 where name = $1 and holder = $2", [name, holder]);
    },
  };
}

/**
 * Whether a lease is the holder's, in the transaction that asks and until it ends; nobody else can take it before. Null when
 * it is not, else its term.
 */
export async function holdLease(ask: Ask, on: Asking, name: LeaseName, holder: string) {
  const [lease] = await ask<{ term: number }>(
    on,
    `select term from leases where name = $1 and holder = $2 and expires_at > ${CLOCK} for share`,
    [name, holder],
  );
  return lease?.term ?? null;
}
