import { expect, test } from "bun:test";
import type { Conversion } from "../../../core/conversion/conversion.ts";
import type { UnassignedRow } from "../../../core/store/store.ts";
import { plan, step } from "./uploads.ts";
import { type CurrentWorld, DAY, LEASE_MS, SOLD_AT, sale, type World } from "./world.ts";

/** One more planned upload of a counter, whose rows have one target; the world's own credential unless told otherwise. */
async function planOne(world: World, counterId: number, row: Partial<Conversion>): Promise<void> {
  const source = await world.addSource({ counterId, credentialId: world.source.credentialId });
  await world.receive([sale(Number(world.uuid().slice(-12)), row)], { source });
  const rows = await world.store.planning.readNew(10);
  const kindOf = ({ target, identifier }: UnassignedRow) => ({ target, identifier });
  await world.placeAll(rows.map((r) => ({ ...world.intoFile(r, kindOf(r), source), lingerMs: 0 })));
  await world.seal();
}

/** Whose turn it is: the places of a login, its counters' turns, polls, rests. */
export function claimsContract(current: CurrentWorld): void {
  test("credentials of one login share its places", async () => {
    const world = current();
    await plan(world, [1, 2, 3], true);
    for (const { credentialId } of await world.uploads())
      await world.store.credentials.recordLogin(credentialId, "owner", world.now);
    expect(await world.claim(["planned"], "w1", { perLogin: 2 })).toHaveLength(2);
    expect(await world.claim(["planned"], "w2", { perLogin: 2 })).toEqual([]);
  });

  test("a lone counter may hold all of its login's places", async () => {
    const world = current();
    for (let i = 0; i < 3; i++) await planOne(world, 1, { target: `goal ${i}` });
    expect(await world.claim(["planned"], "w1", { perLogin: 2 })).toHaveLength(2);
  });

  test("a counter that is slow leaves a place to the others, also to one whose file still fills", async () => {
    const world = current();
    for (let i = 0; i < 3; i++) await planOne(world, 1, { target: `goal ${i}` });
    const source = await world.addSource({ counterId: 2, credentialId: world.source.credentialId });
    await world.receive([sale(9)], { source });
    await world.place();
    expect(await world.claim(["planned"], "slow", { perLogin: 2, leaseMs: DAY })).toMatchObject([{ counterId: 1 }]);
    expect(await world.claim(["planned"], "w2", { perLogin: 2 })).toEqual([]);
    await world.seal();
    expect(await world.claim(["planned"], "w3", { perLogin: 2 })).toMatchObject([{ counterId: 2 }]);
  });

  test("the counters of a login take turns, however long the queue of one of them is", async () => {
    const world = current();
    for (let i = 0; i < 6; i++) await planOne(world, 1, { target: `goal ${i}` });
    world.now += 1000;
    for (const counterId of [2, 3])
      for (let i = 0; i < 2; i++) await planOne(world, counterId, { target: `goal ${i}` });
    const served: number[] = [];
    for (let turn = 0; turn < 9; turn++) {
      const [upload] = await world.claim(["planned"], `w${turn}`, { perLogin: 1, leaseMs: 1 });
      served.push(upload!.counterId);
      await world.store.uploads.move(step(world, upload!.id, { claim: `w${turn}`, keepClaim: true }));
      await world.store.uploads.move(step(world, upload!.id, { claim: `w${turn}`, from: "sending", to: "failed" }));
    }
    expect(served).toEqual([1, 2, 3, 1, 2, 3, 1, 1, 1]);
  });

  test("within a counter the nearest deadline comes first, and rows that can no longer be joined come last", async () => {
    const world = current();
    const old = { dateTime: SOLD_AT - 30 * 86_400 };
    await planOne(world, 1, { ...old, target: "old" });
    world.now += 1000;
    await planOne(world, 1, { target: "young" });
    world.now += 1000;
    await planOne(world, 1, { dateTime: SOLD_AT - 20 * 86_400, target: "urgent" });
    const targets: (string | null)[] = [];
    for (const claim of ["w1", "w2", "w3"]) {
      const [upload] = await world.claim(["planned"], claim, { limit: 1 });
      targets.push(upload!.target);
    }
    expect(targets).toEqual(["urgent", "young", "old"]);
  });

  test("a poll takes along what else Metrika works on for the counter, and nothing of another", async () => {
    const world = current();
    await plan(world, [1, 2]);
    for (let i = 0; i < 2; i++) await planOne(world, 1, { target: `goal ${i}` });
    const [first, other, second, third] = await world.uploads();
    const later = { nextAttemptAt: world.now + 900_000 };
    for (const upload of [other!, second!]) await world.advance(upload, "processing", later);
    await world.advance(third!, "uncertain", later);
    const request = { now: world.now, leaseMs: LEASE_MS, limit: 1 };
    expect(await world.store.uploads.claimToPoll({ ...request, claim: "early" })).toEqual([]);
    await world.advance(first!, "sent", { nextAttemptAt: world.now });
    const claimed = await world.store.uploads.claimToPoll({ ...request, claim: "w1" });
    expect(claimed.map(({ id }) => id)).toEqual([first!.id, second!.id]);
    expect(await world.store.uploads.claimToPoll({ ...request, claim: "w2" })).toEqual([]);
    const due = { ...request, now: world.now + 900_000, limit: 9 };
    expect(await world.store.uploads.claimToPoll({ ...due, claim: "w3" })).toHaveLength(4);
  });

  test("a spent quota of writes does not hold polls back, a used-up day does", async () => {
    const world = current();
    await plan(world, [1]);
    const [upload] = await world.uploads();
    await world.advance(upload!, "sent", { nextAttemptAt: world.now });
    const { tokenHash } = (await world.store.credentials.get(upload!.credentialId))!;
    await world.store.credentials.pauseLogin(tokenHash, world.now + DAY, world.now);
    const request = { now: world.now, leaseMs: 0, limit: 1 };
    expect(await world.store.uploads.claimToPoll({ ...request, claim: "w1" })).toHaveLength(1);
    await world.store.quota.exhaust(tokenHash, world.now);
    expect(await world.store.uploads.claimToPoll({ ...request, claim: "w2" })).toEqual([]);
    await world.store.credentials.pause(upload!.credentialId, "unauthorized", world.now + 2 * DAY, world.now);
    const tomorrow = { ...request, now: world.now + DAY };
    expect(await world.store.uploads.claimToPoll({ ...tomorrow, claim: "w3" })).toEqual([]);
  });

  test("a counter that rests holds its planned files and goes on filling the open ones; another counter goes on", async () => {
    const world = current();
    await plan(world, [1, 2]);
    const source = await world.addSource({ counterId: 1, credentialId: world.source.credentialId });
    await world.receive([sale(5)], { source });
    await world.place();
    const until = world.now + DAY;
    const said = { errorCode: "waiting_counter_quota", errorText: "Metrika: enough" };
    await world.store.uploads.restCounter({ counterId: 1, until, now: world.now, ...said });
    expect(await world.claim(["planned"], "w1")).toMatchObject([{ counterId: 2 }]);
    world.now = until - 1;
    expect(await world.seal()).toBe(0);
    const resting = (await world.uploads()).filter(({ counterId }) => counterId === 1);
    expect(resting).toMatchObject([said, said]);
    world.now = until;
    expect(await world.seal()).toBe(1);
    expect(await world.claim(["planned"], "w2")).toHaveLength(3);
  });
}
