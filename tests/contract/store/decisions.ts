import { expect, test } from "bun:test";
import type { Attempt, UploadDecision, UploadRecord } from "../../../core/store/store.ts";
import { type CurrentWorld, DAY, LEASE_MS, sale, type World } from "./world.ts";

const attempt: Attempt = {
  ...{ kind: "decision", startedAt: 1, endedAt: 1, outcome: "resend", code: null, detail: null },
};

const decide = (world: World, upload: UploadRecord, change: Partial<UploadDecision> = {}) =>
  world.store.uploads.resolve({
    ...{ id: upload.id, to: "planned", facts: { errorCode: null }, attempt, now: world.now },
    ...change,
  });

/** What persons decide about uploads, which uploads are late, and what is told of single facts. */
export function decisionsContract(current: CurrentWorld): void {
  test("a decision moves an uncertain upload that nobody is looking up, and stands in its history", async () => {
    const world = current();
    await world.receive([sale(1)]);
    const upload = await world.deliverTo("uncertain", { errorCode: "held_for_person" });
    expect(await decide(world, upload)).toBe("resolved");
    expect(await world.reload(upload)).toMatchObject({ state: "planned", errorCode: null, updatedAt: world.now });
    expect(await world.store.uploads.attemptsOf(upload.id)).toMatchObject([attempt]);
    expect(await decide(world, upload)).toBe("not_uncertain");
    expect(await world.claim(["planned"], "w1")).toHaveLength(1);
  });

  test("while a worker holds its claim a decision changes nothing; once the lease is past, the worker does not", async () => {
    const world = current();
    await world.receive([sale(1)]);
    const upload = await world.deliverTo("uncertain", { nextAttemptAt: 0 });
    await world.claim(["uncertain"], "w1");
    expect(await decide(world, upload)).toBe("claimed");
    expect(await world.reload(upload)).toMatchObject({ state: "uncertain" });
    expect(await world.store.uploads.attemptsOf(upload.id)).toEqual([]);
    world.now += LEASE_MS;
    expect(await decide(world, upload)).toBe("resolved");
    const late = { id: upload.id, claim: "w1", from: "uncertain", to: "sent", facts: {}, attempt: null } as const;
    expect(await world.store.uploads.move({ ...late, now: world.now })).toBe(false);
    expect(await world.reload(upload)).toMatchObject({ state: "planned" });
  });

  test("Metrika's number of another upload to the counter is not taken twice", async () => {
    const world = current();
    await world.receive([sale(1)]);
    await world.deliverTo("sent", { metrikaUploadId: "901" });
    await world.receive([sale(2)]);
    const lost = await world.deliverTo("uncertain");
    const found = { to: "sent", facts: { metrikaUploadId: "901" } } as const;
    expect(await decide(world, lost, found)).toBe("metrika_upload_taken");
    expect(await decide(world, lost, { ...found, facts: { metrikaUploadId: "902" } })).toBe("resolved");
    expect(await world.reload(lost)).toMatchObject({ state: "sent", metrikaUploadId: "902" });
  });

  test("an upload that is not sent by its deadline is flagged once", async () => {
    const world = current();
    await world.receive([sale(1)]);
    const upload = await world.deliverTo("planned");
    const deadline = sale(1).dateTime * 1000 + 21 * DAY;
    expect(upload).toMatchObject({ deadline, lateAt: null });
    expect(await world.store.uploads.flagLate(deadline - 1)).toEqual([]);
    expect(await world.store.uploads.flagLate(deadline)).toMatchObject([{ id: upload.id, lateAt: deadline }]);
    expect(await world.store.uploads.flagLate(deadline + DAY)).toEqual([]);
    expect(await world.reload(upload)).toMatchObject({ lateAt: deadline, state: "planned" });
  });

  test.each(["sent", "processing", "completed", "failed"] as const)("a %s upload is not flagged", async (state) => {
    const world = current();
    await world.receive([sale(1)]);
    await world.deliverTo(state);
    expect(await world.store.uploads.flagLate(world.now + 99 * DAY)).toEqual([]);
  });

  test("an upload and its batch tell the same of it", async () => {
    const world = current();
    const { batchId } = await world.receive([sale(1)]);
    const upload = await world.deliverTo("uncertain");
    await world.store.uploads.flagLate(world.now + 99 * DAY);
    const [seen] = await world.store.batches.uploadsOf(batchId);
    const { batchRows: _, batchDuplicates: __, exclusive: ___, ...own } = seen ?? {};
    expect(await world.reload(upload)).toMatchObject(own);
    expect(own).toMatchObject({
      target: null,
      uncertainPolicy: "resend",
      replayOf: null,
      lateAt: world.now + 99 * DAY,
    });
  });

  test("a fact tells its revisions oldest first, none of a batch that may still be taken back", async () => {
    const world = current();
    const { conversions } = world.store;
    const begun = await world.begin([sale(1)]);
    const id = 1;
    expect(await conversions.find(id)).toBeNull();
    await world.commit({ ...world.slice([]), batchId: begun.batchId });
    const first = await world.deliverTo("completed");
    world.now += DAY;
    await world.receive([sale(1, { price: "150" })]);
    await world.begin([sale(1, { price: "170" })]);
    const found = await conversions.find(id);
    expect(found).toMatchObject({ id, workspaceId: world.source.workspaceId, sourceUuid: world.source.uuid });
    expect(found?.revisions).toMatchObject([
      { replacedAt: world.now, row: { revision: 0, conversion: { price: "100" }, upload: { uuid: first.uuid } } },
      { replacedAt: null, row: { revision: 1, kind: "accepted", conversion: { price: "150" }, upload: null } },
    ]);
    expect(found?.revisions.at(-1)).toBe(found?.current);
    expect(await conversions.find(99)).toBeNull();
  });
}
