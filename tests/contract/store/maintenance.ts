import { expect, test } from "bun:test";
import { type CurrentWorld, DAY, refusedRow, SOLD_AT, START, sale } from "./world.ts";

/** House-keeping. */
export function maintenanceContract(current: CurrentWorld): void {
  test("a store that is there answers a ping", async () => {
    expect(await current().store.maintenance.ping()).toBeUndefined();
  });

  test("what expired is forgotten: idempotency keys, own keys, the contents of refused rows", async () => {
    const world = current();
    const options = { ...world.source.options, dedupeBy: "purchase" } as const;
    const crm = await world.addSource({ options, counterId: 7 });
    const { batchId } = await world.receive([sale(1, { purchaseId: "p" })], {
      source: crm,
      idempotency: { key: "k", bodyHash: "h", expiresAt: START + DAY },
      rejected: [refusedRow(1)],
      rejectedExpireAt: START + 2 * DAY,
      keysExpireAt: START + 3 * DAY,
    });
    const { purgeExpired } = world.store.maintenance;
    expect(await purgeExpired(START + DAY - 1)).toBe(0);
    expect(await purgeExpired(START + DAY)).toBe(1);
    expect(await world.store.intake.findIdempotent(crm.id, "k", START)).toBeNull();
    expect(await purgeExpired(START + 2 * DAY)).toBe(1);
    expect(await world.store.batches.rejectedOf(batchId)).toEqual([refusedRow(1, { sealed: null })]);
    expect(await purgeExpired(START + 3 * DAY)).toBe(1);
    const later = sale(1, { purchaseId: "p", dateTime: SOLD_AT + 1 });
    expect(await world.receive([later], { source: crm })).toMatchObject({ accepted: 1 });
  });

  test("what a login spent is told for a week", async () => {
    const { store } = current();
    await store.quota.spend({ loginKey: "owner", kind: "read", limit: 9, now: START });
    await store.maintenance.purgeExpired(START + 7 * DAY);
    expect(await store.quota.spent("owner", START)).toMatchObject({ reads: 1 });
    await store.maintenance.purgeExpired(START + 8 * DAY);
    expect(await store.quota.spent("owner", START)).toMatchObject({ reads: 0 });
  });

  test("old settled facts are deleted in portions, and the status of their batch stays", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1), sale(2), sale(3)]);
    const upload = await world.deliverTo("completed");
    world.now += DAY;
    const young = await world.receive([sale(4)]);
    const before = await world.batch(batchId);
    const { purgeSettled } = world.store.maintenance;
    expect(await purgeSettled(START, 10)).toBe(0);
    expect(await purgeSettled(world.now, 2)).toBe(2);
    expect(await purgeSettled(world.now, 2)).toBe(1);
    expect(await purgeSettled(world.now, 2)).toBe(0);
    expect(await world.batch(batchId)).toEqual(before);
    expect(await world.rowsOf(batchId)).toEqual([]);
    expect(await world.linesOf(upload)).toEqual([]);
    expect(await world.rowsOf(young.batchId)).toHaveLength(1);
    expect(await world.receive([sale(1)])).toMatchObject({ accepted: 1 });
  });

  test("wherever the end of the retention lies among the batches, exactly what came before it is deleted", async () => {
    const world = current();
    for (let i = 1; i <= 6; i++) {
      await world.receive([sale(2 * i), sale(2 * i + 1)]);
      // A batch of repeats has no facts of its own.
      await world.receive([sale(2 * i)]);
      world.now += DAY;
    }
    // SQLite keeps the last fact of all.
    await world.receive([sale(20)]);
    await world.deliverTo("completed");
    const { purgeSettled } = world.store.maintenance;
    for (let day = 0; day < 6; day++) {
      expect(await purgeSettled(START + day * DAY, 100)).toBe(0);
      expect(await purgeSettled(START + day * DAY + 1, 100)).toBe(2);
    }
  });

  test("facts that are not settled outlive their retention", async () => {
    const world = current();
    await world.receive([sale(1)]);
    await world.deliverTo("processing");
    await world.receive([sale(2)]);
    await world.place(() => "waiting_goal");
    await world.receive([sale(1, { price: "7" }), sale(3)]);
    world.now += 400 * DAY;
    expect(await world.store.maintenance.purgeSettled(world.now, 100)).toBe(0);
  });

  test("given-up facts go with their earlier revisions", async () => {
    const world = current();
    await world.receive([sale(1)]);
    const correction = await world.receive([sale(1, { price: "7" })]);
    await world.place(() => "goal_not_found");
    await world.receive([sale(2)]);
    expect(await world.store.maintenance.purgeSettled(world.now + 1, 100)).toBe(1);
    expect(await world.rowsOf(correction.batchId)).toEqual([]);
    expect(await world.receive([sale(1)])).toMatchObject({ accepted: 1, warnings: [] });
  });

  test("a conversion that comes after a long silence is planned like any other", async () => {
    const world = current();
    await world.receive([sale(1), sale(2)]);
    await world.deliverTo("completed");
    world.now += 400 * DAY;
    await world.store.maintenance.purgeSettled(world.now, 100);
    const { batchId } = await world.receive([sale(3)]);
    expect(await world.linesOf(await world.deliverTo("completed"))).toEqual(["3: 100"]);
    expect(await world.batch(batchId)).toMatchObject({ status: "completed", processed: 1 });
  });
}
