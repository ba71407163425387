import { expect, test } from "bun:test";
import { type CurrentWorld, DAY, LINGER_MS, START, sale } from "./world.ts";

/** Rows find their file: lanes, sealing, goals. */
export function planningContract(current: CurrentWorld): void {
  test("the planner sees each new row once, in order of arrival, with what it decides by", async () => {
    const world = current();
    const first = await world.receive([sale(1), sale(2, { price: null, currency: "", purchaseId: "p" })]);
    world.now += 1000;
    const second = await world.receive([sale(3, { currency: "USD" })]);
    const rows = await world.store.planning.readNew(10);
    expect(rows.map(({ batchId }) => batchId)).toEqual([first.batchId, first.batchId, second.batchId]);
    expect(rows.map(({ receivedAt }) => receivedAt)).toEqual([START, START, START + 1000]);
    expect(rows.map(({ currency }) => currency)).toEqual(["RUB", "", "USD"]);
    const { id, counterId, workspaceId } = world.source;
    expect(rows[1]).toMatchObject({ sourceId: id, counterId, workspaceId, purchaseId: "p", identifier: "client_id" });
    expect((await world.store.planning.readNew(2)).map((row) => row.id)).toEqual(rows.slice(0, 2).map((row) => row.id));
    expect(await world.placeRows(rows)).toBe(3);
    expect(await world.store.planning.readNew(10)).toEqual([]);
  });

  test("a row that was placed meanwhile is passed over", async () => {
    const world = current();
    await world.receive([sale(1)]);
    const rows = await world.store.planning.readNew(10);
    expect(await world.placeRows(rows)).toBe(1);
    expect(await world.placeRows(rows)).toBe(0);
    expect(await world.placeRows(rows, () => "waiting_goal")).toBe(0);
    expect(await world.uploads()).toMatchObject([{ rows: 1 }]);
  });

  test("a row whose currency is corrected between reading and placing goes into a file of that currency", async () => {
    const world = current();
    await world.receive([sale(1), sale(2)]);
    const rows = await world.store.planning.readNew(10);
    await world.receive([sale(1, { currency: "USD" })]);
    expect(await world.placeRows(rows)).toBe(1);
    await world.place();
    await world.placeRows(await world.store.planning.readReturning(10));
    const lanes = (await world.uploads()).filter((u) => u.rows > 0).map((u) => [u.currency, u.rows]);
    expect(lanes.sort()).toEqual([
      ["RUB", 1],
      ["USD", 1],
    ]);
  });

  test("counter, credential and currency each have a file of their own", async () => {
    const world = current();
    const sameCounter = await world.addSource({ name: "another token" });
    const sameCredential = { credentialId: world.source.credentialId };
    const otherCounter = await world.addSource({ ...sameCredential, counterId: 101 });
    await world.receive([sale(1), sale(2, { currency: "USD" }), sale(3)]);
    await world.receive([sale(4)], { source: sameCounter });
    await world.receive([sale(5)], { source: otherCounter });
    expect(await world.place()).toBe(5);
    const lanes = (await world.uploads()).map((u) => [u.counterId, u.credentialId, u.currency, u.rows]);
    const { credentialId } = world.source;
    expect(lanes).toEqual([
      [100, credentialId, "RUB", 2],
      [100, credentialId, "USD", 1],
      [100, sameCounter.credentialId, "RUB", 1],
      [101, credentialId, "RUB", 1],
    ]);
  });

  test("a lane of one target and kind of identifier takes no other rows, and what a file is made of is counted", async () => {
    const world = current();
    const { batchId } = await world.receive([
      sale(1),
      sale(2, { target: "lead" }),
      sale(3),
      sale(4, { clientId: "", yclid: "4" }),
    ]);
    const rows = await world.store.planning.readNew(10);
    const split = rows.map((row) => world.intoFile(row, { target: row.target, identifier: row.identifier }));
    await world.placeAll(split);
    expect((await world.uploads()).map(({ target, identifier, rows }) => [target, identifier, rows])).toEqual([
      ["purchase", "client_id", 2],
      ["lead", "client_id", 1],
      ["purchase", "yclid", 1],
    ]);
    expect((await world.store.batches.uploadsOf(batchId)).map(({ batchRows }) => batchRows)).toEqual([2, 1, 1]);
  });

  test("beyond the files that a counter may fill at once, rows of every kind share one", async () => {
    const world = current();
    await world.receive(Array.from({ length: 6 }, (_, i) => sale(i, { target: `t${i}` })));
    const rows = await world.store.planning.readNew(10);
    const split = rows.map((row) => world.intoFile(row, { target: row.target, identifier: row.identifier }));
    await world.placeAll(split, { maxLanes: 3 });
    expect((await world.uploads()).map(({ target, rows }) => [target, rows])).toEqual([
      ["t0", 1],
      ["t1", 1],
      ["t2", 1],
      [null, 3],
    ]);
  });

  test("two sources of one counter and credential share a file", async () => {
    const world = current();
    const second = await world.addSource({ credentialId: world.source.credentialId });
    const [a, b] = [await world.receive([sale(1)]), await world.receive([sale(2)], { source: second })];
    await world.place();
    const [upload] = await world.uploads();
    expect(upload).toMatchObject({ rows: 2 });
    for (const { batchId } of [a, b])
      expect(await world.store.batches.uploadsOf(batchId)).toMatchObject([{ uuid: upload?.uuid, exclusive: false }]);
  });

  test("a row without a price goes with the default currency of its source", async () => {
    const world = current();
    const dollars = await world.addSource({ counterId: 8, defaultCurrency: "USD" });
    await world.receive([sale(1, { price: null, currency: "" })], { source: dollars });
    await world.place();
    expect(await world.uploads()).toMatchObject([{ currency: "USD", rows: 1 }]);
  });

  test("the first upload of a counter does not linger, the next one does", async () => {
    const world = current();
    await world.receive([sale(1)]);
    await world.place();
    expect(await world.seal()).toBe(1);
    await world.receive([sale(2)]);
    await world.place();
    expect(await world.seal()).toBe(0);
    world.now += LINGER_MS - 1;
    expect(await world.seal()).toBe(0);
    await world.receive([sale(3)]);
    await world.place();
    world.now += 1;
    expect(await world.seal()).toBe(1);
    expect((await world.uploads()).map(({ state, rows }) => `${state} ${rows}`)).toEqual(["planned 1", "planned 2"]);
  });

  test("rows of one round share a file that does not linger, however many pages they are read in", async () => {
    const world = current();
    await world.receive([sale(1), sale(2), sale(3)]);
    for (let page = 0; page < 3; page++) {
      await world.placeRows(await world.store.planning.readNew(1));
      world.now += 5;
    }
    expect(await world.seal()).toBe(1);
    expect(await world.uploads()).toMatchObject([{ state: "planned", rows: 3 }]);
  });

  test("a file is full at its number of rows", async () => {
    const world = current();
    await world.receive([1, 2, 3, 4, 5].map((visitor) => sale(visitor)));
    await world.place(() => "upload", { maxRows: 2 });
    expect((await world.uploads()).map(({ rows }) => rows)).toEqual([2, 2, 1]);
    await world.receive([sale(6)]);
    await world.place(() => "upload", { maxRows: 2 });
    expect((await world.uploads()).map(({ rows }) => rows)).toEqual([2, 2, 2]);
    expect(await world.seal({ maxRows: 2 })).toBe(3);
  });

  test("a file is full at its number of bytes", async () => {
    const world = current();
    await world.receive([sale(1, { userId: "u".repeat(200) }), sale(2, { userId: "u".repeat(200) }), sale(3)]);
    await world.place(() => "upload", { maxBytes: 200 });
    expect((await world.uploads()).map(({ rows }) => rows)).toEqual([1, 1, 1]);
    await world.receive([sale(4)]);
    await world.place(() => "upload", { maxBytes: 200 });
    expect(await world.seal({ maxBytes: 50 })).toBe(3);
  });

  test("while a counter's file is being tried again the next one goes on filling, unless it is full", async () => {
    const world = current();
    await world.receive([sale(1)]);
    await world.place();
    await world.seal();
    const [first] = await world.claim(["planned"], "a");
    await world.store.uploads.move({
      ...{ id: first?.id ?? 0, claim: "a", from: "planned", to: "planned", attempt: null, now: world.now },
      facts: { attempts: 1, nextAttemptAt: world.now + DAY },
    });
    await world.receive([sale(2)]);
    await world.place();
    world.now += 2 * LINGER_MS;
    expect(await world.seal()).toBe(0);
    await world.receive([sale(3)]);
    await world.place();
    expect((await world.uploads()).map(({ state, rows }) => [state, rows])).toEqual([
      ["planned", 1],
      ["filling", 2],
    ]);
    expect(await world.seal({ maxRows: 2 })).toBe(1);
  });

  test("while a token is refused its files go on filling, and close when it works again", async () => {
    const world = current();
    const { credentials } = world.store;
    await world.receive([sale(1)]);
    await world.place();
    await credentials.pause(world.source.credentialId, "unauthorized", world.now + DAY, world.now);
    expect(await world.seal()).toBe(0);
    await credentials.resume(world.source.credentialId, world.now);
    expect(await world.seal()).toBe(1);
  });

  test("a row of the near future holds its file until it is past, and no longer", async () => {
    const world = current();
    const ahead = START / 1000 + 15;
    await world.receive([sale(1), sale(2, { dateTime: ahead })]);
    await world.place();
    expect(await world.seal()).toBe(0);
    world.now = ahead * 1000;
    expect(await world.seal()).toBe(0);
    world.now += 1;
    expect(await world.seal()).toBe(1);
  });

  test("a stream of rows ahead of the clock does not hold a file for ever", async () => {
    const world = current();
    await world.receive([sale(1, { dateTime: world.now / 1000 + 10 })]);
    await world.place();
    for (let visitor = 2; visitor < 5; visitor++) {
      world.now += 5000;
      await world.receive([sale(visitor, { dateTime: world.now / 1000 + 10 })]);
      await world.place();
      await world.seal();
    }
    expect((await world.uploads())[0]).toMatchObject({ state: "planned", rows: 1 });
  });

  test("a row that waits for a goal is counted with its batch, and so are its repeats and earlier revisions", async () => {
    const world = current();
    const first = await world.receive([sale(1)]);
    const early = await world.receive([sale(1)]);
    await world.place(() => "waiting_goal");
    const correction = await world.receive([sale(1, { price: "5" })]);
    const late = await world.receive([sale(1, { price: "5" })]);
    const batches = [first, early, correction, late];
    for (const { batchId } of batches) {
      const waiting = { target: "purchase", reason: "waiting_goal", rows: 1 } as const;
      expect(await world.store.batches.setAsideOf(batchId)).toEqual([waiting]);
      expect(await world.rowsOf(batchId)).toMatchObject([{ setAside: "waiting_goal", upload: null }]);
    }
    await world.placeRows(await world.waiting());
    const [upload] = await world.uploads();
    expect(upload?.rows).toBe(1);
    for (const { batchId } of batches) {
      expect(await world.store.batches.setAsideOf(batchId)).toEqual([]);
      expect(await world.rowsOf(batchId)).toMatchObject([{ setAside: null, upload: { uuid: upload?.uuid } }]);
    }
    const counts = await Promise.all(batches.map(({ batchId }) => world.store.batches.uploadsOf(batchId)));
    const numbers = counts.flat().map(({ batchRows, batchDuplicates }) => [batchRows, batchDuplicates]);
    expect(numbers).toEqual([
      [1, 0],
      [0, 1],
      [1, 0],
      [0, 1],
    ]);
  });

  test("a row that waited too long for its goal changes its reason", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1)]);
    const before = await world.batch(batchId);
    await world.place(() => "checking_goal");
    expect(await world.store.batches.setAsideOf(batchId)).toEqual([]);
    await world.placeRows(await world.waiting(), () => "waiting_goal");
    await world.placeRows(await world.waiting(), () => "goal_not_found");
    const lost = { target: "purchase", reason: "goal_not_found", rows: 1 } as const;
    expect(await world.store.batches.setAsideOf(batchId)).toEqual([lost]);
    expect(await world.waiting()).toEqual([]);
    expect((await world.batch(batchId)).statusVersion).toBeGreaterThan(before.statusVersion);
  });

  test("counters that wait for a goal are named with their newest arrival and targets", async () => {
    const world = current();
    const { planning } = world.store;
    const options = { ...world.source.options, createMissingGoals: true };
    const wishful = await world.addSource({ options, credentialId: world.source.credentialId });
    await world.receive([sale(1, { target: "a" })]);
    world.now += 1000;
    await world.receive([sale(2, { target: "b" }), sale(3, { target: "c" })], { source: wishful });
    await world.place((row) => (row.target === "a" ? "waiting_goal" : row.target === "b" ? "checking_goal" : "upload"));
    const { workspaceId, counterId, credentialId } = world.source;
    expect(await planning.countersWaitingForGoal()).toEqual([
      { workspaceId, counterId, newestArrival: START + 1000, unjudged: true, credentialId },
    ]);
    const targets = await planning.targetsWaitingForGoal(workspaceId, counterId);
    expect(targets.toSorted((a, b) => (a.target < b.target ? -1 : 1))).toEqual([
      { target: "a", create: false },
      { target: "b", create: true },
    ]);
    expect(await planning.targetsWaitingForGoal(workspaceId, counterId + 1)).toEqual([]);
  });

  test("a counter is asked with a credential that works, if it has one", async () => {
    const world = current();
    const refused = await world.addSource({ name: "newer, its token is dead" });
    await world.receive([sale(1)]);
    await world.receive([sale(2)], { source: refused });
    await world.place(() => "checking_goal");
    await world.store.credentials.pause(refused.credentialId, "unauthorized", world.now + 1000, world.now);
    const [counter] = await world.store.planning.countersWaitingForGoal();
    expect(counter?.credentialId).toBe(world.source.credentialId);
  });

  test("rows that wait for a goal are read by counter, target and page", async () => {
    const world = current();
    await world.receive([sale(1, { target: "a" }), sale(2, { target: "b" }), sale(3, { target: "a" })]);
    await world.place(() => "waiting_goal");
    const { workspaceId, counterId } = world.source;
    const of = { workspaceId, counterId, after: 0, limit: 10 };
    const read = world.store.planning.readWaitingForGoal;
    const all = await read({ ...of, targets: null });
    expect(all.map(({ target }) => target)).toEqual(["a", "b", "a"]);
    expect((await read({ ...of, targets: ["a"] })).map(({ id }) => id)).toEqual([all[0]?.id, all[2]?.id] as number[]);
    expect(await read({ ...of, targets: [] })).toEqual([]);
    expect(await read({ ...of, targets: null, after: all[0]?.id ?? 0, limit: 1 })).toEqual([all[1]!]);
    expect(await read({ ...of, targets: null, counterId: counterId + 1 })).toEqual([]);
    expect(await read({ ...of, targets: null, workspaceId: workspaceId + 1 })).toEqual([]);
  });
}
