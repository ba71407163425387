import { expect, test } from "bun:test";
import type { Sql } from "postgres";
import { startPulse } from "./pulse.ts";

/** A database whose clock is a day ahead, and which keeps its answers for as long as `delays` say, one after the other. */
function slowDatabase(delays: readonly number[]) {
  let asked = 0;
  const sql = async () => {
    const now = Date.now() + 86_400_000;
    await Bun.sleep(delays[asked++] ?? 0);
    return [{ now }];
  };
  return {
    sql: sql as unknown as Sql,
    get asked() {
      return asked;
    },
  };
}

test("an answer that was long on its way does not set the clock wrong", async () => {
  const database = slowDatabase([0, 1000]);
  const pulse = await startPulse(database.sql, () => {});
  while (database.asked < 2) await Bun.sleep(20);
  // It has come, and the next question is not asked yet.
  await Bun.sleep(1300);
  const off = pulse.now() - (Date.now() + 86_400_000);
  pulse.stop();
  expect(Math.abs(off)).toBeLessThan(200);
  expect(pulse.isUp).toBe(true);
});
