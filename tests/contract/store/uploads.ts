import { expect, test } from "bun:test";
import type { Attempt, UploadMove } from "../../../core/store/store.ts";
import { type CurrentWorld, LEASE_MS, sale, type World } from "./world.ts";

export const step = (world: World, id: number, change: Partial<UploadMove>): UploadMove => ({
  ...{ id, claim: "w1", from: "planned", to: "sending", facts: {}, attempt: null, now: world.now },
  ...change,
});

/** Planned uploads, one for each counter named, all of one credential unless `own`. */
export async function plan(world: World, counters: readonly number[], own = false): Promise<void> {
  for (const counterId of counters) {
    const shared = own ? {} : { credentialId: world.source.credentialId };
    const source = await world.addSource({ counterId, ...shared });
    await world.receive([sale(1)], { source });
  }
  await world.place();
  await world.seal();
}

/** Claims, leases, moves, the lines of a file. */
export function uploadsContract(current: CurrentWorld): void {
  test("a claimed upload is given to nobody else while the lease lasts", async () => {
    const world = current();
    await plan(world, [1]);
    expect(await world.claim(["planned"], "w1")).toMatchObject([{ counterId: 1, state: "planned", rows: 1 }]);
    expect(await world.claim(["planned"], "w2")).toEqual([]);
    world.now += LEASE_MS - 1;
    expect(await world.claim(["planned"], "w2")).toEqual([]);
    world.now += 1;
    expect(await world.claim(["planned"], "w2")).toHaveLength(1);
  });

  test("only uploads that are due, in the states asked for, are claimed", async () => {
    const world = current();
    await plan(world, [1]);
    const [upload] = await world.uploads();
    expect(await world.claim(["sent", "processing"], "w1")).toEqual([]);
    await world.advance(upload!, "sent", { nextAttemptAt: world.now + 500 });
    expect(await world.claim(["sent"], "w1")).toEqual([]);
    world.now += 500;
    expect(await world.claim(["sent", "uncertain"], "w1")).toHaveLength(1);
  });

  test("the longest due comes first, and no more than asked for", async () => {
    const world = current();
    await plan(world, [1]);
    world.now += 1000;
    await plan(world, [2, 3]);
    const claimed = await world.claim(["planned"], "w1", { limit: 2 });
    expect(claimed.map(({ counterId }) => counterId)).toEqual([1, 2]);
  });

  test("one credential holds no more claims than it may, whoever asks", async () => {
    const world = current();
    await plan(world, [1, 2, 3]);
    await plan(world, [4], true);
    const first = await world.claim(["planned"], "w1", { perLogin: 2 });
    expect(first.map(({ counterId }) => counterId)).toEqual([1, 2, 4]);
    await world.store.uploads.move(step(world, first[0]!.id, { keepClaim: true }));
    expect(await world.claim(["planned"], "w2", { perLogin: 2 })).toEqual([]);
    const sent = step(world, first[0]!.id, { from: "sending", to: "sent" });
    expect(await world.store.uploads.move(sent)).toBe(true);
    const next = await world.claim(["planned"], "w3", { perLogin: 2 });
    expect(next.map(({ counterId }) => counterId)).toEqual([3]);
  });

  test("a resting credential holds its uploads back, until it is time or has a new token", async () => {
    const world = current();
    const { credentials } = world.store;
    await plan(world, [1]);
    await credentials.pause(world.source.credentialId, "unauthorized", world.now + 100, world.now);
    expect(await world.claim(["planned"], "w1")).toEqual([]);
    world.now += 100;
    expect(await world.claim(["planned"], "w2", { leaseMs: 1 })).toHaveLength(1);
    world.now += 1;
    await credentials.pause(world.source.credentialId, "unauthorized", world.now + 100, world.now);
    expect(await world.claim(["planned"], "w3")).toEqual([]);
    await credentials.replaceToken(world.source.credentialId, "sealed", "hash", world.now);
    expect(await world.claim(["planned"], "w4")).toHaveLength(1);
  });

  test("a lease is renewed by its holder only", async () => {
    const world = current();
    await plan(world, [1]);
    const [upload] = await world.claim(["planned"], "w1");
    expect(await world.store.uploads.renewLease(upload!.id, "w2", world.now + 9 * LEASE_MS)).toBe(false);
    expect(await world.store.uploads.renewLease(upload!.id, "w1", world.now + 2 * LEASE_MS)).toBe(true);
    world.now += LEASE_MS;
    expect(await world.claim(["planned"], "w2")).toEqual([]);
    world.now += LEASE_MS;
    expect(await world.claim(["planned"], "w2")).toHaveLength(1);
    expect(await world.store.uploads.renewLease(upload!.id, "w1", world.now + LEASE_MS)).toBe(false);
  });

  test("a move writes its facts and its attempt, and gives the claim back", async () => {
    const world = current();
    await plan(world, [1]);
    const [upload] = await world.claim(["planned"], "w1");
    const attempt: Attempt = {
      ...{ kind: "send", startedAt: world.now, endedAt: world.now + 9, outcome: "unreachable" },
      ...{ code: "metrika_unreachable", detail: "ECONNREFUSED" },
    };
    const facts = { attempts: 3, nextAttemptAt: world.now, errorCode: "metrika_unreachable", errorText: "refused" };
    expect(await world.store.uploads.move(step(world, upload!.id, { to: "planned", facts, attempt }))).toBe(true);
    expect(await world.reload(upload!)).toMatchObject({ state: "planned", ...facts, updatedAt: world.now });
    expect(await world.store.uploads.attemptsOf(upload!.id)).toMatchObject([attempt]);
    expect(await world.claim(["planned"], "w2")).toHaveLength(1);
  });

  test("the move of a worker that comes back late changes nothing", async () => {
    const world = current();
    await plan(world, [1]);
    const [upload] = await world.claim(["planned"], "w1");
    const attempt: Attempt = {
      ...{ kind: "send", startedAt: world.now, endedAt: world.now, outcome: "accepted", code: null, detail: null },
    };
    world.now += LEASE_MS;
    await world.claim(["planned"], "w2");
    expect(await world.store.uploads.move(step(world, upload!.id, { attempt }))).toBe(false);
    expect(await world.store.uploads.move(step(world, upload!.id, { claim: "w2", keepClaim: true }))).toBe(true);
    const again = step(world, upload!.id, { claim: "w2", attempt });
    expect(await world.store.uploads.move(again)).toBe(false);
    expect(await world.reload(upload!)).toMatchObject({ state: "sending" });
    expect(await world.store.uploads.attemptsOf(upload!.id)).toEqual([]);
  });

  test("what was being sent when its worker died is uncertain, and is looked up before long", async () => {
    const world = current();
    await plan(world, [1, 2]);
    const [sending, idle] = await world.claim(["planned"], "w1");
    await world.store.uploads.move(step(world, sending!.id, { keepClaim: true }));
    const release = { firstReadBackMs: 15_000 };
    expect(await world.store.uploads.releaseClaims({ leasesBefore: world.now, now: world.now, ...release })).toBe(0);
    world.now += LEASE_MS;
    expect(await world.store.uploads.releaseClaims({ leasesBefore: world.now, now: world.now, ...release })).toBe(2);
    expect(await world.reload(sending!)).toMatchObject({
      ...{ state: "uncertain", requestEndedAt: world.now, nextAttemptAt: world.now + 15_000, completeLists: 0 },
    });
    expect(await world.reload(idle!)).toMatchObject({ state: "planned" });
    const late = step(world, sending!.id, { from: "sending", to: "sent" });
    expect(await world.store.uploads.move(late)).toBe(false);
    expect(await world.claim(["planned", "uncertain"], "w2")).toHaveLength(1);
  });

  test("a file tells each fact once, page by page", async () => {
    const world = current();
    const visitors = Array.from({ length: 7 }, (_, i) => i + 1);
    await world.receive(visitors.map((visitor) => sale(visitor)));
    const upload = await world.deliverTo("planned");
    const expected = visitors.map((visitor) => `${visitor}: 100`);
    expect(await world.linesOf(upload, 3)).toEqual(expected);
    expect(await world.linesOf(upload, 7)).toEqual(expected);
    expect(upload.rows).toBe(7);
  });

  test("a file tells the same lines again after some of its facts were corrected", async () => {
    const world = current();
    await world.receive([1, 2, 3, 4, 5].map((visitor) => sale(visitor)));
    await world.place();
    await world.receive([sale(2, { price: "150" })]);
    const upload = await world.deliverTo("uncertain");
    const before = (await world.linesOf(upload)).toSorted();
    expect(before).toEqual(["1: 100", "2: 150", "3: 100", "4: 100", "5: 100"]);
    await world.receive([2, 4, 5].map((visitor) => sale(visitor, { price: "9" })));
    await world.receive([sale(4, { price: "10" })]);
    expect((await world.linesOf(upload)).toSorted()).toEqual(before);
    expect((await world.linesOf(upload, 1)).toSorted()).toEqual(before);
  });

  test("a line carries the identifiers that its source wishes", async () => {
    const world = current();
    const options = { ...world.source.options, identifiers: "best" } as const;
    const best = await world.addSource({ options, credentialId: world.source.credentialId });
    await world.receive([sale(1)]);
    await world.receive([sale(2, { userId: "u", yclid: "7", purchaseId: "p" })], { source: best });
    const upload = await world.deliverTo("planned");
    const [page] = await Array.fromAsync(world.store.uploads.lines(upload.id, 10));
    expect(page?.map(({ identifiers }) => identifiers)).toEqual(["all", "best"]);
    expect(page?.[1]?.conversion).toEqual(sale(2, { userId: "u", yclid: "7", purchaseId: "p" }));
  });

  test("uploads are listed newest first by counter and state, and counted by state", async () => {
    const world = current();
    await plan(world, [1, 2, 2]);
    const [first] = await world.uploads();
    await world.advance(first!, "completed");
    const { workspaceId } = world.source;
    const all = { workspaceId, counterId: null, state: null, before: null, limit: 1 };
    const newest = await world.store.uploads.list(all);
    expect(newest.rows).toMatchObject([{ counterId: 2 }]);
    const older = await world.store.uploads.list({ ...all, before: newest.after });
    expect(older).toMatchObject({ rows: [{ counterId: 1 }], after: null });
    const done = await world.store.uploads.list({ ...all, state: "completed" });
    expect(done.rows.map(({ uuid }) => uuid)).toEqual([first!.uuid]);
    expect((await world.store.uploads.list({ ...all, counterId: 1 })).rows).toHaveLength(1);
    expect((await world.store.uploads.list({ ...all, workspaceId: workspaceId + 1 })).rows).toEqual([]);
    expect(await world.store.uploads.countByState()).toEqual({ completed: 1, planned: 1 });
    expect(await world.store.uploads.findByUuid(crypto.randomUUID())).toBeNull();
  });
}
