import { expect, test } from "bun:test";
import type { Withdrawn } from "../../../core/store/store.ts";
import { type CurrentWorld, LINGER_MS, sale, type World } from "./world.ts";

const cancel = async (world: World, of: Withdrawn, dryRun = false) =>
  (
    await world.store.withdrawals.cancel({
      of,
      cursor: null,
      limit: 1000,
      now: world.now,
      ...(dryRun && { counted: new Set() }),
    })
  ).rows;

const hold = async (world: World, sourceId = world.source.id) => {
  await world.store.sources.update(sourceId, { deliveryPaused: true }, world.now);
  return (await world.store.withdrawals.hold({ of: { sourceId }, cursor: null, limit: 1000, now: world.now })).rows;
};

const resume = async (world: World, sourceId = world.source.id) => {
  await world.store.sources.update(sourceId, { deliveryPaused: false }, world.now);
  await world.store.withdrawals.release({ of: { sourceId }, cursor: null, limit: 1000, now: world.now });
};

/** What the planner does with rows of a source whose delivery is paused. */
const placePaused = (world: World) => world.place(() => "delivery_paused");

/** Rows that are taken back before they are sent. */
export function withdrawalsContract(current: CurrentWorld): void {
  test("rows are cancelled wherever they wait: unseen by the planner, set aside, or in a file", async () => {
    const world = current();
    const first = await world.receive([sale(1), sale(2, { target: "a" }), sale(3, { target: "b" })]);
    await world.place(({ target }) => (target === "a" ? "waiting_goal" : target === "b" ? "checking_goal" : "upload"));
    const second = await world.receive([sale(4)]);
    const of = { sourceId: world.source.id };
    expect(await cancel(world, of, true)).toBe(4);
    expect(await cancel(world, of)).toBe(4);
    expect(await cancel(world, of)).toBe(0);
    for (const { batchId } of [first, second]) {
      expect(await world.batch(batchId)).toMatchObject({ status: "error", processed: 0 });
      for (const row of await world.rowsOf(batchId)) expect(row).toMatchObject({ setAside: "cancelled", upload: null });
    }
    expect(await world.store.batches.setAsideOf(first.batchId)).toEqual([
      { target: "a", reason: "cancelled", rows: 1 },
      { target: "b", reason: "cancelled", rows: 1 },
      { target: "purchase", reason: "cancelled", rows: 1 },
    ]);
    expect(await world.uploads()).toEqual([]);
    expect(await world.place()).toBe(0);
  });

  test("a dry run counts a row once that the planner moves on between two steps", async () => {
    const world = current();
    await world.receive([sale(1), sale(2), sale(3)]);
    const dry = {
      of: { sourceId: world.source.id },
      limit: 2,
      now: world.now,
      counted: new Set<number>(),
    };
    let step = await world.store.withdrawals.cancel({ ...dry, cursor: null });
    expect(step.rows).toBe(2);
    await world.place();
    let rows = step.rows;
    while (step.cursor) {
      step = await world.store.withdrawals.cancel({ ...dry, cursor: step.cursor });
      rows += step.rows;
    }
    expect(rows).toBe(3);
  });

  test("a batch that is not yet sealed is not cancelled with its source", async () => {
    const world = current();
    const { batchId } = await world.begin([sale(1)]);
    expect(await cancel(world, { sourceId: world.source.id })).toBe(0);
    await world.commit({ ...world.slice([sale(2)], {}, 1), batchId });
    expect((await world.deliverTo("completed")).rows).toBe(2);
  });

  test("a file that is claimed, or that a try may have brought to Metrika, keeps its rows", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1)]);
    const upload = await world.deliverTo("planned");
    await world.claim(["planned"], "sender");
    expect(await cancel(world, { batchId })).toBe(0);
    expect(await hold(world)).toBe(0);
    expect(await world.store.withdrawals.countSent({ batchId })).toBe(1);
    const step = { id: upload.id, claim: "sender", attempt: null, now: world.now } as const;
    await world.store.uploads.move({
      ...step,
      from: "planned",
      to: "sending",
      facts: { attempts: 1 },
      keepClaim: true,
    });
    const lost = { kind: "send", outcome: "answer_lost", code: null, detail: null } as const;
    const attempt = { ...lost, startedAt: world.now, endedAt: world.now };
    await world.store.uploads.move({ ...step, attempt, from: "sending", to: "uncertain", keepClaim: true, facts: {} });
    await world.store.uploads.move({ ...step, from: "uncertain", to: "planned", facts: {} });
    expect(await cancel(world, { batchId })).toBe(0);
    expect(await world.linesOf(upload)).toEqual(["1: 100"]);
  });

  test("a file that Metrika surely did not get, such as one of a refused token, gives its rows back and leaves no trace", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1)]);
    const upload = await world.deliverTo("planned");
    await world.claim(["planned"], "sender");
    const step = { id: upload.id, claim: "sender", now: world.now } as const;
    const refused = { kind: "send", outcome: "unauthorized", code: "metrika_unauthorized", detail: null } as const;
    const attempt = { ...refused, startedAt: world.now, endedAt: world.now };
    const tried = { facts: { attempts: 1 }, attempt: null, keepClaim: true } as const;
    await world.store.uploads.move({ ...step, ...tried, from: "planned", to: "sending" });
    await world.store.uploads.move({ ...step, attempt, from: "sending", to: "planned", facts: {} });
    expect(await cancel(world, { batchId })).toBe(1);
    expect(await world.uploads()).toEqual([]);
    expect(await world.store.uploads.attemptsOf(upload.id)).toEqual([]);
  });

  test("a source leaves a file that it shares, and the numbers of the file follow", async () => {
    const world = current();
    const other = await world.addSource({ credentialId: world.source.credentialId });
    await world.receive([sale(1), sale(2)]);
    await world.receive([sale(3)], { source: other });
    const upload = await world.deliverTo("planned");
    expect(await cancel(world, { sourceId: world.source.id })).toBe(2);
    expect(await world.reload(upload)).toMatchObject({ state: "planned", rows: 1 });
    expect(await world.linesOf(upload)).toEqual(["3: 100"]);
    await world.claim(["planned"], "sender");
    expect(await world.store.withdrawals.countSent({ sourceId: other.id })).toBe(1);
    expect(await world.store.withdrawals.countSent({ sourceId: world.source.id })).toBe(0);
  });

  test("a correction by another source that keeps its place counts for that source", async () => {
    const world = current();
    const other = await world.addSource({ credentialId: world.source.credentialId });
    await world.receive([sale(1)]);
    await world.place();
    await world.receive([sale(1, { price: "2" })], { source: other });
    expect(await cancel(world, { sourceId: world.source.id }, true)).toBe(0);
    expect(await cancel(world, { sourceId: other.id }, true)).toBe(1);
    world.now += LINGER_MS;
    await world.seal();
    await world.claim(["planned"], "sender");
    expect(await world.store.withdrawals.countSent({ sourceId: other.id })).toBe(1);
    expect(await world.store.withdrawals.countSent({ sourceId: world.source.id })).toBe(0);
  });

  test("a held row comes out of its file with its repeats, waits, and goes again when delivery is resumed", async () => {
    const world = current();
    const first = await world.receive([sale(1)]);
    await world.place();
    const correction = await world.receive([sale(1, { price: "2" })]);
    const repeat = await world.receive([sale(1, { price: "2" })]);
    const { id } = world.source;
    await world.store.sources.update(id, { deliveryPaused: true }, world.now);
    expect(await world.store.withdrawals.interrupted()).toEqual({ toHold: [id], toRelease: [] });
    expect(await hold(world)).toBe(1);
    expect(await world.store.withdrawals.interrupted()).toEqual({ toHold: [], toRelease: [] });
    const batches = [first, correction, repeat];
    for (const { batchId } of batches) {
      expect(await world.batch(batchId)).toMatchObject({ status: "pending" });
      expect(await world.rowsOf(batchId)).toMatchObject([{ setAside: "delivery_paused", upload: null }]);
      expect(await world.store.batches.setAsideOf(batchId)).toEqual([]);
    }
    expect(await world.uploads()).toEqual([]);
    expect(await world.place()).toBe(0);
    await world.store.sources.update(id, { deliveryPaused: false }, world.now);
    expect(await world.store.withdrawals.interrupted()).toEqual({ toHold: [], toRelease: [id] });
    await resume(world);
    const upload = await world.deliverTo("completed");
    expect(await world.linesOf(upload)).toEqual(["1: 2"]);
    for (const { batchId } of batches) expect(await world.batch(batchId)).toMatchObject({ status: "completed" });
  });

  test("a row that another source corrects while its own is paused goes with the other", async () => {
    const world = current();
    const other = await world.addSource();
    await hold(world);
    await world.receive([sale(1)]);
    await placePaused(world);
    const { batchId } = await world.receive([sale(1, { price: "2" })], { source: other });
    expect(await world.linesOf(await world.deliverTo("completed"))).toEqual(["1: 2"]);
    expect(await world.batch(batchId)).toMatchObject({ status: "completed" });
  });

  test("a source that was resumed after the planner read it keeps no row behind", async () => {
    const world = current();
    await world.receive([sale(1)]);
    const rows = await world.store.planning.readNew(10);
    await world.placeRows(rows, () => "delivery_paused");
    expect(await world.store.planning.readReturning(10)).toMatchObject([{ setAside: "requeued" }]);
  });

  test("a paused source gets no file, though the planner read it before the pause", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1)]);
    const rows = await world.store.planning.readNew(10);
    await hold(world);
    await world.placeRows(rows);
    expect(await world.uploads()).toEqual([]);
    expect(await world.rowsOf(batchId)).toMatchObject([{ setAside: "delivery_paused" }]);
    expect(await world.store.planning.readNew(10)).toEqual([]);
  });

  test("the line of a closed file whose correction waits is held with it, and only the correction is sent", async () => {
    const world = current();
    const first = await world.receive([sale(1), sale(2)]);
    const upload = await world.deliverTo("planned");
    const correction = await world.receive([sale(1, { price: "2" })]);
    expect((await world.linesOf(upload)).toSorted()).toEqual(["1: 100", "2: 100"]);
    expect(await hold(world)).toBe(2);
    expect(await world.uploads()).toEqual([]);
    await placePaused(world);
    for (const { batchId } of [first, correction])
      expect(await world.batch(batchId)).toMatchObject({ status: "pending" });
    await resume(world);
    const sent = await world.deliverTo("completed");
    expect((await world.linesOf(sent)).toSorted()).toEqual(["1: 2", "2: 100"]);
    for (const { batchId } of [first, correction])
      expect(await world.batch(batchId)).toMatchObject({ status: "completed" });
  });

  test("a batch takes its line out of a closed file, and the correction by another batch goes on", async () => {
    const world = current();
    const first = await world.receive([sale(1)]);
    const upload = await world.deliverTo("planned");
    const repeat = await world.receive([sale(1)]);
    const correction = await world.receive([sale(1, { price: "2" })]);
    expect(await cancel(world, { batchId: first.batchId }, true)).toBe(1);
    expect(await cancel(world, { batchId: first.batchId })).toBe(1);
    expect(await world.store.uploads.findByUuid(upload.uuid)).toBeNull();
    const sent = await world.deliverTo("completed");
    expect(await world.linesOf(sent)).toEqual(["1: 2"]);
    expect(await world.batch(correction.batchId)).toMatchObject({ status: "completed" });
    for (const { batchId } of [first, repeat]) {
      expect(await world.batch(batchId)).toMatchObject({ status: "error" });
      expect(await world.rowsOf(batchId)).toMatchObject([{ setAside: "cancelled", upload: null }]);
    }
  });

  test("a cancelled correction that is told again waits while the first telling is on its way", async () => {
    const world = current();
    await world.receive([sale(1)]);
    const upload = await world.deliverTo("sent");
    const correction = await world.receive([sale(1, { price: "2" })]);
    expect(await cancel(world, { batchId: correction.batchId })).toBe(1);
    const again = await world.receive([sale(1, { price: "2" })]);
    expect(again).toMatchObject({ accepted: 1 });
    expect(await world.store.planning.readReturning(10)).toEqual([]);
    await world.move(upload.id, "sent", "completed");
    expect(await world.linesOf(await world.deliverTo("completed"))).toEqual(["1: 2"]);
    expect(await world.batch(again.batchId)).toMatchObject({ status: "completed" });
    expect(await world.batch(correction.batchId)).toMatchObject({ status: "error" });
  });

  test("a late repeat of a cancelled row is counted with the cancelled ones", async () => {
    const world = current();
    await world.receive([sale(1)]);
    await world.receive([sale(1, { price: "2" })]);
    await cancel(world, { sourceId: world.source.id });
    const late = await world.receive([sale(1)]);
    expect(late).toMatchObject({ accepted: 0, warnings: [{ code: "stale_revision" }] });
    expect(await world.batch(late.batchId)).toMatchObject({ status: "error" });
    expect(await world.store.batches.setAsideOf(late.batchId)).toMatchObject([{ reason: "cancelled", rows: 1 }]);
  });
}
