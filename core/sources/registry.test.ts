import { expect, test } from "bun:test";
import type { SourceRecord } from "../store/store.ts";
import { createSourceRegistry } from "./registry.ts";

/** A registry for two sources over a store that counts its reads, with a clock that the test moves. */
function setup() {
  const stored = new Map<string, SourceRecord | null>();
  const reads: string[] = [];
  const clock = { now: 0 };
  const elsewhere = { writes: 0 };
  const changesElsewhere = async () => elsewhere.writes;
  const findByUuid = async (uuid: string) => {
    reads.push(uuid);
    return stored.get(uuid) ?? null;
  };
  const put = (uuid: string, name: string) => stored.set(uuid, { uuid, name } as SourceRecord);
  const registry = createSourceRegistry({ findByUuid, changesElsewhere }, () => clock.now, 5000, 2);
  return { stored, put, reads, clock, elsewhere, registry };
}

test("a source is read once and then known, as long as no other process writes", async () => {
  const { put, reads, clock, elsewhere, registry } = setup();
  put("a", "first");
  await registry.find("a");
  for (clock.now = 0; clock.now < 60_000; clock.now += 3000) {
    expect(await registry.find("a")).toMatchObject({ name: "first" });
  }
  expect(reads).toEqual(["a"]);
  elsewhere.writes++;
  clock.now += 5000;
  await registry.find("a");
  expect(reads).toEqual(["a", "a"]);
});

test("a remembered source is there at once, until another process wrote or it was changed", async () => {
  const { put, clock, elsewhere, registry } = setup();
  put("a", "first");
  expect(registry.remembered("a")).toBeNull();
  await registry.find("a");
  expect(registry.remembered("a")).toMatchObject({ name: "first" });
  clock.now = 5000;
  elsewhere.writes++;
  expect(registry.remembered("a")).toBeNull();
  await registry.find("a");
  registry.forget("a");
  expect(registry.remembered("a")).toBeNull();
});

test("a change that another process made is seen after five seconds", async () => {
  const { put, clock, elsewhere, registry } = setup();
  put("a", "first");
  await registry.find("a");
  put("a", "renamed");
  elsewhere.writes++;
  expect(await registry.find("a")).toMatchObject({ name: "first" });
  clock.now = 5000;
  expect(await registry.find("a")).toMatchObject({ name: "renamed" });
});

test("a change of our own is seen at once", async () => {
  const { put, registry } = setup();
  put("a", "first");
  await registry.find("a");
  put("a", "renamed");
  registry.forget("a");
  expect(await registry.find("a")).toMatchObject({ name: "renamed" });
});

test("a change of many sources at once is seen at once", async () => {
  const { put, registry } = setup();
  for (const uuid of ["a", "b"]) put(uuid, "first");
  for (const uuid of ["a", "b"]) await registry.find(uuid);
  for (const uuid of ["a", "b"]) put(uuid, "second");
  registry.forgetAll();
  expect([registry.remembered("a"), await registry.find("b")]).toMatchObject([null, { name: "second" }]);
});

test("a source that is not there is looked for every time, so that a new one is found at once", async () => {
  const { put, registry } = setup();
  expect(await registry.find("a")).toBeNull();
  put("a", "first");
  expect(await registry.find("a")).toMatchObject({ name: "first" });
});

test("a source that was deleted elsewhere is gone after five seconds", async () => {
  const { stored, put, clock, elsewhere, registry } = setup();
  put("a", "first");
  await registry.find("a");
  stored.delete("a");
  elsewhere.writes++;
  clock.now = 5000;
  expect(await registry.find("a")).toBeNull();
});

test("beyond its room the registry forgets the oldest", async () => {
  const { put, reads, registry } = setup();
  for (const uuid of ["a", "b", "c"]) {
    put(uuid, uuid);
    await registry.find(uuid);
  }
  await registry.find("b");
  await registry.find("c");
  expect(reads).toEqual(["a", "b", "c"]);
  await registry.find("a");
  expect(reads).toEqual(["a", "b", "c", "a"]);
});

test("a change that is made while a source is being read is not covered up by what was read before", async () => {
  const { clock } = setup();
  const readings = [Promise.withResolvers<SourceRecord>(), Promise.withResolvers<SourceRecord>()];
  let next = 0;
  const findByUuid = () => (readings[next++] as PromiseWithResolvers<SourceRecord>).promise;
  const registry = createSourceRegistry({ findByUuid, changesElsewhere: async () => 0 }, () => clock.now);
  const finding = registry.find("a");
  registry.forget("a");
  readings[0]?.resolve({ name: "before" } as SourceRecord);
  await finding;
  readings[1]?.resolve({ name: "after" } as SourceRecord);
  expect(await registry.find("a")).toMatchObject({ name: "after" });
});

test("a change that another process makes while a source is being read is seen after five seconds", async () => {
  const { clock, elsewhere, stored, put } = setup();
  put("a", "before");
  const findByUuid = async (uuid: string) => {
    const found = stored.get(uuid) ?? null;
    put("a", "after");
    elsewhere.writes++;
    return found;
  };
  const changesElsewhere = async () => elsewhere.writes;
  const registry = createSourceRegistry({ findByUuid, changesElsewhere }, () => clock.now, 5000);
  expect(await registry.find("a")).toMatchObject({ name: "before" });
  clock.now = 5000;
  expect(await registry.find("a")).toMatchObject({ name: "after" });
});
