import { expect, test } from "bun:test";
import type { MatchRateFilter } from "../../../core/store/store.ts";
import { type CurrentWorld, sale, type World } from "./world.ts";

const rates = (world: World, change: Partial<MatchRateFilter> = {}, more = {}) => {
  const none = { sourceId: null, counterId: null, target: null, identifier: null };
  const filter = { ...none, workspaceId: world.source.workspaceId, settledFrom: null, settledBefore: null, ...change };
  return world.store.matchRates.list({
    ...{ filter, by: ["target", "identifier", "counter"], now: world.now, after: 0, limit: 100, ...more },
  });
};

/** Match rates, whose bounds `tests/properties/match-rates.property.test.ts` holds to every possible assignment. */
export function matchRatesContract(current: CurrentWorld): void {
  test("of a file of several kinds of rows only bounds follow for each", async () => {
    const world = current();
    await world.receive([1, 2, 3, 4].map((visitor) => sale(visitor, { target: visitor === 4 ? "lead" : "purchase" })));
    await world.deliverTo("completed", { linkedQuantity: 3 });
    const numbers = { sourceUuid: null, counterId: 100, identifier: "client_id", rowsUnknown: 0, rowsOpen: 0 } as const;
    expect(await rates(world)).toEqual({
      rows: [
        { ...numbers, target: "purchase", rows: 3, linkedMin: 2, linkedMax: 3 },
        { ...numbers, target: "lead", rows: 1, linkedMin: 0, linkedMax: 1 },
      ],
      after: null,
    });
    expect((await rates(world, {}, { by: ["counter"] })).rows).toMatchObject([
      { target: null, rows: 4, linkedMin: 3, linkedMax: 3 },
    ]);
  });

  test("a file without one visit has none linked, even if Metrika told no number", async () => {
    const world = current();
    await world.receive([sale(1)]);
    await world.deliverTo("completed", { metrikaStatus: "LINKAGE_FAILURE", linkedQuantity: null });
    expect((await rates(world)).rows).toMatchObject([{ rows: 1, linkedMin: 0, linkedMax: 0, rowsUnknown: 0 }]);
  });

  test("more linked rows than the file has tell nothing", async () => {
    const world = current();
    await world.receive([sale(1)]);
    await world.deliverTo("completed", { linkedQuantity: 2 });
    expect((await rates(world)).rows).toMatchObject([{ rows: 0, rowsUnknown: 1 }]);
  });

  test("a period takes in its first instant and leaves out its last", async () => {
    const world = current();
    await world.receive([sale(1)]);
    await world.deliverTo("completed", { settledAt: 5000 });
    const found = async (settledFrom: number, settledBefore: number) =>
      (await rates(world, { settledFrom, settledBefore })).rows.length;
    expect([await found(5000, 5001), await found(4000, 5000), await found(5001, 9000)]).toEqual([1, 0, 0]);
  });

  test("another workspace's rows are not seen", async () => {
    const world = current();
    await world.receive([sale(1)]);
    await world.deliverTo("completed");
    expect((await rates(world, { workspaceId: world.source.workspaceId + 1 })).rows).toEqual([]);
  });
}
