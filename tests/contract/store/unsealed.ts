import { expect, test } from "bun:test";
import { type CurrentWorld, LINGER_MS, refusedRow, SOLD_AT, sale, type World } from "./world.ts";

const dearer = sale(1, { price: "200" });

/** A batch that comes in several slices, and what a crash or a refusal leaves of it. */
export function unsealedContract(current: CurrentWorld): void {
  const purchases = async (world: World) => {
    const options = { ...world.source.options, dedupeBy: "purchase" } as const;
    return world.addSource({ options, counterId: 7 });
  };

  test("a large batch is invisible until its last slice is there", async () => {
    const world = current();
    const slice = world.slice([sale(1)], { received: 2, last: false });
    const { batchId } = await world.commit(slice);
    expect(await world.store.batches.get(batchId)).toBeNull();
    expect(await world.store.batches.get(batchId)).toBeNull();
    const all = { sourceId: world.source.id, before: null, limit: 10 };
    expect((await world.store.batches.list(all)).rows).toEqual([]);
    expect(await world.place()).toBe(0);
    await world.commit({ ...world.slice([sale(2)], { received: 2 }, 1), batchId });
    expect(await world.batch(batchId)).toMatchObject({ total: 2, status: "pending" });
    expect(await world.place()).toBe(2);
  });

  test("slices of one batch add up", async () => {
    const world = current();
    await world.receive([sale(9)]);
    const { batchId } = await world.begin([sale(1), sale(9)], { received: 5, rejected: [refusedRow(2)] });
    await world.commit({ ...world.slice([sale(2), sale(1)], { received: 5 }, 3), batchId });
    expect(await world.batch(batchId)).toMatchObject({ total: 5, duplicates: 2, rejected: 1 });
    const rows = await world.rowsOf(batchId);
    const kinds = ["accepted", "duplicate", "rejected", "accepted", "duplicate"];
    expect(rows.map(({ row, kind }) => `${row} ${kind}`)).toEqual(kinds.map((kind, row) => `${row} ${kind}`));
  });

  test("the planner places no row of a half-written batch, nor loses what came after it", async () => {
    const world = current();
    await world.receive([sale(1)]);
    const { batchId } = await world.begin([sale(2)]);
    await world.receive([sale(3)]);
    const before = await world.place();
    // Where ids rise with commits it stops before the half-written batch, else it passes around.
    expect([1, 2]).toContain(before);
    expect(await world.place()).toBe(0);
    await world.commit({ ...world.slice([sale(4)], { received: 2 }, 1), batchId });
    expect(before + (await world.place())).toBe(4);
  });

  test.each(["removeUnsealed", "discard"] as const)(
    "after %s nothing of a half-written batch is left",
    async (verb) => {
      const world = current();
      const crm = await purchases(world);
      const rows = [sale(1, { purchaseId: "p" }), sale(2)];
      const { batchId } = await world.begin(rows, { source: crm, received: 9, rejected: [refusedRow(2)] });
      if (verb === "discard") await world.store.intake.discard(batchId);
      else expect(await world.store.maintenance.removeUnsealed(world.now)).toBe(1);
      expect(await world.store.batches.rejectedOf(batchId)).toEqual([]);
      expect(await world.receive(rows, { source: crm })).toMatchObject({ accepted: 2, duplicates: [], warnings: [] });
      expect(await world.place()).toBe(2);
      expect(await world.store.maintenance.removeUnsealed(world.now)).toBe(0);
    },
  );

  test("a batch that still grew after the given instant is not taken away", async () => {
    const world = current();
    const begun = world.now;
    const { batchId } = await world.begin([sale(1)], { received: 3 });
    world.now += LINGER_MS;
    await world.commit({ ...world.slice([sale(2)], { received: 3, last: false }, 1), batchId });
    expect(await world.store.maintenance.removeUnsealed(begun)).toBe(0);
    await world.commit({ ...world.slice([sale(3)], { received: 3 }, 2), batchId });
    expect((await world.deliverTo("completed")).rows).toBe(3);
  });

  test("a whole batch cannot be discarded", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1)]);
    await world.store.intake.discard(batchId);
    expect(await world.batch(batchId)).toMatchObject({ total: 1 });
  });

  test("a half-written correction is sent only when its batch is whole", async () => {
    const world = current();
    await world.receive([sale(1)]);
    const { batchId } = await world.begin([dearer]);
    expect(await world.place()).toBe(0);
    await world.commit({ ...world.slice([], { received: 1 }), batchId });
    const upload = await world.deliverTo("planned");
    expect(await world.linesOf(upload)).toEqual(["1: 200"]);
  });

  test("a half-written correction enters no filling file", async () => {
    const world = current();
    await world.receive([sale(1)]);
    await world.place();
    const { batchId } = await world.begin([dearer]);
    const upload = await world.deliverTo("completed");
    expect(await world.linesOf(upload)).toEqual(["1: 100"]);
    expect(await world.store.planning.readReturning(10)).toEqual([]);
    await world.commit({ ...world.slice([], { received: 1 }), batchId });
    expect(await world.linesOf(await world.deliverTo("completed"))).toEqual(["1: 200"]);
  });

  test("a half-written correction of a fact that waits for a goal is not released", async () => {
    const world = current();
    await world.receive([sale(1)]);
    await world.place(() => "waiting_goal");
    const { batchId } = await world.begin([dearer]);
    expect(await world.waiting()).toEqual([]);
    await world.store.intake.discard(batchId);
    expect(await world.waiting()).toHaveLength(1);
  });

  test.each(["unplanned", "filling", "planned", "sent", "completed", "failed", "goal_not_found"] as const)(
    "a half-written correction of a fact that is %s is taken back exactly",
    async (standing) => {
      const world = current();
      const { batchId } = await world.receive([sale(1)]);
      if (standing === "goal_not_found") await world.place(() => "goal_not_found");
      else if (standing === "filling") await world.place();
      else if (standing !== "unplanned") await world.deliverTo(standing);
      const before = await world.rowsOf(batchId);
      await world.begin([dearer]);
      expect(await world.rowsOf(batchId)).toMatchObject([{ kind: "replaced" }]);
      expect(await world.store.maintenance.removeUnsealed(world.now)).toBe(1);
      expect(await world.rowsOf(batchId)).toEqual(before);
      expect(await world.store.planning.readReturning(10)).toEqual([]);
    },
  );

  test("two half-written corrections of one fact are both taken back", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1)]);
    await world.begin([dearer, sale(1, { price: "300" })], { received: 9 });
    await world.begin([sale(1, { price: "400" })], { received: 9 });
    expect(await world.store.maintenance.removeUnsealed(world.now)).toBe(2);
    expect(await world.rowsOf(batchId)).toMatchObject([{ kind: "accepted", conversion: { price: "100" } }]);
    expect(await world.linesOf(await world.deliverTo("sent"))).toEqual(["1: 100"]);
  });

  test("a repeat that was acknowledged keeps the fact when the batch it repeats is taken back", async () => {
    const world = current();
    const crm = await purchases(world);
    const told = sale(1, { purchaseId: "p" });
    const { batchId } = await world.begin([told], { source: crm });
    const repeat = await world.receive([told, sale(5)], { source: crm });
    expect(repeat).toMatchObject({ accepted: 1, duplicates: [{ row: 0 }] });
    await world.store.intake.discard(batchId);
    expect(await world.rowsOf(repeat.batchId)).toMatchObject([
      { row: 0, kind: "accepted", conversion: told },
      { row: 1, kind: "accepted" },
    ]);
    const upload = await world.deliverTo("completed");
    expect(upload.rows).toBe(2);
    expect(await world.batch(repeat.batchId)).toMatchObject({ duplicates: 0, processed: 2, status: "completed" });
    const later = sale(1, { purchaseId: "p", dateTime: SOLD_AT + 1 });
    expect(await world.receive([later], { source: crm })).toMatchObject({ accepted: 0 });
  });

  test("a repeat of a half-written correction keeps the correction", async () => {
    const world = current();
    const first = await world.receive([sale(1)]);
    const { batchId } = await world.begin([dearer]);
    const repeat = await world.receive([dearer]);
    const again = await world.receive([dearer]);
    await world.store.intake.discard(batchId);
    expect(await world.rowsOf(repeat.batchId)).toMatchObject([{ kind: "accepted", conversion: { price: "200" } }]);
    expect(await world.rowsOf(again.batchId)).toMatchObject([{ kind: "duplicate" }]);
    const upload = await world.deliverTo("completed");
    expect(await world.linesOf(upload)).toEqual(["1: 200"]);
    for (const batch of [first, repeat, again])
      expect(await world.batch(batch.batchId)).toMatchObject({ processed: 1, status: "completed" });
  });

  test("a correction of a half-written fact survives the batch that told it first", async () => {
    const world = current();
    const { batchId } = await world.begin([sale(1)]);
    const correction = await world.receive([dearer]);
    await world.store.intake.discard(batchId);
    expect(await world.linesOf(await world.deliverTo("completed"))).toEqual(["1: 200"]);
    expect(await world.batch(correction.batchId)).toMatchObject({ processed: 1, status: "completed" });
  });

  test("a half-written price makes nobody's price stale", async () => {
    const world = current();
    await world.receive([sale(1)]);
    const { batchId } = await world.begin([dearer]);
    const retry = await world.receive([sale(1)]);
    expect(retry.warnings).toEqual([]);
    await world.store.intake.discard(batchId);
    world.now += LINGER_MS;
    expect(await world.linesOf(await world.deliverTo("completed"))).toEqual(["1: 100"]);
    expect(await world.batch(retry.batchId)).toMatchObject({ processed: 1, status: "completed" });
  });
}
