import { expect, test } from "bun:test";
import type { Conversion } from "../../../core/conversion/conversion.ts";
import { GIVEN } from "../../../core/conversion/purchase-key.ts";
import type { SourceRecord } from "../../../core/store/store.ts";
import { type CurrentWorld, DAY, SOLD_AT, START, sale, type World } from "./world.ts";

/** A CRM's source, whose facts are known by keys that it gives. */
async function crmOf(world: World, change: Partial<SourceRecord> = {}) {
  const options = { ...world.source.options, dedupeBy: "purchase" } as const;
  const source = await world.addSource({ options, counterId: 7, ...change });
  const told = (deals: readonly (readonly [deal: string, sale: Conversion])[]) => ({
    ...world.slice([], { source, received: deals.length }),
    rows: deals.map(([deal, conversion], row) => ({ row, conversion, keyHash: GIVEN + deal })),
  });
  const tell = (...deals: readonly (readonly [string, Conversion])[]) => world.commit(told(deals));
  return { source, told, tell };
}

/** Facts that are known by the keys that their sources gave. */
export function givenKeysContract(current: CurrentWorld): void {
  test("a deal told again at another time by another visitor is a repeat, and its first identifiers stay", async () => {
    const world = current();
    const { tell } = await crmOf(world);
    const { batchId } = await tell(["deal", sale(1, { purchaseId: "p" })]);
    const later = sale(2, { purchaseId: "q", dateTime: SOLD_AT + 500 });
    expect(await tell(["deal", later])).toMatchObject({ accepted: 0, duplicates: [{ row: 0 }] });
    expect(await world.rowsOf(batchId)).toMatchObject([{ conversion: { clientId: "1", dateTime: SOLD_AT } }]);
  });

  test("a deal told again with another price is a correction at the second and visitor first told", async () => {
    const world = current();
    const { tell } = await crmOf(world);
    await tell(["deal", sale(1)]);
    const { accepted, batchId } = await tell(["deal", sale(2, { price: "250", dateTime: SOLD_AT + 500 })]);
    expect(accepted).toBe(1);
    expect(await world.rowsOf(batchId)).toMatchObject([
      { conversion: { clientId: "1", dateTime: SOLD_AT, price: "250" } },
    ]);
  });

  test("deals of one purchase are as many facts as they have keys, before and after they stand in a file", async () => {
    const world = current();
    const { tell } = await crmOf(world);
    const of = (visitor: number) => sale(visitor, { purchaseId: "p" });
    expect(await tell(["a", of(1)], ["b", of(2)])).toMatchObject({ accepted: 2 });
    await world.place();
    expect(await tell(["c", of(3)], ["a", of(4)])).toMatchObject({ accepted: 1, duplicates: [{ row: 1 }] });
  });

  test("a fact with a key of its own is known by that alone, not by its purchase, once it stands in a file", async () => {
    const world = current();
    const { source, tell } = await crmOf(world);
    await tell(["deal", sale(1, { purchaseId: "p" })]);
    await world.place();
    const withoutKey = sale(2, { purchaseId: "p" });
    expect(await world.receive([withoutKey], { source })).toMatchObject({ accepted: 1, duplicates: [] });
  });

  test("two deals of one buyer that were closed in one second are two facts, a second apart", async () => {
    const world = current();
    const { tell } = await crmOf(world);
    const { batchId, accepted } = await tell(
      ["a", sale(1, { price: "10" })],
      ["b", sale(1, { price: "20" })],
      ["a", sale(1, { price: "10" })],
    );
    expect(accepted).toBe(2);
    const second = await tell(["c", sale(1, { price: "10" })]);
    expect(second).toMatchObject({ accepted: 1, duplicates: [] });
    const told = [...(await world.rowsOf(batchId)), ...(await world.rowsOf(second.batchId))];
    expect(told.map(({ conversion }) => [conversion?.price, SOLD_AT - (conversion?.dateTime ?? 0)])).toEqual([
      ["10", 0],
      ["20", 1],
      ["10", 0],
      ["10", 2],
    ]);
    expect(await tell(["b", sale(1, { price: "20" })])).toMatchObject({ accepted: 0, duplicates: [{ row: 0 }] });
  });

  test("a preview keeps two deals of one second apart as well", async () => {
    const world = current();
    const { told, tell } = await crmOf(world);
    await tell(["a", sale(1)]);
    const preview = await world.store.intake.preview(told([["b", sale(1, { price: "7" })]]));
    expect(preview).toMatchObject({ accepted: 1, duplicates: [] });
    expect(await tell(["b", sale(1, { price: "7" })])).toMatchObject({ accepted: 1, duplicates: [] });
  });

  test("a sale that a site told already is met by its deal, and known by the deal's key from then on", async () => {
    const world = current();
    const { source, tell } = await crmOf(world);
    const site = await world.addSource({ counterId: source.counterId });
    const { batchId } = await world.receive([sale(1)], { source: site });
    expect(await tell(["deal", sale(1)])).toMatchObject({ accepted: 0, duplicates: [{ row: 0 }] });
    const wonAgain = sale(1, { dateTime: SOLD_AT + 500, price: "250" });
    const corrected = await tell(["deal", wonAgain]);
    expect(corrected).toMatchObject({ accepted: 1 });
    const [row] = await world.rowsOf(batchId);
    expect(await world.rowsOf(corrected.batchId)).toMatchObject([{ conversionId: row?.conversionId ?? 0 }]);
  });

  test("a deal that Metrika counted is known after its conversion passed its retention", async () => {
    const world = current();
    const { tell } = await crmOf(world);
    const first = await tell(["deal", sale(1)]);
    await world.deliverTo("completed");
    world.now += 100 * DAY;
    await tell(["another", sale(2)]);
    expect(await world.store.maintenance.purgeSettled(START + DAY, 10)).toBe(1);
    expect((await world.batch(first.batchId)).status).toBe("completed");
    const again = await tell(["deal", sale(1, { dateTime: SOLD_AT + 500 })]);
    expect(again).toMatchObject({ accepted: 0, duplicates: [{ row: 0 }] });
    expect((await world.batch(again.batchId)).status).toBe("completed");
  });

  test("a deal that Metrika never took is told anew after its conversion passed its retention", async () => {
    const world = current();
    const { tell } = await crmOf(world);
    await tell(["deal", sale(1)]);
    await world.place(() => "goal_not_found");
    world.now += 100 * DAY;
    await tell(["another", sale(2)]);
    expect(await world.store.maintenance.purgeSettled(START + DAY, 10)).toBe(1);
    expect(await tell(["deal", sale(1, { price: "7" })])).toMatchObject({ accepted: 1, duplicates: [] });
  });

  test("a deal whose file Metrika refused is brought back when it is told again", async () => {
    const world = current();
    const { tell } = await crmOf(world);
    await tell(["deal", sale(1)]);
    await world.deliverTo("failed");
    const again = await tell(["deal", sale(2, { dateTime: SOLD_AT + 500 })]);
    expect(again).toMatchObject({ accepted: 1, duplicates: [] });
    const upload = await world.deliverTo("completed");
    expect(await world.linesOf(upload)).toEqual(["1: 100"]);
    expect((await world.batch(again.batchId)).status).toBe("completed");
  });
}
