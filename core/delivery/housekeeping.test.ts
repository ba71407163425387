import { expect, test } from "bun:test";
import type { LeaseStore } from "../store/store.ts";
import { createHousekeeping } from "./housekeeping.ts";

/** Leases that answer what they are told to, and count. */
function scriptedLeases(answers: readonly boolean[]) {
  const asked: string[] = [];
  const released: string[] = [];
  const leases: LeaseStore = {
    take: async (_, holder) => {
      asked.push(holder);
      return answers[asked.length - 1] ?? false;
    },
    release: async (_, holder) => void released.push(holder),
  };
  return { leases, asked, released };
}

test("whoever asks again soon is told what was answered last", async () => {
  const { leases, asked } = scriptedLeases([true, false]);
  const housekeeping = createHousekeeping(leases, "a");
  expect(housekeeping.wasMine()).toBe(false);
  expect(await Promise.all([housekeeping.isMine(), housekeeping.isMine()])).toEqual([true, true]);
  expect(await housekeeping.isMine()).toBe(true);
  expect(housekeeping.wasMine()).toBe(true);
  expect(asked).toEqual(["a"]);
});

test("only who has the lease gives it back, and does not think it his after that", async () => {
  const mine = scriptedLeases([true]);
  const housekeeping = createHousekeeping(mine.leases, "a");
  await housekeeping.isMine();
  await housekeeping.release();
  expect(mine.released).toEqual(["a"]);
  expect(await housekeeping.isMine()).toBe(false);
  expect(housekeeping.wasMine()).toBe(false);
  const others = scriptedLeases([false]);
  const idle = createHousekeeping(others.leases, "b");
  await idle.isMine();
  await idle.release();
  expect(others.released).toEqual([]);
});

test("a question that failed is asked again at once", async () => {
  let asked = 0;
  const take = async () => {
    if (asked++ === 0) throw new Error("The database does not answer.");
    return true;
  };
  const housekeeping = createHousekeeping({ take, release: async () => {} }, "a");
  await expect(housekeeping.isMine()).rejects.toThrow("does not answer");
  expect(await housekeeping.isMine()).toBe(true);
});
