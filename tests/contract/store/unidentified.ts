import { expect, test } from "bun:test";
import type { ContactSale, UnidentifiedSale } from "../../../core/store/store.ts";
import { type CurrentWorld, DAY, refusedRow, SOLD_AT, START, sale, type World } from "./world.ts";

const TODAY = Math.floor(START / DAY);

const byContact = (keyHash: string, change: Partial<ContactSale> = {}): UnidentifiedSale => {
  const sold = { target: "purchase", dateTime: SOLD_AT, price: "100", currency: "RUB" };
  return { keyHash, contact: { ...sold, phoneMd5: "phone", emailMd5: null, ...change } };
};
const unknown = (keyHash: string): UnidentifiedSale => ({ keyHash, contact: null });

/** A batch of nothing but these, each a refused row. */
const refuse = (world: World, ...unidentified: readonly UnidentifiedSale[]) =>
  world.receive([], { unidentified, rejected: unidentified.map((_, row) => refusedRow(row)) });

const daysOf = (world: World) => world.store.unidentifiedSales.daysOf(world.source.id, TODAY - 1, TODAY + 1);

/** Sales that name no visitor. */
export function unidentifiedContract(current: CurrentWorld): void {
  test("sales that name no visitor are counted by day and by whether a contact stood in", async () => {
    const world = current();
    await refuse(world, unknown("a"), unknown("b"), byContact("c"));
    world.now += DAY;
    await refuse(world, unknown("d"));
    expect(await daysOf(world)).toEqual([
      { day: TODAY, refused: 2, byContact: 1 },
      { day: TODAY + 1, refused: 1, byContact: 0 },
    ]);
    expect(await world.store.unidentifiedSales.daysOf(world.source.id, TODAY + 1, TODAY + 1)).toHaveLength(1);
    expect(await world.store.unidentifiedSales.daysOf(world.source.id + 1, TODAY, TODAY)).toEqual([]);
  });

  test("a sale that is told again, in its batch or another, is counted once, on its first day", async () => {
    const world = current();
    await refuse(world, unknown("a"), unknown("a"), byContact("b"), byContact("b"));
    world.now += DAY;
    await refuse(world, unknown("a"), byContact("b"));
    expect(await daysOf(world)).toEqual([{ day: TODAY, refused: 1, byContact: 1 }]);
  });

  test("a refused sale whose contact comes later moves to the other count of its day, and does not move back", async () => {
    const world = current();
    await refuse(world, unknown("a"), unknown("b"));
    world.now += DAY;
    await refuse(world, byContact("a"), unknown("c"), byContact("c"));
    await refuse(world, unknown("a"));
    expect((await daysOf(world)).map(({ day, ...counts }) => [day - TODAY, counts])).toEqual([
      [0, { refused: 1, byContact: 1 }],
      [1, { refused: 0, byContact: 1 }],
    ]);
  });

  test("a sale that was told with an identifier before is no unidentified one", async () => {
    const world = current();
    const options = { ...world.source.options, dedupeBy: "purchase" } as const;
    const crm = await world.addSource({ options, counterId: 7 });
    await world.receive([sale(1, { purchaseId: "deal" })], { source: crm });
    await refuse(world, unknown("key:deal"), byContact("key:deal"), unknown("key:another"));
    expect(await daysOf(world)).toEqual([{ day: TODAY, refused: 1, byContact: 0 }]);
  });

  test("a batch of such sales is whole: all of it refused, nothing accepted", async () => {
    const world = current();
    const { batchId, accepted } = await refuse(world, unknown("a"), byContact("b"));
    expect(accepted).toBe(0);
    expect(await world.batch(batchId)).toMatchObject({ total: 2, rejected: 2, status: "error" });
  });

  test("neither a preview nor a batch that the database refuses counts anything", async () => {
    const world = current();
    const slice = world.slice([sale(1)], { unidentified: [unknown("a"), byContact("b")], rejected: [refusedRow(1)] });
    await world.store.intake.preview(slice);
    const twice = { ...slice, rejected: [refusedRow(1), refusedRow(1)] };
    await expect(world.commit(twice)).rejects.toThrow();
    expect(await daysOf(world)).toEqual([]);
    await world.commit(slice);
    expect(await daysOf(world)).toEqual([{ day: TODAY, refused: 1, byContact: 1 }]);
  });

  test("good rows beside them are accepted, repeats recognised", async () => {
    const world = current();
    const with_ = (unidentified: readonly UnidentifiedSale[]) => ({ unidentified, rejected: [refusedRow(2)] });
    expect(await world.receive([sale(1), sale(2)], with_([unknown("a")]))).toMatchObject({ accepted: 2 });
    expect(await world.receive([sale(2), sale(3)], with_([unknown("b")]))).toMatchObject({
      ...{ accepted: 1, duplicates: [{ row: 0 }] },
    });
    expect(await daysOf(world)).toEqual([{ day: TODAY, refused: 2, byContact: 0 }]);
  });

  test("what was counted is forgotten with its key, and the count stays", async () => {
    const world = current();
    await refuse(world, unknown("a"), byContact("b"));
    const { purgeExpired } = world.store.maintenance;
    // The contents of the refused rows go before.
    expect(await purgeExpired(START + 400 * DAY - 1)).toBe(2);
    expect(await purgeExpired(START + 400 * DAY)).toBe(3);
    expect(await daysOf(world)).toEqual([{ day: TODAY, refused: 1, byContact: 1 }]);
  });

  test("accepted rows of a source are counted by the time of their batches, filed or not", async () => {
    const world = current();
    const { batches } = world.store;
    const other = await world.addSource({ counterId: 7 });
    const acceptedOf = (from: number, before: number) => batches.acceptedOf(world.source.id, from, before);
    expect(await acceptedOf(START, START + DAY)).toBe(0);
    await world.receive([sale(1), sale(2), sale(1)], { rejected: [refusedRow(3)] });
    await world.receive([sale(1)], { source: other });
    await batches.fileUnderSources(1);
    world.now += 1000;
    await world.receive([sale(3), sale(2, { price: "5" })]);
    world.now += DAY;
    await world.receive([sale(4)]);
    await world.begin([sale(5)]);
    expect(await acceptedOf(START, START + DAY)).toBe(4);
    expect(await acceptedOf(START + 1, START + DAY)).toBe(2);
    expect(await acceptedOf(START, START + 1000)).toBe(2);
    await batches.fileUnderSources(100);
    expect(await acceptedOf(START, START + DAY)).toBe(4);
    expect(await acceptedOf(START + DAY, START + 2 * DAY)).toBe(1);
  });
}
