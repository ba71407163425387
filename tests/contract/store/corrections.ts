import { expect, test } from "bun:test";
import { type CurrentWorld, LINGER_MS, MINUTE, sale, type World } from "./world.ts";

const dearer = sale(1, { price: "200" });

/** How the store places the correction: `kind`s of the earlier row and of the correction, and why the latter waits. */
async function fateOf(world: World, earlier: number, correction: number) {
  const [before] = await world.rowsOf(earlier);
  const [after] = await world.rowsOf(correction);
  return { before: before?.kind, after: after?.kind, setAside: after?.setAside, upload: after?.upload?.state ?? null };
}

/** A fact told again with another price, wherever the first telling stands. */
export function correctionsContract(current: CurrentWorld): void {
  test("a correction of a fact in no file replaces it, and both rows share its file", async () => {
    const world = current();
    const first = await world.receive([sale(1)]);
    const second = await world.receive([dearer]);
    expect(second).toMatchObject({ accepted: 1, duplicates: [] });
    const upload = await world.deliverTo("completed");
    expect(upload.rows).toBe(1);
    expect(await world.linesOf(upload)).toEqual(["1: 200"]);
    expect(await fateOf(world, first.batchId, second.batchId)).toMatchObject({ before: "replaced", after: "accepted" });
    const [replaced] = await world.rowsOf(first.batchId);
    expect(replaced).toMatchObject({ conversion: { price: "100" }, upload: { uuid: upload.uuid } });
    for (const { batchId } of [first, second]) expect(await world.batch(batchId)).toMatchObject({ processed: 1 });
  });

  test("a correction of a fact in a filling file takes its place there", async () => {
    const world = current();
    const first = await world.receive([sale(1)]);
    await world.place();
    const second = await world.receive([dearer]);
    expect(await fateOf(world, first.batchId, second.batchId)).toMatchObject({ upload: "filling", setAside: null });
    world.now += LINGER_MS;
    await world.seal();
    const [upload] = await world.uploads();
    expect(upload).toMatchObject({ rows: 1, state: "planned" });
    expect(await world.linesOf(upload!)).toEqual(["1: 200"]);
  });

  test("a correction in another currency does not enter a filling file of the first one", async () => {
    const world = current();
    const first = await world.receive([sale(1)]);
    await world.place();
    const second = await world.receive([sale(1, { price: "3", currency: "USD" })]);
    expect(await fateOf(world, first.batchId, second.batchId)).toMatchObject({ setAside: "waiting_upload" });
    const rubles = await world.deliverTo("completed");
    expect(await world.linesOf(rubles)).toEqual(["1: 100"]);
    const dollars = await world.deliverTo("completed");
    expect(dollars.currency).toBe("USD");
    expect(await world.linesOf(dollars)).toEqual(["1: 3"]);
  });

  test.each(["planned", "sending", "uncertain", "sent", "processing"] as const)(
    "a correction of a fact whose file is %s waits until that file is settled",
    async (state) => {
      const world = current();
      const first = await world.receive([sale(1)]);
      const upload = await world.deliverTo(state);
      const second = await world.receive([dearer]);
      expect(await fateOf(world, first.batchId, second.batchId)).toMatchObject({
        ...{ before: "replaced", after: "accepted", setAside: "waiting_upload", upload: null },
      });
      expect(await world.store.planning.readReturning(10)).toEqual([]);
      expect(await world.linesOf(upload)).toEqual(["1: 100"]);
      if (state === "planned") await world.advance(upload, "completed");
      else if (state === "sending") await world.step(upload.id, "sending", "sent");
      if (state === "sending") await world.move(upload.id, "sent", "completed");
      if (state === "uncertain") await world.move(upload.id, "uncertain", "sent");
      if (state === "uncertain" || state === "sent") await world.move(upload.id, "sent", "completed");
      if (state === "processing") await world.move(upload.id, "processing", "completed");
      expect(await world.store.planning.readReturning(10)).toMatchObject([{ setAside: "waiting_upload" }]);
      const next = await world.deliverTo("completed");
      expect(next.uuid).not.toBe(upload.uuid);
      expect(await world.linesOf(next)).toEqual(["1: 200"]);
      expect(await world.batch(second.batchId)).toMatchObject({ status: "completed", processed: 1 });
    },
  );

  test("a correction of a fact that Metrika has goes into another file, at the same second", async () => {
    const world = current();
    const first = await world.receive([sale(1)]);
    await world.deliverTo("completed");
    const second = await world.receive([sale(1, { price: "0" })]);
    expect(await fateOf(world, first.batchId, second.batchId)).toMatchObject({ setAside: "requeued" });
    expect(await world.batch(first.batchId)).toMatchObject({ status: "completed", processed: 1 });
    const next = await world.deliverTo("completed");
    expect(await world.linesOf(next)).toEqual(["1: 0"]);
    expect(await world.batch(second.batchId)).toMatchObject({ status: "completed", processed: 1 });
  });

  test("a repeat of a fact whose file Metrika refused revives it", async () => {
    const world = current();
    const first = await world.receive([sale(1)]);
    await world.deliverTo("failed");
    const second = await world.receive([sale(1)]);
    expect(second).toMatchObject({ accepted: 1, duplicates: [] });
    const next = await world.deliverTo("completed");
    expect(await world.linesOf(next)).toEqual(["1: 100"]);
    expect(await world.batch(first.batchId)).toMatchObject({ status: "error", processed: 0 });
    expect(await world.batch(second.batchId)).toMatchObject({ status: "completed", processed: 1 });
  });

  test("a repeat of a fact whose goal was never found revives it", async () => {
    const world = current();
    const first = await world.receive([sale(1)]);
    const repeat = await world.receive([sale(1)]);
    await world.place(() => "goal_not_found");
    const second = await world.receive([sale(1)]);
    expect(second).toMatchObject({ accepted: 1, duplicates: [] });
    await world.deliverTo("completed");
    expect(await world.batch(second.batchId)).toMatchObject({ status: "completed", processed: 1 });
    for (const { batchId } of [first, repeat]) {
      expect(await world.batch(batchId)).toMatchObject({ status: "error", processed: 0 });
      expect(await world.store.batches.setAsideOf(batchId)).toMatchObject([{ reason: "goal_not_found", rows: 1 }]);
      expect(await world.rowsOf(batchId)).toMatchObject([{ setAside: "goal_not_found", upload: null }]);
      expect(await world.store.batches.uploadsOf(batchId)).toEqual([]);
    }
  });

  test("what was replaced before a goal was given up stays given up when the fact is revived", async () => {
    const world = current();
    const first = await world.receive([sale(1)]);
    const second = await world.receive([dearer]);
    await world.place(() => "goal_not_found");
    await world.receive([dearer]);
    await world.deliverTo("completed");
    for (const { batchId } of [first, second]) {
      expect(await world.batch(batchId)).toMatchObject({ status: "error", processed: 0 });
      expect(await world.store.batches.uploadsOf(batchId)).toEqual([]);
    }
  });

  test("of several corrections the last received is sent, once the file before is settled", async () => {
    const world = current();
    await world.receive([sale(1)]);
    const upload = await world.deliverTo("sent");
    const middle = await world.receive([dearer]);
    const last = await world.receive([sale(1, { price: "300" })]);
    await world.move(upload.id, "sent", "completed");
    const next = await world.deliverTo("completed");
    expect(next.rows).toBe(1);
    expect(await world.linesOf(next)).toEqual(["1: 300"]);
    for (const { batchId } of [middle, last]) expect(await world.batch(batchId)).toMatchObject({ processed: 1 });
  });

  test("an earlier price within ten minutes of a newer one is a late repeat", async () => {
    const world = current();
    await world.receive([sale(1)]);
    await world.receive([dearer]);
    world.now += 10 * MINUTE;
    const late = await world.receive([sale(1)]);
    expect(late).toMatchObject({ accepted: 0, duplicates: [{ row: 0 }] });
    expect(late.warnings).toEqual([{ row: 0, code: "stale_revision", field: "price", params: { price: "100" } }]);
    world.now += 1;
    expect(await world.receive([sale(1)])).toMatchObject({ accepted: 1, duplicates: [], warnings: [] });
  });

  test("a repeat of a correction follows the correction, not the first telling", async () => {
    const world = current();
    await world.receive([sale(1)]);
    const upload = await world.deliverTo("completed");
    await world.receive([dearer]);
    const repeat = await world.receive([dearer]);
    expect(await world.batch(repeat.batchId)).toMatchObject({ status: "pending", processed: 0 });
    const next = await world.deliverTo("completed");
    expect(await world.rowsOf(repeat.batchId)).toMatchObject([{ kind: "duplicate", upload: { uuid: next.uuid } }]);
    expect(next.uuid).not.toBe(upload.uuid);
  });
}
