import { expect, test } from "bun:test";
import { createLeakyBucket } from "./leaky-bucket.ts";

/** A bucket whose waits are written down, and pass at once. */
function testBucket() {
  const clock = { now: 0 };
  const waits: number[] = [];
  const bucket = createLeakyBucket({
    now: () => clock.now,
    async wait(ms) {
      waits.push(ms);
      clock.now += ms;
    },
  });
  return { bucket, waits, clock };
}

const size = { capacity: 3, perSecond: 2 };
const { signal } = new AbortController();

test("as many as fit go at once, the others as the bucket leaks", async () => {
  const { bucket, waits } = testBucket();
  for (let asked = 0; asked < 6; asked++) await bucket.turn("acme.bitrix24.ru", size, signal);
  expect(waits).toEqual([500, 500, 500]);
});

test("portals do not wait for one another, and a bucket that was left alone is empty again", async () => {
  const { bucket, waits, clock } = testBucket();
  for (let asked = 0; asked < 3; asked++) await bucket.turn("acme.bitrix24.ru", size, signal);
  await bucket.turn("other.bitrix24.ru", size, signal);
  clock.now += 1500;
  for (let asked = 0; asked < 3; asked++) await bucket.turn("acme.bitrix24.ru", size, signal);
  expect(waits).toEqual([]);
});

test("a portal that says it is full gets the next request when a place is free", async () => {
  const { bucket, waits } = testBucket();
  bucket.overflow("acme.bitrix24.ru", size);
  await bucket.turn("acme.bitrix24.ru", size, signal);
  expect(waits).toEqual([500]);
});

test("who is no longer wanted does not wait", async () => {
  const { bucket } = testBucket();
  const aborted = AbortSignal.abort(new Error("over"));
  await expect(bucket.turn("acme.bitrix24.ru", size, aborted)).rejects.toThrow("over");
});

test("of a thousand portals those that nobody asks any more are forgotten", async () => {
  const { bucket, waits, clock } = testBucket();
  for (let portal = 0; portal < 1000; portal++) await bucket.turn(`p${portal}.bitrix24.ru`, size, signal);
  clock.now += 10_000;
  await bucket.turn("p1.bitrix24.ru", size, signal);
  expect(waits).toEqual([]);
});
