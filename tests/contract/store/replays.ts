import { expect, test } from "bun:test";
import type { DeadLetterFilter, ReplayRecord } from "../../../core/store/store.ts";
import { type CurrentWorld, DAY, LINGER_MS, sale, type World } from "./world.ts";

/** The filter that means every dead letter. */
export const anyDeadLetter: DeadLetterFilter = {
  reasons: null,
  sourceId: null,
  counterId: null,
  batchId: null,
  uploadId: null,
  target: null,
  receivedFrom: null,
  receivedBefore: null,
};

async function begin(world: World, filter: Partial<DeadLetterFilter> = {}, matched = 0): Promise<ReplayRecord> {
  const { workspaceId } = world.source;
  const wanted = { ...anyDeadLetter, ...filter };
  return world.store.replays.create({ uuid: world.uuid(), workspaceId, filter: wanted, matched, now: world.now });
}

async function advance(world: World, replay: ReplayRecord, change = {}): Promise<ReplayRecord> {
  const limits = { limit: 500, maxRows: 1000, maxBytes: 1_000_000, joinedForMs: 21 * DAY };
  return world.store.replays.advance(replay.id, { ...limits, now: world.now, newUuid: () => world.uuid(), ...change });
}

async function count(world: World, filter: Partial<DeadLetterFilter> = {}) {
  const { workspaceId } = world.source;
  const request = { workspaceId, filter: { ...anyDeadLetter, ...filter }, cursor: null, limit: 1000, now: world.now };
  const { counts, cursor } = await world.store.deadLetters.count(request);
  expect(cursor).toBeNull();
  return counts;
}

/** Dead letters and the way back. */
export function replaysContract(current: CurrentWorld): void {
  test("a replay moves the rows of a failed upload page by page into one that nothing else joins", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1), sale(2), sale(3)]);
    const repeat = await world.receive([sale(2)]);
    const failed = await world.deliverTo("failed");
    expect(await count(world)).toEqual({ failed: 3, goal_not_found: 0, cancelled: 0 });
    const before = await world.batch(batchId);
    const replay = await begin(world, {}, 3);

    expect(await advance(world, replay, { limit: 2 })).toMatchObject({ state: "running", replayed: 2 });
    const [, filling] = await world.uploads();
    const { counterId, credentialId, currency } = failed;
    expect(filling).toMatchObject({
      ...{ state: "filling", rows: 2, replayOf: failed.id, counterId, credentialId, currency },
    });
    await world.receive([sale(4)]);
    await world.place();
    world.now += LINGER_MS * 10;
    await world.seal();
    expect(await world.reload(filling!)).toMatchObject({ state: "filling", rows: 2 });
    expect(await world.batch(batchId)).toMatchObject({ status: "pending" });
    expect((await world.batch(batchId)).statusVersion).toBeGreaterThan(before.statusVersion);

    expect(await advance(world, replay, { limit: 2 })).toMatchObject({ state: "completed", replayed: 3 });
    const sealed = await world.reload(filling!);
    expect(sealed).toMatchObject({ state: "planned", rows: 3 });
    expect(await world.linesOf(sealed)).toEqual(["1: 100", "2: 100", "3: 100"]);
    expect(await world.reload(failed)).toMatchObject({ state: "failed", rows: 3 });
    await world.advance(sealed, "completed");
    for (const id of [batchId, repeat.batchId]) expect(await world.batch(id)).toMatchObject({ status: "completed" });
    expect(await count(world)).toEqual({ failed: 0, goal_not_found: 0, cancelled: 0 });
    const links = await world.store.uploads.replayLinksOf([failed.id, sealed.id]);
    expect(links.get(failed.id)).toEqual({ replayOf: null, replayedBy: [sealed.uuid] });
    expect(links.get(sealed.id)).toEqual({ replayOf: failed.uuid, replayedBy: [] });
  });

  test("a replay that is cancelled keeps what it moved, closes its file, and another one takes the rest", async () => {
    const world = current();
    await world.receive([sale(1), sale(2), sale(3)]);
    await world.deliverTo("failed");
    const first = await begin(world);
    await advance(world, first, { limit: 1 });
    expect(await world.store.replays.nextRunning()).toMatchObject({ id: first.id });
    expect(await world.store.replays.cancel(first.id, world.now)).toMatchObject({ state: "cancelled", replayed: 1 });
    expect(await advance(world, first)).toMatchObject({ state: "cancelled", replayed: 1 });
    expect(await world.store.replays.nextRunning()).toBeNull();
    expect((await world.uploads()).map(({ state, rows }) => `${state} ${rows}`)).toEqual(["failed 3", "planned 1"]);
    expect(await count(world)).toMatchObject({ failed: 2 });
    const second = await begin(world);
    expect(await advance(world, second)).toMatchObject({ state: "completed", replayed: 2 });
    expect((await world.uploads()).map(({ state, rows }) => `${state} ${rows}`)).toEqual([
      ...["failed 3", "planned 1", "planned 2"],
    ]);
    expect(
      (await world.store.replays.list({ workspaceId: 1, before: null, limit: 9 })).rows.map(({ id }) => id),
    ).toEqual([second.id, first.id]);
  });

  test("a replay does not meet what failed after it began", async () => {
    const world = current();
    await world.receive([sale(1)]);
    await world.deliverTo("failed");
    const replay = await begin(world);
    await advance(world, replay, { limit: 1 });
    const [, again] = await world.uploads();
    await world.store.replays.cancel(replay.id, world.now);
    await world.advance(again!, "failed");
    const other = await begin(world);
    world.now += 1;
    await world.receive([sale(2)]);
    const later = await world.deliverTo("failed");
    expect(await advance(world, other)).toMatchObject({ state: "completed", replayed: 1 });
    expect(await world.linesOf(later)).toEqual(["2: 100"]);
  });

  test("rows that share a failed file are replayed source by source, into files no larger than allowed", async () => {
    const world = current();
    const other = await world.addSource({ credentialId: world.source.credentialId });
    await world.receive([sale(1), sale(2), sale(3)]);
    await world.receive([sale(4)], { source: other });
    const failed = await world.deliverTo("failed");
    const replay = await begin(world, { sourceId: world.source.id });
    expect(await advance(world, replay, { maxRows: 2 })).toMatchObject({ replayed: 3 });
    expect((await world.uploads()).map(({ state, rows }) => `${state} ${rows}`)).toEqual([
      ...["failed 4", "planned 2", "planned 1"],
    ]);
    expect(await world.linesOf(failed)).toEqual(["4: 100"]);
    expect(await count(world, { sourceId: other.id })).toMatchObject({ failed: 1 });
    await world.claim(["planned"], "sender");
    const { withdrawals } = world.store;
    expect(await withdrawals.countSent({ sourceId: world.source.id })).toBe(3);
    expect(await withdrawals.countSent({ sourceId: other.id })).toBe(0);
  });

  test("earlier revisions that shared the failed line follow it, those that were given up do not", async () => {
    const world = current();
    const first = await world.receive([sale(1)]);
    await world.place();
    const second = await world.receive([sale(1, { price: "2" })]);
    await world.deliverTo("failed");
    const revived = await world.receive([sale(1, { price: "2" })]);
    await world.deliverTo("failed");
    expect(await count(world)).toMatchObject({ failed: 1 });
    await advance(world, await begin(world));
    const third = (await world.uploads()).at(-1);
    await world.advance(third!, "completed");
    expect(await world.linesOf(third!)).toEqual(["1: 2"]);
    for (const { batchId } of [first, second]) expect(await world.batch(batchId)).toMatchObject({ status: "error" });
    expect(await world.batch(revived.batchId)).toMatchObject({ status: "completed", processed: 1 });
  });

  test("a row without a goal waits for a list that is still to be read, a cancelled one may go at once", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1, { target: "a" }), sale(2)]);
    await world.place(({ target }) => (target === "a" ? "goal_not_found" : "upload"));
    await world.store.withdrawals.cancel({
      ...{ of: { batchId }, cursor: null, limit: 10, now: world.now },
    });
    expect(await count(world)).toEqual({ failed: 0, goal_not_found: 1, cancelled: 1 });
    await advance(world, await begin(world));
    expect(await world.store.batches.setAsideOf(batchId)).toEqual([]);
    expect(await world.store.planning.countersWaitingForGoal()).toMatchObject([{ unjudged: true }]);
    expect(await world.store.planning.readReturning(10)).toMatchObject([{ setAside: "requeued" }]);
    expect(await world.waiting()).toMatchObject([{ setAside: "checking_goal", target: "a" }]);
  });

  test("the groups of dead letters are told newest first, narrowed as asked", async () => {
    const world = current();
    await world.receive([sale(1), sale(2)]);
    const failed = await world.deliverTo("failed", { settledAt: world.now });
    world.now += DAY;
    await world.receive([sale(3), sale(4, { target: "a" }), sale(5, { target: "a" })]);
    await world.place(() => "goal_not_found");
    const { workspaceId } = world.source;
    const all = { workspaceId, filter: anyDeadLetter, before: null, limit: 2 };
    const page = await world.store.deadLetters.groups(all);
    expect(page.rows.map(({ reason, target, rows }) => [reason, target, rows])).toEqual([
      ["goal_not_found", "a", 2],
      ["goal_not_found", "purchase", 1],
    ]);
    const rest = await world.store.deadLetters.groups({ ...all, before: page.after });
    expect(rest).toMatchObject({ rows: [{ reason: "failed", rows: 2, upload: { uuid: failed.uuid } }], after: null });
    const narrowed = { ...anyDeadLetter, target: "a" };
    expect((await world.store.deadLetters.groups({ ...all, filter: narrowed })).rows).toHaveLength(1);
    expect((await world.store.deadLetters.groups({ ...all, workspaceId: workspaceId + 1 })).rows).toEqual([]);
  });
}
