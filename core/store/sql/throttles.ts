import type { Throttle, ThrottleStore } from "../store.ts";
import { type Driver, statement, texts, type Work } from "./work.ts";

const blocked = statement<{ until: number | null }, [keys: string, now: number]>(
  `select max(blocked_until) as until from throttles where key in ${texts("?1")} and blocked_until > ?2`,
);
const count = statement<{ failures: number }, [key: string, now: number, windowBefore: number]>(
  `insert into throttles (key, failures, window_started_at) values (?1, 1, ?2)
   on conflict (key) do update set
     failures = case when throttles.window_started_at <= ?3 then 1 else throttles.failures + 1 end,
     window_started_at = case when throttles.window_started_at <= ?3 then ?2 else throttles.window_started_at end,
     blocked_until = null
   where throttles.blocked_until is null or throttles.blocked_until <= ?2
   returning failures`,
);
const block = statement<never, [key: string, until: number]>("update throttles set blocked_until = ?2 where key = ?1");
const giveBack = statement<never, [keys: string]>(
  `update throttles set failures = failures - 1, blocked_until = null where key in ${texts("?1")} and failures > 0`,
);
const clear = statement<never, [keys: string]>(`delete from throttles where key in ${texts("?1")}`);

function* take(throttles: readonly Throttle[], now: number): Work<number | null> {
  const held = yield* blocked.get(JSON.stringify(throttles.map(({ key }) => key)), now);
  if (held !== null && held.until !== null) return held.until;
  // By the key: two who count the same in different order would wait for each other.
  for (const { key, windowMs, blockMs } of throttles.toSorted((a, b) => (a.key < b.key ? -1 : 1))) {
    const counted = yield* count.get(key, now, now - windowMs);
    // Another's try held it up after we looked.
    if (!counted) return now + 1;
    const pause = blockMs(counted.failures);
    if (pause > 0) yield* block.send(key, now + pause);
  }
  return null;
}

/** Tries counted in the database, each by one statement that also sees whether they are held up. */
export function createThrottleStore(driver: Driver): ThrottleStore {
  return {
    take: (throttles, now) => driver.beside(() => take(throttles, now)),
    async giveBack(keys) {
      await driver.ask(giveBack.run(JSON.stringify(keys)));
    },
    async clear(keys) {
      await driver.ask(clear.run(JSON.stringify(keys)));
    },
  };
}
