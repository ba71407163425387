import { expect, test } from "bun:test";
import type { DeliveryDeps } from "./deps.ts";
import { keepLease, LeaseLostError } from "./lease.ts";
import { defaultRules } from "./rules.ts";
import { NOW } from "./upload-examples.ts";

/** A lease of a minute with a clock that the test moves, and a store that notes what it is asked. */
function holding(stillOurs = true) {
  const clock = { now: NOW };
  const renewals: (readonly [number, string, number])[] = [];
  const renewLease = async (id: number, claim: string, until: number) => {
    renewals.push([id, claim, until]);
    return stillOurs;
  };
  const deps = { now: () => clock.now, rules: defaultRules, store: { uploads: { renewLease } } };
  return { clock, renewals, lease: keepLease(deps as unknown as DeliveryDeps, 5, "mine") };
}

test("a fresh lease is not written again at every piece of work", async () => {
  const { lease, clock, renewals } = holding();
  for (let i = 0; i < 20; i++) {
    clock.now += 1000;
    await lease.renew();
  }
  expect(renewals).toEqual([]);
});

test("a lease a third of which has passed is renewed for its whole length", async () => {
  const { lease, clock, renewals } = holding();
  clock.now += 30_000;
  await lease.renew();
  await lease.renew();
  expect(renewals).toEqual([[5, "mine", NOW + 90_000]]);
});

test("work that goes on for longer than a lease keeps it", async () => {
  const { lease, clock, renewals } = holding();
  for (let i = 0; i < 10; i++) {
    clock.now += 59_000;
    await lease.renew();
  }
  expect(renewals).toHaveLength(10);
});

test("a worker that slept past its lease stops, without asking", async () => {
  const { lease, clock, renewals } = holding();
  clock.now += 60_000;
  await expect(lease.renew()).rejects.toThrow(LeaseLostError);
  expect(renewals).toEqual([]);
});

test("a worker whose upload another one holds stops", async () => {
  const { lease, clock } = holding(false);
  clock.now += 45_000;
  await expect(lease.renew()).rejects.toThrow(LeaseLostError);
});
