import { expect, test } from "bun:test";
import { type CurrentWorld, MINUTE, START } from "./world.ts";

const reason = { ru: "CRM не отвечает.", en: "The CRM does not answer." };
const failure = { code: "crm_silent", reason, restsAfter: 3, restingUntil: START + 5 * MINUTE };

/** How sources fare. */
export function sourceHealthContract(current: CurrentWorld): void {
  test("a source that has neither failed nor worked has no health to tell", async () => {
    const { source, store } = current();
    expect(await store.sourceHealth.get(source.id)).toBeNull();
    expect(await store.sourceHealth.getMany([source.id])).toEqual(new Map());
  });

  test("failures in a row are counted, and from the third on the source rests", async () => {
    const { source, store } = current();
    const told = { sourceId: source.id, errorCode: "crm_silent", error: reason, workedAt: null };
    const first = await store.sourceHealth.recordFailure(source.id, failure, START);
    expect(first).toEqual({ ...told, failures: 1, restingUntil: null, failedAt: START });
    await store.sourceHealth.recordFailure(source.id, failure, START + 1);
    const third = await store.sourceHealth.recordFailure(source.id, failure, START + 2);
    expect(third).toEqual({ ...told, failures: 3, restingUntil: failure.restingUntil, failedAt: START + 2 });
    expect(await store.sourceHealth.get(source.id)).toEqual(third);
    const again = { ...failure, restingUntil: START + 9 * MINUTE };
    expect(await store.sourceHealth.recordFailure(source.id, again, START + 3)).toMatchObject({
      failures: 4,
      restingUntil: START + 9 * MINUTE,
    });
  });

  test("where one failure is enough, the first lets it rest", async () => {
    const { source, store } = current();
    const strict = { ...failure, restsAfter: 1 };
    expect(await store.sourceHealth.recordFailure(source.id, strict, START)).toMatchObject({
      failures: 1,
      restingUntil: failure.restingUntil,
    });
  });

  test("failures at the same time all count", async () => {
    const { source, store } = current();
    await Promise.all([1, 2, 3, 4].map(() => store.sourceHealth.recordFailure(source.id, failure, START)));
    expect(await store.sourceHealth.get(source.id)).toMatchObject({ failures: 4 });
  });

  test("a source that works rests no longer, and the last failure stays readable", async () => {
    const { source, store } = current();
    await store.sourceHealth.recordFailure(source.id, { ...failure, restsAfter: 1 }, START);
    await store.sourceHealth.recordSuccess(source.id, START + 1);
    expect(await store.sourceHealth.get(source.id)).toEqual({
      ...{ sourceId: source.id, failures: 0, restingUntil: null, workedAt: START + 1 },
      ...{ errorCode: "crm_silent", error: reason, failedAt: START },
    });
  });

  test("of a source that works all the time the instant is kept once a minute", async () => {
    const { source, store } = current();
    const workedAt = async () => (await store.sourceHealth.get(source.id))?.workedAt;
    await store.sourceHealth.recordSuccess(source.id, START);
    await store.sourceHealth.recordSuccess(source.id, START + MINUTE - 1);
    expect(await workedAt()).toBe(START);
    await store.sourceHealth.recordSuccess(source.id, START + MINUTE);
    expect(await workedAt()).toBe(START + MINUTE);
  });

  test("each source has a health of its own", async () => {
    const world = current();
    const other = await world.addSource();
    const { sourceHealth } = world.store;
    await sourceHealth.recordFailure(world.source.id, failure, START);
    await sourceHealth.recordSuccess(other.id, START);
    const healths = await sourceHealth.getMany([world.source.id, other.id, other.id + 100]);
    expect([...healths].map(([id, { failures }]) => [id, failures]).toSorted()).toEqual(
      [
        [world.source.id, 1],
        [other.id, 0],
      ].toSorted(),
    );
  });
}
