import { expect, test } from "bun:test";
import { batchUuid } from "../../../core/store/public-id.ts";
import type { UploadFacts } from "../../../core/store/store.ts";
import { type CurrentWorld, LINGER_MS, refusedRow, sale, type World } from "./world.ts";

const statusOf = async (world: World, batchId: number) => (await world.batch(batchId)).status;

/** Metrika's numbers for a file of two rows that ended with the given status. */
const ended = (metrikaStatus: string, linkedQuantity: number): UploadFacts => ({
  ...{ metrikaStatus, linkedQuantity, sourceQuantity: 2, lineQuantity: 2 },
});

/** What a batch's status says of its rows; every row of the specification's table. */
export function batchesContract(current: CurrentWorld): void {
  test("a batch goes from pending through uploaded and processing to completed", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1), sale(2)]);
    const seen = [await statusOf(world, batchId)];
    const see = async () => seen.push(await statusOf(world, batchId));
    await world.place();
    await see();
    await world.seal();
    await see();
    const [upload] = await world.uploads();
    await world.move(upload!.id, "planned", "sending");
    await see();
    await world.step(upload!.id, "sending", "sent", { metrikaUploadId: "900" });
    await see();
    await world.move(upload!.id, "sent", "processing");
    await see();
    await world.move(upload!.id, "processing", "completed", ended("PROCESSED", 1));
    await see();
    expect(seen).toEqual(["pending", "pending", "pending", "pending", "uploaded", "processing", "completed"]);
    expect(await world.batch(batchId)).toMatchObject({ processed: 2, metrikaUploadId: "900" });
  });

  test("a batch whose answer was lost is pending", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1)]);
    await world.deliverTo("uncertain");
    expect(await world.batch(batchId)).toMatchObject({ status: "pending", processed: 0 });
  });

  test("a batch is pending while one of its files is not sent, whatever became of the others", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1), sale(2, { currency: "USD" })]);
    await world.place();
    world.now += LINGER_MS;
    await world.seal();
    const [rubles, dollars] = await world.uploads();
    await world.advance(rubles!, "completed");
    expect(await world.batch(batchId)).toMatchObject({ status: "pending", processed: 1 });
    await world.advance(dollars!, "sent");
    expect(await world.batch(batchId)).toMatchObject({ status: "processing", processed: 1 });
    await world.move(dollars!.id, "sent", "failed");
    expect(await world.batch(batchId)).toMatchObject({ status: "completed", processed: 1 });
  });

  test("a batch none of whose rows Metrika took ends in error", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1)]);
    await world.deliverTo("failed");
    expect(await world.batch(batchId)).toMatchObject({ status: "error", processed: 0 });
  });

  test("a batch all of whose rows were refused is an error at once", async () => {
    const world = current();
    const { batchId } = await world.receive([], { rejected: [refusedRow(0)] });
    expect(await world.batch(batchId)).toMatchObject({ status: "error", total: 1, rejected: 1, processed: 0 });
  });

  test("a batch whose every file met no visit ends in error, though its rows are processed", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1), sale(2)]);
    await world.deliverTo("completed", ended("LINKAGE_FAILURE", 0));
    expect(await world.batch(batchId)).toMatchObject({ status: "error", processed: 2 });
  });

  test("one file that met visits is enough to complete a batch", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1), sale(2, { currency: "USD" })]);
    await world.place();
    world.now += LINGER_MS;
    await world.seal();
    const [rubles, dollars] = await world.uploads();
    await world.advance(rubles!, "completed", { metrikaStatus: "LINKAGE_FAILURE", linkedQuantity: 0 });
    await world.advance(dollars!, "completed");
    expect(await world.batch(batchId)).toMatchObject({ status: "completed", processed: 2 });
  });

  test("rows that wait for a goal do not hold the rest of their batch", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1), sale(2, { target: "unknown" })]);
    await world.place((row) => (row.target === "unknown" ? "waiting_goal" : "upload"));
    await world.deliverTo("completed");
    expect(await world.batch(batchId)).toMatchObject({ status: "completed", processed: 1 });
    await world.placeRows(await world.waiting());
    expect(await statusOf(world, batchId)).toBe("pending");
    await world.deliverTo("completed");
    expect(await world.batch(batchId)).toMatchObject({ status: "completed", processed: 2 });
  });

  test("a batch of nothing but rows that wait for a goal stands in error until they are freed", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1)]);
    await world.place(() => "checking_goal");
    expect(await statusOf(world, batchId)).toBe("pending");
    await world.placeRows(await world.waiting(), () => "waiting_goal");
    expect(await statusOf(world, batchId)).toBe("error");
    await world.placeRows(await world.waiting());
    await world.deliverTo("completed");
    expect(await statusOf(world, batchId)).toBe("completed");
  });

  test("a batch of repeats follows the originals", async () => {
    const world = current();
    await world.receive([sale(1), sale(2)]);
    const before = await world.receive([sale(1)]);
    await world.deliverTo("sent");
    const during = await world.receive([sale(1), sale(2)]);
    for (const { batchId } of [before, during]) expect(await statusOf(world, batchId)).toBe("uploaded");
    const [upload] = await world.uploads();
    await world.move(upload!.id, "sent", "completed", ended("PROCESSED", 2));
    const after = await world.receive([sale(2)]);
    expect(await world.batch(before.batchId)).toMatchObject({ status: "completed", processed: 1, duplicates: 1 });
    expect(await world.batch(during.batchId)).toMatchObject({ status: "completed", processed: 2, duplicates: 2 });
    expect(await world.batch(after.batchId)).toMatchObject({ status: "completed", processed: 1 });
  });

  test("rows that Metrika refused out of a batch's own file are not processed", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1), sale(2), sale(3)]);
    await world.deliverTo("completed", { sourceQuantity: 3, lineQuantity: 2, linkedQuantity: 2 });
    expect(await world.batch(batchId)).toMatchObject({ status: "completed", processed: 2, total: 3 });
  });

  test("a file is a batch's own as long as no other batch has a row in it", async () => {
    const world = current();
    const alone = await world.receive([sale(1), sale(2)]);
    const repeats = await world.receive([sale(1)]);
    await world.deliverTo("planned");
    const of = async (batchId: number) => (await world.store.batches.uploadsOf(batchId))[0];
    expect(await of(alone.batchId)).toMatchObject({ exclusive: true, batchRows: 2, batchDuplicates: 0, rows: 2 });
    expect(await of(repeats.batchId)).toMatchObject({ exclusive: false, batchRows: 0, batchDuplicates: 1 });
  });

  test("batches of a source are listed newest first, page by page", async () => {
    const world = current();
    const other = await world.addSource({ name: "another" });
    const [a, b, c] = [await world.receive([sale(1)]), await world.receive([sale(2)]), await world.receive([sale(3)])];
    await world.receive([sale(4)], { source: other });
    const of = { sourceId: world.source.id, limit: 2 };
    const first = await world.store.batches.list({ ...of, before: null });
    expect(first.rows.map(({ id }) => id)).toEqual([c.batchId, b.batchId]);
    const rest = await world.store.batches.list({ ...of, before: first.after });
    expect(rest.rows.map(({ id }) => id)).toEqual([a.batchId]);
    expect(rest.after).toBeNull();
  });

  test("a batch is found by its public id, with the source it came from", async () => {
    const world = current();
    const slice = world.slice([sale(1)]);
    const { batchId } = await world.commit(slice);
    const { uuid, counterId, id } = world.source;
    const found = await world.store.batches.findByUuid(batchUuid(world.store.installation.uuid, batchId));
    expect(found).toMatchObject({ id: batchId, sourceId: id, sourceUuid: uuid, counterId, createdAt: slice.now });
    expect(found).toEqual(await world.batch(batchId));
    expect(await world.store.batches.findByUuid(crypto.randomUUID())).toBeNull();
    expect(await world.store.batches.get(batchId + 1)).toBeNull();
  });

  test("batches are listed alike before they are filed under their sources, half-way and after", async () => {
    const world = current();
    const other = await world.addSource({});
    const own = [];
    for (let i = 0; i < 6; i++) {
      own.push((await world.receive([sale(i)])).batchId);
      await world.receive([sale(i)], { source: other });
    }
    const listed = async () => {
      const ids: number[] = [];
      for (let before: number | null = null; ; ) {
        const { rows, after } = await world.store.batches.list({ sourceId: world.source.id, before, limit: 4 });
        ids.push(...rows.map(({ id }) => id));
        if (after === null) return ids;
        before = after;
      }
    };
    const newestFirst = own.toReversed();
    expect(await listed()).toEqual(newestFirst);
    for (let isFiled = false; !isFiled; ) {
      isFiled = (await world.store.batches.fileUnderSources(5)) === 0;
      expect(await listed()).toEqual(newestFirst);
    }
  });

  test("a batch that is still being written is neither listed nor filed, and comes after it is whole", async () => {
    const world = current();
    const { batchId } = await world.begin([sale(1)]);
    const later = await world.receive([sale(2)]);
    const listed = async () =>
      (await world.store.batches.list({ sourceId: world.source.id, before: null, limit: 10 })).rows.map(({ id }) => id);
    expect(await listed()).toEqual([later.batchId]);
    expect(await world.store.batches.fileUnderSources(100)).toBe(0);
    expect(await listed()).toEqual([later.batchId]);
    await world.commit({ ...world.slice([]), batchId });
    await world.store.batches.fileUnderSources(100);
    expect(await listed()).toEqual([later.batchId, batchId]);
  });

  test("every move is seen: the version grows and the time of the last change with it", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1)]);
    let before = await world.batch(batchId);
    await world.place();
    world.now += LINGER_MS;
    await world.seal();
    const [upload] = await world.uploads();
    for (const [from, to] of [
      ["planned", "sending"],
      ["sending", "sent"],
      ["sent", "completed"],
    ] as const) {
      world.now += 1000;
      await world.step(upload!.id, from, to);
      const after = await world.batch(batchId);
      expect(after.statusVersion).toBeGreaterThan(before.statusVersion);
      expect(after.updatedAt).toBe(world.now);
      before = after;
    }
  });
}
