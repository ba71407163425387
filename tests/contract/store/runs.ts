import { expect, test } from "bun:test";
import type { ClaimedRun, NewRun, RunEnd, RunRecord } from "../../../core/store/store.ts";
import { type CurrentWorld, DAY, MINUTE, START, type World } from "./world.ts";

const LEASE_MS = MINUTE;
const HOUR = 60 * MINUTE;
const because = { ru: "Прервано", en: "Interrupted" };
const lapse = { mostAttempts: 3, errorCode: "interrupted", error: because };

const newRun = (world: World, change: Partial<NewRun> = {}): NewRun => ({
  ...{ uuid: world.uuid(), sourceId: world.source.id, kind: "manual", input: {}, dueAt: world.now, now: world.now },
  ...change,
});

async function create(world: World, change: Partial<NewRun> = {}): Promise<RunRecord> {
  const run = await world.store.runs.create(newRun(world, change));
  if (run === null) throw new Error("A run of the source was under way.");
  return run;
}

const claim = (world: World, limit = 8) =>
  world.store.runs.claimDue({ claim: world.uuid(), now: world.now, leaseMs: LEASE_MS, limit });

async function claimOne(world: World): Promise<ClaimedRun> {
  const [claimed, ...more] = await claim(world);
  if (!claimed || more.length > 0) throw new Error("Not one run was claimed.");
  return claimed;
}

const endOf = (world: World, { id, claim }: ClaimedRun, change: Partial<RunEnd> = {}): RunEnd => ({
  ...{ id, claim, to: "succeeded", nextAttemptAt: null, done: 0, total: null, errorCode: null, error: null },
  ...{ leftovers: [], report: null, now: world.now },
  ...change,
});

const find = async (world: World, uuid: string) => world.store.runs.find(world.source.id, uuid);

export function runsContract(world: CurrentWorld): void {
  test("a run that was asked for is claimed at once, renewed, and ends with what its plugin told", async () => {
    const { store } = world();
    const { uuid } = await create(world(), { input: { by: "hand" } });
    const run = await claimOne(world());
    const told = { uuid, kind: "manual", state: "running", attempts: 1, startedAt: START, input: { by: "hand" } };
    expect(run).toMatchObject(told);
    const held = { id: run.id, claim: run.claim, leaseUntil: world().now + LEASE_MS };
    expect(await store.runs.renew({ ...held, done: 7, total: 9 })).toBe(true);
    expect(await find(world(), uuid)).toMatchObject({ done: 7, total: 9 });
    const leftovers = [{ subject: "lead 1", code: "stage_not_mapped", message: because, needs: "person" }] as const;
    expect(await store.runs.end(endOf(world(), run, { done: 9, total: 9, leftovers }))).toBe(true);
    expect(await find(world(), uuid)).toMatchObject({ state: "succeeded", done: 9, leftovers, endedAt: START });
    expect(await claim(world())).toEqual([]);
  });

  test("of a source only one run is made at a time, and each source has its own", async () => {
    const { store } = world();
    await create(world());
    expect(await store.runs.create(newRun(world()))).toBeNull();
    const other = await world().addSource();
    expect(await store.runs.create(newRun(world(), { sourceId: other.id }))).not.toBeNull();
    expect(await claim(world())).toHaveLength(2);
    expect(await store.runs.create(newRun(world()))).toBeNull();
  });

  test("of runs of one source that are made at the same time one is made", async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => world().store.runs.create(newRun(world()))));
    expect(made.filter((run) => run !== null)).toHaveLength(1);
  });

  test("claims at the same time never share a run", async () => {
    for (let made = 0; made < 4; made++) await create(world(), { sourceId: (await world().addSource()).id });
    const claimed = (await Promise.all([claim(world(), 2), claim(world(), 2), claim(world(), 2)])).flat();
    expect(new Set(claimed.map(({ id }) => id)).size).toBe(claimed.length);
    expect(claimed).toHaveLength(4);
  });

  test("a source that is due is moved on and gets its run once, whoever comes second", async () => {
    const { store } = world();
    const { id } = await world().addSource({ nextRunAt: START - MINUTE });
    await world().addSource({ nextRunAt: START + MINUTE });
    const due = await store.runs.dueSources(START, 10);
    expect(due).toEqual([{ sourceId: id, dueAt: START - MINUTE }]);
    const ofSource = { sourceId: id, kind: "schedule", dueAt: START - MINUTE } as const;
    const both = [1, 2].map(() =>
      store.runs.schedule({ sourceId: id, dueAt: START - MINUTE }, START + DAY, newRun(world(), ofSource)),
    );
    expect((await Promise.all(both)).toSorted()).toEqual([false, true]);
    expect(await store.runs.dueSources(START, 10)).toEqual([]);
    expect((await store.sources.get(id))?.nextRunAt).toBe(START + DAY);
    expect((await store.runs.list({ sourceId: id, before: null, limit: 10 })).rows).toHaveLength(1);
  });

  test("a source that is due while it runs is moved on without another run", async () => {
    const { store } = world();
    const { id } = await world().addSource({ nextRunAt: START });
    await create(world(), { sourceId: id });
    const due = { sourceId: id, dueAt: START };
    expect(await store.runs.schedule(due, START + DAY, newRun(world(), { sourceId: id, kind: "schedule" }))).toBe(
      false,
    );
    expect((await store.sources.get(id))?.nextRunAt).toBe(START + DAY);
    expect((await store.runs.list({ sourceId: id, before: null, limit: 10 })).rows).toHaveLength(1);
  });

  test("a source that was deleted or whose schedule was taken away is not moved on", async () => {
    const { store } = world();
    const { id } = await world().addSource({ nextRunAt: START });
    await store.sources.update(id, { nextRunAt: null }, START);
    const run = newRun(world(), { sourceId: id, kind: "schedule" });
    expect(await store.runs.schedule({ sourceId: id, dueAt: START }, START + DAY, run)).toBe(false);
    expect((await store.sources.get(id))?.nextRunAt).toBeNull();
  });

  test("what the clock asks for waits while its source rests, what a person asks for does not", async () => {
    const { store, source } = world();
    await store.sources.update(source.id, {}, START - MINUTE);
    const failure = { code: "silent", reason: because, restsAfter: 1, restingUntil: START + HOUR };
    await store.sourceHealth.recordFailure(source.id, failure, START);
    const scheduled = await create(world(), { kind: "schedule" });
    expect(await claim(world())).toEqual([]);
    world().now = START + HOUR;
    expect(await claimOne(world())).toMatchObject({ uuid: scheduled.uuid });
    const other = await world().addSource({ updatedAt: START - MINUTE });
    await store.sourceHealth.recordFailure(other.id, { ...failure, restingUntil: START + 2 * HOUR }, world().now);
    const asked = await create(world(), { sourceId: other.id });
    expect(await claimOne(world())).toMatchObject({ uuid: asked.uuid });
  });

  test("a run that is tried again waits until then and keeps how often it was begun", async () => {
    const { store } = world();
    const { uuid } = await create(world());
    const waits = { nextAttemptAt: START + MINUTE, errorCode: "retry_later", error: because };
    await store.runs.end(endOf(world(), await claimOne(world()), { to: "waiting", ...waits }));
    expect(await find(world(), uuid)).toMatchObject({ ...waits, state: "waiting", endedAt: null });
    expect(await claim(world())).toEqual([]);
    world().now = START + MINUTE;
    expect(await claimOne(world())).toMatchObject({ uuid, attempts: 2, startedAt: START, nextAttemptAt: null });
  });

  test("what a worker that died was doing waits again, and is given up after some deaths", async () => {
    const { store } = world();
    const { uuid } = await create(world());
    const dead = await claimOne(world());
    expect(await store.runs.freeLapsed({ ...lapse, leasesBefore: world().now, now: world().now })).toBe(0);
    for (let deaths = 1; deaths <= 3; deaths++) {
      world().now += HOUR;
      expect(await store.runs.freeLapsed({ ...lapse, leasesBefore: world().now, now: world().now })).toBe(1);
      world().now += HOUR;
      if (deaths < 3) expect(await claimOne(world())).toMatchObject({ uuid, attempts: deaths + 1 });
    }
    expect(await find(world(), uuid)).toMatchObject({ state: "failed", errorCode: "interrupted", error: because });
    expect(await store.runs.end(endOf(world(), dead))).toBe(false);
    expect(await store.runs.renew({ ...dead, leaseUntil: world().now + HOUR })).toBe(false);
  });

  test("a claim that is given back is taken by the next worker at once", async () => {
    const { id, claim: held, uuid } = await create(world()).then(() => claimOne(world()));
    await world().store.runs.giveBack(id, held, world().now);
    expect(await claimOne(world())).toMatchObject({ uuid });
  });

  test("a run is cancelled while it waits and while it is done, and not once it has ended", async () => {
    const { store } = world();
    const waiting = await create(world());
    expect(await store.runs.cancel(waiting.id, world().now)).toBe(true);
    await create(world());
    const running = await claimOne(world());
    expect(await store.runs.cancel(running.id, world().now)).toBe(true);
    expect(await find(world(), running.uuid)).toMatchObject({ state: "cancelled", endedAt: START });
    expect(await store.runs.renew({ ...running, leaseUntil: START + HOUR })).toBe(false);
    expect(await store.runs.end(endOf(world(), running))).toBe(false);
    expect(await store.runs.cancel(running.id, world().now)).toBe(false);
  });

  test("each batch of a run is counted once", async () => {
    const { store } = world();
    const { id, uuid } = await create(world());
    const counts = { accepted: 5, duplicates: 2, rejected: 1 };
    for (const batchId of [7, 7, 8]) await store.runs.addBatch(id, { batchId, ...counts });
    expect(await find(world(), uuid)).toMatchObject({ accepted: 10, duplicates: 4, rejected: 2 });
    expect(await store.runs.batchesOf(id, 10)).toEqual([7, 8]);
    expect(await store.runs.batchesOf(id, 1)).toEqual([7]);
  });

  test("a dry run keeps what it found", async () => {
    const { store } = world();
    const { uuid } = await create(world(), { kind: "dry_run" });
    const report = { told: { conversions: [{ target: "lead" }] }, counts: { accepted: 1, duplicates: 2, rejected: 3 } };
    await store.runs.end(endOf(world(), await claimOne(world()), { report }));
    expect(await find(world(), uuid)).toMatchObject({ report: report.told, ...report.counts });
  });

  test("runs are listed newest first, page by page, and found only with their source", async () => {
    const { store, source } = world();
    const made: string[] = [];
    for (let count = 0; count < 3; count++) {
      const run = await create(world());
      made.unshift(run.uuid);
      await store.runs.cancel(run.id, world().now);
    }
    const first = await store.runs.list({ sourceId: source.id, before: null, limit: 2 });
    const second = await store.runs.list({ sourceId: source.id, before: first.after, limit: 2 });
    expect([...first.rows, ...second.rows].map(({ uuid }) => uuid)).toEqual(made);
    expect(second.after).toBeNull();
    const other = await world().addSource();
    expect(await store.runs.find(other.id, made[0] ?? "")).toBeNull();
  });

  test("runs that ended three months ago are forgotten with their links, those under way are not", async () => {
    const { store } = world();
    const old = await create(world());
    await store.runs.addBatch(old.id, { batchId: 7, accepted: 1, duplicates: 0, rejected: 0 });
    await store.runs.cancel(old.id, START);
    const waiting = await create(world());
    await store.maintenance.purgeExpired(START + 90 * DAY);
    expect(await find(world(), old.uuid)).toBeNull();
    expect(await store.runs.batchesOf(old.id, 1)).toEqual([]);
    expect(await find(world(), waiting.uuid)).not.toBeNull();
  });
}
