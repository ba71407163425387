import { createHousekeeping, forgetFacts, type SettledFact } from "../sql/maintenance.ts";
import { ids, statement, type Work } from "../sql/work.ts";
import type { MaintenanceStore } from "../store.ts";
import type { PostgresDriver } from "./driver.ts";
import { ensureWeeks } from "./partitions.ts";
import { IS_SETTLED, letPastWeeksGo } from "./past-weeks.ts";

const FACT = `select c.id, c.date_time, case u.state when 'completed' then u.id end as upload_id
  from conversions c join batches b on b.id = c.batch_id left join uploads u on u.id = c.upload_id`;

// By the time of the fact, since ids do not rise with time: nothing arrived before it happened.
const settledAfter = statement<
  SettledFact,
  [before: number, beforeSecond: number, afterTime: number, afterId: number, limit: number]
>(
  `${FACT} where c.date_time between ?3 and ?2 and (c.date_time, c.id) > (?3, ?4) and b.created_at < ?1 and ${IS_SETTLED}
   order by c.date_time, c.id limit ?5`,
);
// A correction may have come in between: whoever writes one locks the fact as well.
const lockSettled = statement<SettledFact, [before: number, ids: string, from: number, to: number]>(
  `${FACT} where c.id in ${ids("?2")} and c.date_time between ?3 and ?4 and b.created_at < ?1 and ${IS_SETTLED}
   order by c.date_time, c.id for update of c`,
);

function* forget(found: readonly SettledFact[], before: number): Work<number> {
  const list = JSON.stringify(found.map(({ id }) => id));
  const times = found.map(({ date_time }) => date_time);
  const facts = yield* lockSettled.all(before, list, Math.min(...times), Math.max(...times));
  yield* forgetFacts(facts);
  return facts.length;
}

const BEGINNING = { date_time: -Number.MAX_SAFE_INTEGER, id: 0 };

/** House-keeping, by one gateway at a time. */
export function createMaintenance(driver: PostgresDriver): MaintenanceStore {
  // How far the portions of a night have got: what stays would be looked at again by each of them.
  let reached: Pick<SettledFact, "date_time" | "id"> = BEGINNING;
  return {
    ...createHousekeeping(driver),
    async purgeSettled(before, limit) {
      for (let gone = 0; ; ) {
        const wanted = limit - gone;
        const second = Math.floor(before / 1000);
        const found = await driver.ask(settledAfter.all(before, second, reached.date_time, reached.id, wanted));
        const last = found.at(-1);
        reached = last && found.length === wanted ? last : BEGINNING;
        if (last) gone += await driver.beside(() => forget(found, before));
        if (gone === limit || found.length < wanted) return gone;
      }
    },
    async turnWeeks(now, settledBefore) {
      await ensureWeeks(driver.sql, now);
      return letPastWeeksGo(driver, now, settledBefore);
    },
  };
}
