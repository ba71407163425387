import { expect, test } from "bun:test";
import type { SourceRecord } from "../../../core/store/store.ts";
import { type CurrentWorld, LINGER_MS, type SliceChange, START, sale, type World } from "./world.ts";

const OTHER = 200;

/** Sales of the world's source, told for another counter than its own. */
const tellOther = (world: World, sales: readonly ReturnType<typeof sale>[], change: SliceChange = {}) => {
  const slice = world.slice(sales, change);
  return world.commit({ ...slice, source: { ...slice.source, counterId: OTHER, isOwnCounter: false } });
};

/** Gives each row the place that is asked for, in a file of its own counter. */
async function placeByCounter(world: World, to: "upload" | "waiting_goal" | "delivery_paused" = "upload") {
  const { planning } = world.store;
  const rows = [...(await planning.readReturning(100)), ...(await planning.readNew(100))];
  return world.placeAll(
    rows.map((row) => (to === "upload" ? world.intoFile(row, { counterId: row.counterId }) : { row, to })),
  );
}

/** Facts of one source for several counters. */
export function otherCountersContract(current: CurrentWorld): void {
  test("a batch and its conversions tell the counter that they are for", async () => {
    const world = current();
    const own = await world.receive([sale(1)]);
    const other = await tellOther(world, [sale(1), sale(2)]);
    expect(other).toMatchObject({ accepted: 2, duplicates: [] });
    expect((await world.batch(own.batchId)).counterId).toBe(100);
    expect((await world.batch(other.batchId)).counterId).toBe(OTHER);
    const [row] = await world.rowsOf(other.batchId);
    expect(await world.store.conversions.find(row?.conversionId ?? 0)).toMatchObject({ counterId: OTHER });
    const all = { sourceId: world.source.id, before: null, limit: 10 };
    expect((await world.store.batches.list(all)).rows.map(({ counterId }) => counterId)).toEqual([OTHER, 100]);
  });

  test("the planner reads each row with its own counter", async () => {
    const world = current();
    await world.receive([sale(1)]);
    await tellOther(world, [sale(2)]);
    expect((await world.store.planning.readNew(10)).map(({ counterId }) => counterId)).toEqual([100, OTHER]);
  });

  test("a batch for another counter that repeats one of it is told with that counter as well", async () => {
    const world = current();
    await tellOther(world, [sale(1)]);
    const repeat = await tellOther(world, [sale(1)]);
    expect(repeat).toMatchObject({ accepted: 0, duplicates: [{ row: 0 }] });
    expect((await world.batch(repeat.batchId)).counterId).toBe(OTHER);
  });

  test("what waits for a goal of another counter is cancelled with its source", async () => {
    const world = current();
    const own = await world.receive([sale(1), sale(2)]);
    const other = await tellOther(world, [sale(3), sale(4)]);
    await placeByCounter(world, "waiting_goal");
    const of = { sourceId: world.source.id };
    // A row at a time, so that the walk must find its way from counter to counter.
    let cancelled = 0;
    let step = await world.store.withdrawals.cancel({ of, cursor: null, limit: 1, now: world.now });
    for (cancelled = step.rows; step.cursor !== null; cancelled += step.rows)
      step = await world.store.withdrawals.cancel({ of, cursor: step.cursor, limit: 1, now: world.now });
    expect(cancelled).toBe(4);
    for (const { batchId } of [own, other]) expect(await world.batch(batchId)).toMatchObject({ status: "error" });
  });

  test("what is held of every counter goes on when delivery is resumed", async () => {
    const world = current();
    await world.receive([sale(1)]);
    await tellOther(world, [sale(2)]);
    const { id: sourceId } = world.source;
    await world.store.sources.update(sourceId, { deliveryPaused: true }, world.now);
    await placeByCounter(world, "delivery_paused");
    await world.store.sources.update(sourceId, { deliveryPaused: false }, world.now);
    let cursor = null;
    do {
      const step = await world.store.withdrawals.release({ of: { sourceId }, cursor, limit: 1, now: world.now });
      cursor = step.cursor;
    } while (cursor !== null);
    expect(await world.store.withdrawals.interrupted()).toEqual({ toHold: [], toRelease: [] });
    expect((await world.store.planning.readReturning(10)).map(({ counterId }) => counterId)).toEqual([100, OTHER]);
  });

  test("a login's lanes and waiting counters are those of every counter that its sources send to", async () => {
    const world = current();
    await world.store.credentials.recordLogin(world.source.credentialId, "owner", START);
    await world.receive([sale(1)]);
    await tellOther(world, [sale(2)]);
    await placeByCounter(world);
    world.now += LINGER_MS;
    await world.seal();
    await tellOther(world, [sale(3, { target: "lead" })]);
    await placeByCounter(world, "waiting_goal");
    const demand = await world.store.quota.demand("owner", START);
    expect(demand.groups.map(({ counterId }) => counterId).toSorted((a, b) => a - b)).toEqual([100, OTHER]);
    expect(demand).toMatchObject({ plannedFiles: 2, countersWaiting: 1 });
  });

  test("a counter that a source may send to is used by it", async () => {
    const world = current();
    const { credentialId, workspaceId } = world.source;
    await world.store.accounts.create({
      ...{ uuid: world.uuid(), workspaceId, credentialId, yandexId: "7", login: "shop", name: null, origin: "oauth" },
      ...{ clientId: null, deviceId: null, sealedRefreshToken: null, scopes: [], expiresAt: null, refreshAt: null },
      ...{ refreshedAt: null, refreshFailures: 0, refreshError: null, warnedAt: null, connectedAt: START },
      ...{ disconnectedAt: null, updatedAt: START },
    });
    const usedBy = async (counterId: number) =>
      (await world.store.counters.usedBy(workspaceId, counterId, 10)).map(({ uuid }) => uuid);
    expect(await usedBy(OTHER)).toEqual([]);
    const options: SourceRecord["options"] = { ...world.source.options, counters: [150, OTHER] };
    await world.store.sources.update(world.source.id, { options }, world.now);
    expect(await usedBy(OTHER)).toEqual([world.source.uuid]);
    expect(await usedBy(100)).toEqual([world.source.uuid]);
    expect(await usedBy(20)).toEqual([]);
  });
}
