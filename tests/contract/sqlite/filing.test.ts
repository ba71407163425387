import { expect, test } from "bun:test";
import { openSqliteStore } from "../../../core/store/sqlite/store.ts";
import { START, sale, World } from "../store/world.ts";

test("SQLite files batches under their sources in portions, and none beyond one that is still being written", async () => {
  const founding = { uuid: crypto.randomUUID(), workspaceUuid: crypto.randomUUID(), vaultCheck: "canary", now: START };
  const world = new World(openSqliteStore(":memory:", founding));
  await world.addSource();
  const file = (limit: number) => world.store.batches.fileUnderSources(limit);
  for (let visitor = 0; visitor < 12; visitor++) await world.receive([sale(visitor)]);
  const { batchId } = await world.begin([sale(20)]);
  await world.receive([sale(21)]);
  expect([await file(5), await file(100), await file(100)]).toEqual([5, 7, 0]);
  await world.commit({ ...world.slice([]), batchId });
  expect([await file(100), await file(100)]).toEqual([2, 0]);
  await world.store.close();
});
