import { expect, test } from "bun:test";
import type {
  ClaimedRawIntake,
  NewRawIntake,
  RawIntakeEnd,
  RawIntakeFilter,
  RawIntakeRecord,
  SourceRecord,
} from "../../../core/store/store.ts";
import { type CurrentWorld, DAY, MINUTE, sale, type World } from "./world.ts";

const LEASE_MS = MINUTE;

/** Keeps requests of a source, one after the other; the texts stand for what they hold. */
async function keep(
  world: World,
  texts: readonly string[],
  change: Partial<NewRawIntake> & { readonly source?: SourceRecord } = {},
): Promise<readonly string[]> {
  const { source = world.source, ...rest } = change;
  const intakes = texts.map((text): NewRawIntake => {
    const content = { method: "POST", bytes: text.length, sealed: `sealed ${text}` } as const;
    const told = { errorCode: null, error: null, receivedAt: world.now, expiresAt: null };
    return { uuid: world.uuid(), sourceId: source.id, state: "waiting", ...content, ...told, ...rest };
  });
  await world.store.rawIntakes.keep(intakes);
  return intakes.map(({ uuid }) => uuid);
}

const claim = (world: World, change: { claim?: string; limit?: number; afterSource?: number } = {}) =>
  world.store.rawIntakes.claimDue({
    ...{ claim: world.uuid(), now: world.now, leaseMs: LEASE_MS, limit: 8, afterSource: 0 },
    ...change,
  });

const textsOf = (claimed: readonly ClaimedRawIntake[]) => claimed.map(({ sealed }) => sealed.replace("sealed ", ""));

/** How the one that was claimed ends, by default as taken. */
const endOf = (world: World, { id, claim }: ClaimedRawIntake, change: Partial<RawIntakeEnd> = {}): RawIntakeEnd => ({
  ...{ id, claim, to: "taken", nextAttemptAt: null, failures: 0, errorCode: null, error: null, leftovers: [] },
  ...{ batches: [], expiresAt: world.now + DAY, now: world.now },
  ...change,
});

async function claimOne(world: World): Promise<ClaimedRawIntake> {
  const [claimed, ...more] = await claim(world);
  if (!claimed || more.length > 0) throw new Error("Not one raw intake was claimed.");
  return claimed;
}

const end = async (world: World, change: Partial<RawIntakeEnd> = {}): Promise<boolean> =>
  world.store.rawIntakes.end(endOf(world, await claimOne(world), change));

async function find(world: World, uuid: string | undefined): Promise<RawIntakeRecord> {
  const found = await world.store.rawIntakes.find(world.source.id, uuid ?? "");
  if (!found) throw new Error(`The raw intake ${uuid} is gone.`);
  return found;
}

const everything = (world: World, change: Partial<RawIntakeFilter> = {}): RawIntakeFilter => ({
  ...{ sourceId: world.source.id, states: ["kept", "set_aside", "failed"], uuids: null },
  ...{ receivedFrom: null, receivedBefore: null },
  ...change,
});

const because = { ru: "Не отвечает", en: "No answer" };

/** The lapse of what was claimed until now; tried for a day it is given up. */
const lapse = (world: World) => ({
  ...{ leasesBefore: world.now, now: world.now, givenUpBefore: world.now - DAY, expiresAt: world.now + DAY },
  ...{ errorCode: "interrupted", error: because },
});

export function rawIntakesContract(world: CurrentWorld): void {
  test("a raw intake waits until it is claimed, and is what was kept", async () => {
    const [uuid] = await keep(world(), ["first"]);
    const claimed = await claimOne(world());
    expect(claimed).toMatchObject({ uuid, state: "waiting", sealed: "sealed first", attempts: 1, bytes: 5 });
    expect(claimed).toMatchObject({ tryingSince: world().now, expiresAt: null, hasContent: true, leftovers: [] });
    expect(await world().store.rawIntakes.contentOf(claimed.id)).toBe("sealed first");
  });

  test("of each source one raw intake at a time is claimed, in the order in which they came", async () => {
    const other = await world().addSource();
    await keep(world(), ["a1", "a2"]);
    await keep(world(), ["b1"], { source: other });
    const first = await claim(world());
    expect(textsOf(first)).toEqual(["a1", "b1"]);
    expect(await claim(world())).toEqual([]);
    for (const claimed of first) await world().store.rawIntakes.end(endOf(world(), claimed));
    expect(textsOf(await claim(world()))).toEqual(["a2"]);
  });

  test("a flood of one source starves no other, and every source has its turn", async () => {
    const sources = [world().source, await world().addSource(), await world().addSource()];
    await keep(
      world(),
      Array.from({ length: 50 }, (_, i) => `flood ${i}`),
    );
    for (const source of sources.slice(1)) await keep(world(), [`of ${source.id}`], { source });
    const [first] = await claim(world(), { limit: 1 });
    expect(first && textsOf([first])).toEqual(["flood 0"]);
    const behind = { limit: 1, afterSource: first?.sourceId ?? 0 };
    expect(textsOf(await claim(world(), behind))).toEqual([`of ${sources[1]?.id}`]);
    expect(textsOf(await claim(world()))).toEqual([`of ${sources[2]?.id}`]);
  });

  test("one that is to be tried later is passed over by those behind it", async () => {
    await keep(world(), ["first", "second"]);
    expect(await end(world(), { to: "waiting", nextAttemptAt: world().now + MINUTE, failures: 1 })).toBe(true);
    expect(textsOf([await claimOne(world())])).toEqual(["second"]);
  });

  test("one that is tried again remembers since when, how often, and why", async () => {
    const [uuid] = await keep(world(), ["first"]);
    const since = world().now;
    const failed = { to: "waiting", failures: 1, errorCode: "retry_later", error: because, expiresAt: null } as const;
    await end(world(), { ...failed, nextAttemptAt: since + MINUTE });
    world().now += MINUTE;
    expect(await find(world(), uuid)).toMatchObject({ state: "waiting", failures: 1, error: because, attempts: 1 });
    expect(await claimOne(world())).toMatchObject({ attempts: 2, tryingSince: since, errorCode: "retry_later" });
  });

  test("what became of it is told with its leftovers and batches, and a batch is counted once however often it is told", async () => {
    const [uuid] = await keep(world(), ["first"]);
    const { batchId } = await world().receive([sale(1), sale(1)]);
    const batch = { batchId, accepted: 1, duplicates: 1, rejected: 0 };
    const leftover = { subject: "lead 7", code: "stage_not_mapped", message: because, needs: "person" } as const;
    await end(world(), { to: "waiting", nextAttemptAt: world().now, failures: 1, batches: [batch] });
    await end(world(), { to: "set_aside", leftovers: [leftover], batches: [batch] });
    const told = await find(world(), uuid);
    expect(told).toMatchObject({ state: "set_aside", accepted: 1, duplicates: 1, rejected: 0, leftovers: [leftover] });
    expect(told).toMatchObject({ nextAttemptAt: null, tryingSince: null, handledAt: world().now });
    expect(await world().store.rawIntakes.batchesOf(told.id)).toEqual([batchId]);
  });

  test("whoever lost the claim ends nothing", async () => {
    const [uuid] = await keep(world(), ["first"]);
    const lost = await claimOne(world());
    world().now += LEASE_MS;
    await world().store.rawIntakes.freeLapsed(lapse(world()));
    const { batchId } = await world().receive([sale(1)]);
    const batches = [{ batchId, accepted: 1, duplicates: 0, rejected: 0 }];
    expect(await world().store.rawIntakes.end(endOf(world(), lost, { batches }))).toBe(false);
    expect(await find(world(), uuid)).toMatchObject({ state: "waiting", accepted: 0 });
  });

  test("a claim that is given back is no failure, and another may claim at once", async () => {
    await keep(world(), ["first"]);
    const { id, claim } = await claimOne(world());
    await world().store.rawIntakes.giveBack(id, claim);
    expect(await claimOne(world())).toMatchObject({ id, failures: 0 });
  });

  test("a claim lives until its lease ends; then it is free at once, and after further deaths with growing pauses", async () => {
    const { rawIntakes } = world().store;
    await keep(world(), ["first"]);
    await claimOne(world());
    world().now += LEASE_MS - 1;
    expect(await rawIntakes.freeLapsed(lapse(world()))).toBe(0);
    world().now += 1;
    expect(await rawIntakes.freeLapsed(lapse(world()))).toBe(1);
    expect(await claimOne(world())).toMatchObject({ attempts: 2, failures: 1 });
    world().now += LEASE_MS;
    await rawIntakes.freeLapsed(lapse(world()));
    expect(await claim(world())).toEqual([]);
    world().now += 5000;
    expect(await claimOne(world())).toMatchObject({ attempts: 3, failures: 2 });
  });

  test("what workers died of for too long is given up", async () => {
    const [uuid] = await keep(world(), ["first"]);
    await claimOne(world());
    world().now += DAY;
    expect(await world().store.rawIntakes.freeLapsed(lapse(world()))).toBe(1);
    expect(await find(world(), uuid)).toMatchObject({ state: "failed", errorCode: "interrupted", error: because });
    expect(await claim(world())).toEqual([]);
  });

  test("what was kept waits for its release", async () => {
    const other = await world().addSource();
    const asKept = {
      state: "kept",
      errorCode: "source_disabled",
      error: because,
      expiresAt: world().now + DAY,
    } as const;
    await keep(world(), ["first", "second", "third"], asKept);
    await keep(world(), ["another"], { ...asKept, source: other });
    expect(await claim(world())).toEqual([]);
    expect(await world().store.rawIntakes.sourcesWithKept()).toEqual([world().source.id, other.id]);
    expect(await world().store.rawIntakes.release(world().source.id, world().now, 2)).toBe(2);
    expect(await world().store.rawIntakes.release(world().source.id, world().now, 2)).toBe(1);
    expect(await world().store.rawIntakes.sourcesWithKept()).toEqual([other.id]);
    expect(await claimOne(world())).toMatchObject({ sealed: "sealed first", errorCode: null, expiresAt: null });
  });

  test("what waits or is kept of a source can be given up, but for what a worker is at", async () => {
    const { rawIntakes } = world().store;
    const other = await world().addSource();
    const [claimed, waiting] = await keep(world(), ["first", "second"]);
    const [kept] = await keep(world(), ["third"], { state: "kept", expiresAt: world().now + DAY });
    const [neighbours] = await keep(world(), ["another"], { source: other });
    await claim(world(), { limit: 1 });
    const given = { errorCode: "source_discarded", error: because, expiresAt: world().now, now: world().now };
    expect(await rawIntakes.giveUp(world().source.id, given)).toBe(2);
    expect(await find(world(), claimed)).toMatchObject({ state: "waiting" });
    for (const uuid of [waiting, kept])
      expect(await find(world(), uuid)).toMatchObject({
        state: "failed",
        errorCode: "source_discarded",
        error: because,
      });
    expect(await rawIntakes.find(other.id, String(neighbours))).toMatchObject({ state: "waiting" });
  });

  test("a list goes from the newest on, by state if that is asked for, and states are counted", async () => {
    const { rawIntakes } = world().store;
    const uuids = await keep(world(), ["first", "second", "third"]);
    await end(world(), { to: "ignored" });
    const request = { sourceId: world().source.id, state: null, before: null, limit: 2 };
    const page = await rawIntakes.list(request);
    expect(page.rows.map(({ uuid }) => uuid)).toEqual([uuids[2], uuids[1]].map(String));
    const rest = await rawIntakes.list({ ...request, before: page.after });
    expect([rest.rows.map(({ uuid }) => uuid), rest.after]).toEqual([[String(uuids[0])], null]);
    const ignored = await rawIntakes.list({ ...request, state: "ignored" });
    expect(ignored.rows.map(({ uuid }) => uuid)).toEqual([String(uuids[0])]);
    const none = { kept: 0, taken: 0, set_aside: 0, failed: 0 };
    expect(await rawIntakes.countByState(world().source.id)).toEqual({ ...none, waiting: 2, ignored: 1 });
    const other = await world().addSource();
    expect(await rawIntakes.find(other.id, String(uuids[0]))).toBeNull();
  });

  test("a replay brings back as many as were counted, and a second one none", async () => {
    const { rawIntakes } = world().store;
    const uuids = await keep(world(), ["first", "second", "third"]);
    await end(world(), { to: "failed", errorCode: "given_up", error: because });
    await end(world(), { to: "set_aside" });
    await end(world(), { to: "taken" });
    expect(await rawIntakes.countReplayable(everything(world()))).toBe(2);
    expect(await rawIntakes.countReplayable(everything(world(), { states: ["taken"] }))).toBe(1);
    expect(await rawIntakes.countReplayable(everything(world(), { uuids: uuids.slice(1) }))).toBe(1);
    expect(await rawIntakes.countReplayable(everything(world(), { receivedBefore: world().now }))).toBe(0);
    expect(await rawIntakes.countReplayable(everything(world(), { receivedFrom: world().now }))).toBe(2);

    const first = await rawIntakes.replay(everything(world()), null, 1, world().now);
    expect(first.replayed).toBe(1);
    expect(await rawIntakes.replay(everything(world()), first.after, 10, world().now)).toMatchObject({ replayed: 1 });
    expect(await rawIntakes.replay(everything(world()), null, 10, world().now)).toEqual({ replayed: 0, after: null });
    expect(await find(world(), uuids[0])).toMatchObject({ state: "waiting", replays: 1, failures: 0, errorCode: null });
    expect(await claimOne(world())).toMatchObject({ sealed: "sealed first", attempts: 2, replays: 1 });
  });

  test("content is forgotten in time, what waits is not, and what was kept in vain says so", async () => {
    const { rawIntakes, maintenance } = world().store;
    const [taken, waiting] = await keep(world(), ["first", "second"]);
    await end(world(), { to: "set_aside", expiresAt: world().now + DAY });
    const asKept = {
      state: "kept",
      errorCode: "source_disabled",
      error: because,
      expiresAt: world().now + DAY,
    } as const;
    const [kept] = await keep(world(), ["third"], asKept);
    world().now += DAY;
    await maintenance.purgeExpired(world().now);
    expect(await find(world(), taken)).toMatchObject({ state: "set_aside", hasContent: false });
    expect(await find(world(), waiting)).toMatchObject({ state: "waiting", hasContent: true });
    expect(await find(world(), kept)).toMatchObject({ state: "failed", hasContent: false, errorCode: "not_released" });
    expect(await rawIntakes.countReplayable(everything(world()))).toBe(0);
    expect(await rawIntakes.contentOf((await find(world(), taken)).id)).toBeNull();
  });

  test("ninety days after its content a raw intake is gone, with its tie to batches", async () => {
    const { rawIntakes, maintenance } = world().store;
    const [uuid] = await keep(world(), ["first"]);
    const { batchId } = await world().receive([sale(1)]);
    await end(world(), { batches: [{ batchId, accepted: 1, duplicates: 0, rejected: 0 }], expiresAt: world().now });
    const { id } = await find(world(), uuid);
    await maintenance.purgeExpired(world().now);
    world().now += 90 * DAY - 1;
    await maintenance.purgeExpired(world().now);
    expect(await rawIntakes.batchesOf(id)).toEqual([batchId]);
    world().now += 1;
    await maintenance.purgeExpired(world().now);
    expect(await rawIntakes.find(world().source.id, String(uuid))).toBeNull();
    expect(await rawIntakes.batchesOf(id)).toEqual([]);
  });
}
