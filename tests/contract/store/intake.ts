import { expect, test } from "bun:test";
import { type CurrentWorld, DAY, refusedRow, SOLD_AT, START, sale } from "./world.ts";

/** What comes in: new facts, repeats, refused rows, idempotency, previews. */
export function intakeContract(current: CurrentWorld): void {
  test("new conversions are accepted and can be read row by row", async () => {
    const world = current();
    const sales = [sale(1), sale(2, { price: null, currency: "" }), sale(3, { yclid: "77", userId: "u" })];
    const { batchId, ...result } = await world.receive(sales);
    expect(result).toEqual({ accepted: 3, duplicates: [], warnings: [] });
    const rows = await world.rowsOf(batchId);
    expect(rows.map(({ kind }) => kind)).toEqual(["accepted", "accepted", "accepted"]);
    expect(rows.map(({ conversion }) => conversion)).toEqual(sales);
    expect(await world.batch(batchId)).toMatchObject({ total: 3, duplicates: 0, rejected: 0, status: "pending" });
  });

  test("a repeat is a duplicate of the first", async () => {
    const world = current();
    const first = await world.receive([sale(1)]);
    const again = await world.receive([sale(2), sale(1)]);
    const [original] = await world.rowsOf(first.batchId);
    expect(again).toMatchObject({ accepted: 1, duplicates: [{ row: 1, conversionId: original?.conversionId }] });
    expect(await world.store.batches.duplicatesOf(again.batchId)).toEqual([...again.duplicates]);
  });

  test("any other identifier, target, second, counter or workspace makes another fact", async () => {
    const world = current();
    const others = [
      sale(1),
      sale(2),
      sale(1, { target: "Purchase" }),
      sale(1, { dateTime: SOLD_AT + 1 }),
      sale(1, { userId: "1" }),
      sale(1, { yclid: "1" }),
      sale(1, { purchaseId: "1" }),
    ];
    expect(await world.receive(others)).toMatchObject({ accepted: 7, duplicates: [] });
    const elsewhere = await world.addSource({ counterId: 101 });
    expect(await world.receive([sale(1)], { source: elsewhere })).toMatchObject({ accepted: 1 });
    const { workspaceId } = world.source;
    const foreign = { ...world.source, workspaceId: workspaceId + 1 };
    expect(await world.receive([sale(1)], { source: foreign })).toMatchObject({ accepted: 1 });
  });

  test("two sources that tell the same fact of one counter tell it once", async () => {
    const world = current();
    await world.receive([sale(1)]);
    const second = await world.addSource({ name: "second" });
    expect(await world.receive([sale(1)], { source: second })).toMatchObject({ accepted: 0, duplicates: [{ row: 0 }] });
  });

  test("a group of requests is written as if one came after the other", async () => {
    const world = current();
    const [first, second, third] = await world.store.intake.commit([
      world.slice([sale(1), sale(2), sale(1)]),
      world.slice([sale(1)]),
      world.slice([sale(3)]),
    ]);
    expect(first).toMatchObject({ accepted: 2, duplicates: [{ row: 2 }] });
    expect(second).toMatchObject({ accepted: 0, duplicates: [{ row: 0 }] });
    expect(third).toMatchObject({ accepted: 1, duplicates: [] });
    expect(new Set([first?.batchId, second?.batchId, third?.batchId]).size).toBe(3);
  });

  test("a group with a part that cannot be written leaves nothing at all", async () => {
    const world = current();
    const good = world.slice([sale(1)]);
    const twice = world.slice([], { rejected: [refusedRow(0), refusedRow(0)] });
    await expect(world.store.intake.commit([good, twice])).rejects.toThrow();
    const all = { sourceId: world.source.id, before: null, limit: 10 };
    expect((await world.store.batches.list(all)).rows).toEqual([]);
    expect(await world.receive([sale(1)])).toMatchObject({ accepted: 1, duplicates: [] });
  });

  test("refused rows are kept with their reason and occupy no key", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1)], { rejected: [refusedRow(1), refusedRow(2, { sealed: null })] });
    expect(await world.store.batches.rejectedOf(batchId)).toEqual([refusedRow(1), refusedRow(2, { sealed: null })]);
    expect(await world.batch(batchId)).toMatchObject({ total: 3, rejected: 2, duplicates: 0 });
    const rejected = (await world.rowsOf(batchId)).slice(1);
    expect(rejected).toMatchObject([
      { row: 1, kind: "rejected", conversion: null, rejection: { code: "no_identifier", field: "client_id" } },
      { row: 2, kind: "rejected", conversion: null, rejection: { sealed: null } },
    ]);
  });

  test("the warnings of a batch are kept in the order of its rows", async () => {
    const world = current();
    const old = { code: "too_old", field: "date_time", params: { value: "2025", days: 30 } } as const;
    const given = [
      { row: 1, ...old },
      { row: 0, ...old },
    ];
    const { batchId } = await world.receive([sale(1), sale(2)], { warnings: given });
    expect((await world.batch(batchId)).warnings).toEqual([
      { row: 0, ...old },
      { row: 1, ...old },
    ]);
  });

  test("rows of a batch are read in pages", async () => {
    const world = current();
    const sales = [sale(1), sale(1), sale(2), sale(3)];
    const { batchId } = await world.receive(sales, { rejected: [refusedRow(4)] });
    const first = await world.store.batches.rowsOf(batchId, -1, 2);
    expect(first.rows.map(({ row, kind }) => `${row} ${kind}`)).toEqual(["0 accepted", "1 duplicate"]);
    expect(first.after).toBe(1);
    const second = await world.store.batches.rowsOf(batchId, 1, 3);
    expect(second.rows.map(({ row, kind }) => `${row} ${kind}`)).toEqual(["2 accepted", "3 accepted", "4 rejected"]);
    expect(second.after).toBeNull();
  });

  test("an idempotency key leads to its batch until it expires, for its own source only", async () => {
    const world = current();
    const idempotency = { key: "k1", bodyHash: "h1", expiresAt: START + DAY };
    const { batchId } = await world.receive([sale(1)], { idempotency });
    const { findIdempotent } = world.store.intake;
    expect(await findIdempotent(world.source.id, "k1", START)).toEqual({ bodyHash: "h1", batchId });
    expect(await findIdempotent(world.source.id, "k2", START)).toBeNull();
    expect(await findIdempotent(world.source.id + 1, "k1", START)).toBeNull();
    expect(await findIdempotent(world.source.id, "k1", START + DAY)).toBeNull();
    world.now = START + DAY;
    const anew = { key: "k1", bodyHash: "h2", expiresAt: START + 3 * DAY };
    const later = await world.receive([sale(2)], { idempotency: anew });
    expect(await findIdempotent(world.source.id, "k1", START + 2 * DAY)).toEqual({
      ...{ bodyHash: "h2", batchId: later.batchId },
    });
  });

  test("a preview finds what a commit would find, and leaves no trace", async () => {
    const world = current();
    await world.receive([sale(1, { purchaseId: "p1" })]);
    await world.place();
    const later = sale(1, { purchaseId: "p1", dateTime: SOLD_AT + 60 });
    const slice = world.slice([later, sale(2), sale(2), sale(3)], {
      idempotency: { key: "k1", bodyHash: "h1", expiresAt: START + DAY },
    });
    const preview = await world.store.intake.preview(slice);
    expect(preview).toMatchObject({ accepted: 3, duplicates: [{ row: 2 }] });
    expect(preview.warnings).toMatchObject([{ row: 0, code: "same_purchase_again" }]);
    const all = { sourceId: world.source.id, before: null, limit: 10 };
    expect((await world.store.batches.list(all)).rows).toHaveLength(1);
    expect(await world.store.intake.findIdempotent(world.source.id, "k1", START)).toBeNull();
    expect(await world.store.planning.readNew(10)).toEqual([]);
    expect(await world.commit(slice)).toMatchObject({ accepted: 3, warnings: preview.warnings });
  });

  test("under dedupe by purchase the same purchase at another time is a repeat", async () => {
    const world = current();
    const options = { ...world.source.options, dedupeBy: "purchase" } as const;
    const crm = await world.addSource({ options, counterId: 7 });
    await world.receive([sale(1, { purchaseId: "deal" })], { source: crm });
    const moved = sale(1, { purchaseId: "deal", dateTime: SOLD_AT + 500 });
    expect(await world.receive([moved], { source: crm })).toMatchObject({ accepted: 0, duplicates: [{ row: 0 }] });
    const another = sale(1, { purchaseId: "deal 2", dateTime: SOLD_AT + 500 });
    expect(await world.receive([another], { source: crm })).toMatchObject({ accepted: 1 });
  });

  test("a purchase won again with another price corrects the first, at the second it was first told", async () => {
    const world = current();
    const options = { ...world.source.options, dedupeBy: "purchase" } as const;
    const crm = await world.addSource({ options, counterId: 7 });
    await world.receive([sale(1, { purchaseId: "deal" })], { source: crm });
    const again = sale(1, { purchaseId: "deal", dateTime: SOLD_AT + 500, price: "250" });
    const { batchId, accepted } = await world.receive([again], { source: crm });
    expect(accepted).toBe(1);
    expect(await world.rowsOf(batchId)).toMatchObject([{ conversion: { dateTime: SOLD_AT, price: "250" } }]);
  });

  test("under exact dedupe a known purchase at another time is accepted with a warning", async () => {
    const world = current();
    await world.receive([sale(1, { purchaseId: "p1" })]);
    await world.place();
    const { accepted, warnings, batchId } = await world.receive([
      sale(1, { purchaseId: "p1", dateTime: SOLD_AT + 60 }),
    ]);
    expect(accepted).toBe(1);
    const first_date_time = "2026-11-23T11:00:00Z";
    expect(warnings).toEqual([
      { row: 0, code: "same_purchase_again", field: "purchase_id", params: { purchase_id: "p1", first_date_time } },
    ]);
    expect((await world.batch(batchId)).warnings).toEqual([...warnings]);
  });
}
