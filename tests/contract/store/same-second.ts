import { expect, test } from "bun:test";
import type { Conversion } from "../../../core/conversion/conversion.ts";
import { type CurrentWorld, DAY, SOLD_AT, sale, type World } from "./world.ts";

/** A sale of the first visitor under an order of its own. */
const order = (purchaseId: string, change: Partial<Conversion> = {}) => sale(1, { purchaseId, ...change });

/** By how many seconds each line of all files stands before the sales' common second, by its order. */
async function shifts(world: World): Promise<Readonly<Record<string, number>>> {
  const told: Record<string, number> = {};
  for (const upload of await world.uploads())
    for await (const page of world.store.uploads.lines(upload.id, 2))
      for (const { conversion } of page) told[conversion.purchaseId] = SOLD_AT - conversion.dateTime;
  return told;
}

/** Different facts that Metrika would take for one each get a second of their own. */
export function sameSecondContract(current: CurrentWorld): void {
  test("of different sales of one visitor, target and second the first keeps its second, later ones go back one by one", async () => {
    const world = current();
    const { batchId } = await world.receive([order("a"), order("b"), order("c")]);
    await world.place();
    expect(await shifts(world)).toEqual({ a: 0, b: 1, c: 2 });
    const rows = await world.rowsOf(batchId);
    expect(rows.map(({ sentTime }) => sentTime)).toEqual([null, SOLD_AT - 1, SOLD_AT - 2]);
    expect(rows.map(({ conversion }) => conversion?.dateTime)).toEqual([SOLD_AT, SOLD_AT, SOLD_AT]);
  });

  test("sales that differ in visitor, target or counter keep their common second", async () => {
    const world = current();
    const elsewhere = await world.addSource({ counterId: 101 });
    await world.receive([order("a"), sale(2, { purchaseId: "b" }), order("c", { target: "lead" })]);
    await world.receive([order("d")], { source: elsewhere });
    await world.place();
    expect(await shifts(world)).toEqual({ a: 0, b: 0, c: 0, d: 0 });
  });

  test.each([{ clientId: "7" }, { userId: "anna" }, { yclid: "99" }])(
    "sales that have only %p in common are of one visitor where all identifiers are sent",
    async (shared) => {
      const world = current();
      const [first, second] = [{ userId: "u1", yclid: "y1" }, { clientId: "2" }];
      await world.receive([order("a", { ...first, ...shared }), order("b", { ...second, ...shared })]);
      await world.place();
      expect(await shifts(world)).toEqual({ a: 0, b: 1 });
    },
  );

  test("one order under two visitors is one where all identifiers are sent", async () => {
    const world = current();
    const { batchId } = await world.receive([order("a"), sale(2, { purchaseId: "a" })]);
    await world.place();
    expect((await world.rowsOf(batchId)).map(({ sentTime }) => sentTime)).toEqual([null, SOLD_AT - 1]);
  });

  test("where only the best identifier is sent, the others make no clash", async () => {
    const world = current();
    const options = { ...world.source.options, identifiers: "best" as const };
    const source = await world.addSource({ options, counterId: 101 });
    const rows = [order("a", { userId: "anna" }), sale(2, { userId: "anna", purchaseId: "b" })];
    const visitorless = { clientId: "", userId: "anna" };
    await world.receive([...rows, order("c"), order("d", visitorless), order("e", visitorless)], { source });
    await world.place();
    expect(await shifts(world)).toEqual({ a: 0, b: 0, c: 1, d: 0, e: 1 });
  });

  test("a free second is one that no sale of the visitor holds, moved ones included", async () => {
    const world = current();
    await world.receive([order("before", { dateTime: SOLD_AT - 1 }), order("a"), order("b")]);
    await world.place();
    expect(await shifts(world)).toEqual({ before: 1, a: 0, b: 2 });
    await world.receive([order("late", { dateTime: SOLD_AT - 2 })]);
    await world.place();
    expect(await shifts(world)).toEqual({ before: 1, a: 0, b: 2, late: 3 });
  });

  test("a sale gives way to one in an earlier file, however long that is settled", async () => {
    const world = current();
    await world.receive([order("a")]);
    await world.deliverTo("completed");
    world.now += 80 * DAY;
    await world.receive([order("b")]);
    await world.deliverTo("sent");
    await world.receive([order("c")]);
    await world.place();
    expect(await shifts(world)).toEqual({ a: 0, b: 1, c: 2 });
  });

  test("two webhooks of one counter share its seconds", async () => {
    const world = current();
    const other = await world.addSource();
    await world.receive([order("a")]);
    await world.receive([order("b")], { source: other });
    await world.place();
    expect(await shifts(world)).toEqual({ a: 0, b: 1 });
  });

  test("a correction goes with the identifier and the second that were sent first", async () => {
    const world = current();
    const { batchId } = await world.receive([order("a"), order("b")]);
    await world.deliverTo("completed");
    const corrections = [order("b", { price: "7" }), order("a", { price: "8" })];
    const corrected = await world.receive(corrections);
    const upload = await world.deliverTo("completed");
    const lines = (await Array.fromAsync(world.store.uploads.lines(upload.id, 10))).flat();
    expect(lines.map(({ conversion: c }) => [c.clientId, c.purchaseId, c.dateTime, c.price])).toEqual([
      ["1", "a", SOLD_AT, "8"],
      ["1", "b", SOLD_AT - 1, "7"],
    ]);
    const seconds = async (id: number) => (await world.rowsOf(id)).map(({ sentTime }) => sentTime);
    expect(await seconds(batchId)).toEqual([null, SOLD_AT - 1]);
    expect(await seconds(corrected.batchId)).toEqual([SOLD_AT - 1, null]);
  });

  test("the second of a correction that waits for its file stays held", async () => {
    const world = current();
    await world.receive([order("a")]);
    const upload = await world.deliverTo("sent");
    await world.receive([order("a", { price: "5" })]);
    await world.receive([order("b")]);
    await world.place();
    await world.move(upload.id, "sent", "completed");
    await world.place();
    expect(await shifts(world)).toEqual({ a: 0, b: 1 });
  });

  test("a sale revived after Metrika refused its file keeps the second it had there", async () => {
    const world = current();
    await world.receive([order("a"), order("b")]);
    await world.deliverTo("failed");
    await world.receive([order("c")]);
    await world.place();
    await world.receive([order("b"), order("a")]);
    await world.place();
    expect(await shifts(world)).toEqual({ a: 0, b: 1, c: 2 });
  });

  test("a sale that waited for its goal goes back when another took its second meanwhile", async () => {
    const world = current();
    await world.receive([order("a")]);
    await world.place(() => "waiting_goal");
    await world.receive([order("b")]);
    await world.place();
    await world.placeRows(await world.waiting());
    expect(await shifts(world)).toEqual({ b: 0, a: 1 });
  });

  test("a repeat tells the second of its original", async () => {
    const world = current();
    await world.receive([order("a"), order("b")]);
    await world.place();
    const { batchId } = await world.receive([order("b")]);
    expect(await world.rowsOf(batchId)).toMatchObject([{ kind: "duplicate", sentTime: SOLD_AT - 1 }]);
  });

  test("a sale that is moved to the past does not hold its file for its own time", async () => {
    const world = current();
    const ahead = { dateTime: world.now / 1000 };
    await world.receive([order("a", ahead)]);
    await world.place(() => "upload", { maxRows: 1 });
    await world.receive([order("b", ahead)]);
    await world.place(() => "upload", { maxRows: 1 });
    expect(await world.seal({ maxRows: 1 })).toBe(1);
    expect((await world.uploads()).map(({ state }) => state)).toEqual(["filling", "planned"]);
  });

  test("where thirty seconds back are taken a sale keeps its own time, and the planner is told", async () => {
    const world = current();
    const orders = Array.from({ length: 33 }, (_, i) => order(`p${i}`));
    const { batchId } = await world.receive(orders);
    const rows = await world.store.planning.readNew(100);
    const placements = rows.map((row) => world.intoFile(row));
    const limits = {
      maxRows: 1000,
      maxBytes: 1_000_000,
      maxLanes: 30,
      joinedForMs: 21 * DAY,
      keysExpireAt: world.now + DAY,
    };
    const rules = { ...limits, now: world.now, holder: "world", newUuid: () => world.uuid() };
    expect(await world.planner(placements, rules)).toEqual({ rows: 33, sharedSeconds: 2 });
    const told = (await world.rowsOf(batchId)).map(({ sentTime }) => sentTime);
    const seconds = Array.from({ length: 31 }, (_, i) => SOLD_AT - i);
    expect(told).toEqual([null, ...seconds.slice(1), SOLD_AT, SOLD_AT]);
  });

  test("sales that are alone in their second and come after a search there are seen by the next search", async () => {
    const world = current();
    await world.receive([order("a"), order("b")]);
    const rows = await world.store.planning.readNew(10);
    await world.placeRows(rows);
    // Rows that were placed meanwhile: a second is looked for, two back, and not taken.
    await world.placeRows(rows);
    await world.receive([order("x", { dateTime: SOLD_AT - 2 })]);
    await world.place();
    await world.receive([order("y", { dateTime: SOLD_AT - 2 })]);
    await world.place();
    expect(await shifts(world)).toEqual({ a: 0, b: 1, x: 2, y: 3 });
  });

  test("seconds that a failed placing had given out are free again", async () => {
    const world = current();
    await world.receive([order("a"), order("b")]);
    const rows = await world.store.planning.readNew(10);
    const broken = () => {
      throw new Error("no more uuids");
    };
    // The second row opens a second file, which fails, and with it the whole page.
    const uuids = [() => world.uuid(), broken].values();
    const newUuid = () => (uuids.next().value ?? broken)();
    await expect(world.placeRows(rows, () => "upload", { maxRows: 1, newUuid })).rejects.toThrow("no more uuids");
    expect(await world.uploads()).toEqual([]);
    await world.placeRows(rows);
    expect(await shifts(world)).toEqual({ a: 0, b: 1 });
  });
}
