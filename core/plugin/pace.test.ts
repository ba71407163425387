import { expect, test } from "bun:test";
import { createPace } from "./pace.ts";

const going = new AbortController().signal;

/** A clock that stands until told otherwise, and writes down how long it was asked to wait. */
function standingClock() {
  const waits: number[] = [];
  const clock = {
    time: 0,
    waits,
    now: () => clock.time,
    wait: async (ms: number) => {
      waits.push(ms);
    },
  };
  return clock;
}

test("no second has more turns than allowed, and each key has its own", async () => {
  const clock = standingClock();
  const pace = createPace(clock);
  for (let asked = 0; asked < 5; asked++) await pace.turn("a", 2, going);
  expect(clock.waits).toEqual([1000, 1000, 2000]);
  await pace.turn("b", 2, going);
  expect(clock.waits).toHaveLength(3);
});

test("turns come back a second after they were taken", async () => {
  const clock = standingClock();
  const pace = createPace(clock);
  await pace.turn("a", 2, going);
  clock.time = 600;
  await pace.turn("a", 2, going);
  clock.time = 900;
  await pace.turn("a", 2, going);
  expect(clock.waits).toEqual([100]);
  clock.time = 2000;
  await pace.turn("a", 2, going);
  expect(clock.waits).toEqual([100]);
});

test("whoever has given up waits no longer", async () => {
  const pace = createPace();
  const stopped = AbortSignal.abort(new Error("stopped"));
  await expect(pace.turn("a", 1, stopped)).rejects.toThrow("stopped");
  await pace.turn("a", 1, going);
  const giving = new AbortController();
  const waiting = pace.turn("a", 1, giving.signal);
  giving.abort();
  await expect(waiting).rejects.toThrow();
});
