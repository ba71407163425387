import { expect, test } from "bun:test";
import type { IntakeSlice, IntakeStore, SliceResult } from "../store/store.ts";
import { createCommitter, OverloadedError, StorageUnavailableError } from "./committer.ts";

/** A slice of so many rows; the committer looks at nothing else. */
const slice = (name: string, rows = 1) =>
  ({ idempotency: { key: name }, rows: Array(rows).fill(null), rejected: [] }) as unknown as IntakeSlice;

/** A store that notes the groups it is given and refuses every group with one of the poisoned slices. */
function recording(poisoned: readonly string[] = []) {
  const groups: string[][] = [];
  const commit = async (group: readonly IntakeSlice[]): Promise<readonly SliceResult[]> => {
    const names = group.map(({ idempotency }) => idempotency?.key ?? "");
    groups.push(names);
    if (names.some((name) => poisoned.includes(name))) throw new Error("disk full");
    return group.map(({ rows }, i) => ({ batchId: i + 1, accepted: rows.length, duplicates: [], warnings: [] }));
  };
  const committed: number[] = [];
  return { groups, committed, store: { commit, groupsAtOnce: 1 } as unknown as IntakeStore };
}

const setup = (poisoned: readonly string[] = [], maxQueuedRows = 1_000_000) => {
  const { groups, committed, store } = recording(poisoned);
  return { groups, committed, committer: createCommitter(store, maxQueuedRows, () => committed.push(groups.length)) };
};

test("what arrives in one turn of the event loop is written in one transaction", async () => {
  const { groups, committed, committer } = setup();
  const results = await Promise.all([
    committer.add(slice("a")),
    committer.add(slice("b", 3)),
    committer.add(slice("c")),
  ]);
  expect(groups).toEqual([["a", "b", "c"]]);
  expect(results.map(({ batchId, accepted }) => [batchId, accepted])).toEqual([
    [1, 1],
    [2, 3],
    [3, 1],
  ]);
  expect(committed).toEqual([1]);
});

/** Lets the event loop look at its sockets so many times, calling between the looks. */
async function eachTurn(turns: number, act: (turn: number) => void): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    act(turn);
    await new Promise(setImmediate);
  }
}

test("what arrives in the next turns is written with it, until a turn brings nothing", async () => {
  const { groups, committer } = setup();
  const adding: Promise<SliceResult>[] = [];
  await eachTurn(5, (turn) => {
    if (turn !== 2) adding.push(committer.add(slice(`turn ${turn}`)));
  });
  await Promise.all(adding);
  expect(groups).toEqual([
    ["turn 0", "turn 1"],
    ["turn 3", "turn 4"],
  ]);
});

test("a stream without a gap does not keep its first request waiting", async () => {
  const { groups, committer } = setup();
  const adding: Promise<SliceResult>[] = [];
  await eachTurn(12, (turn) => adding.push(committer.add(slice(`turn ${turn}`))));
  await Promise.all(adding);
  expect(groups.flat()).toHaveLength(12);
  expect(Math.max(...groups.map((group) => group.length))).toBe(5);
});

test("a lone request is written by itself, and so is the next one", async () => {
  const { groups, committer } = setup();
  await committer.add(slice("a"));
  await committer.add(slice("b"));
  expect(groups).toEqual([["a"], ["b"]]);
});

test("a transaction takes no more once it has five thousand rows", async () => {
  const { groups, committer } = setup();
  const adding = ["a", "b", "c", "d"].map((name) => committer.add(slice(name, 2500)));
  await Promise.all(adding);
  expect(groups).toEqual([
    ["a", "b"],
    ["c", "d"],
  ]);
});

test("a slice that the database refuses harms none of its neighbours", async () => {
  const { groups, committed, committer } = setup(["b"]);
  const results = await Promise.allSettled(["a", "b", "c"].map((name) => committer.add(slice(name))));
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(groups).toEqual([["a", "b", "c"], ["a"], ["b"], ["c"]]);
  expect(committed).toHaveLength(2);
  const refused = (results[1] as PromiseRejectedResult).reason;
  expect(refused).toBeInstanceOf(StorageUnavailableError);
  expect(refused).toMatchObject({ retryAfterSeconds: 2, cause: { message: "disk full" } });
});

test("after a failure the committer goes on", async () => {
  const { committer } = setup(["a"]);
  await expect(committer.add(slice("a"))).rejects.toThrow(StorageUnavailableError);
  expect(await committer.add(slice("b"))).toMatchObject({ accepted: 1 });
});

test("beyond its bound the queue refuses, and takes again once it has been written", async () => {
  const { groups, committer } = setup([], 10);
  const kept = [committer.add(slice("a", 6)), committer.add(slice("b", 4))];
  const refused = committer.add(slice("c"));
  await expect(refused).rejects.toThrow(OverloadedError);
  await expect(refused).rejects.toMatchObject({ retryAfterSeconds: 1 });
  await Promise.all(kept);
  await committer.add(slice("d"));
  expect(groups).toEqual([["a", "b"], ["d"]]);
});

test("a request larger than the bound is taken when nothing else waits", async () => {
  const { committer } = setup([], 10);
  expect(await committer.add(slice("a", 500))).toMatchObject({ accepted: 500 });
});

test("where the store takes several groups at once a large one is written beside those under way, a small one waits", async () => {
  const begun: string[][] = [];
  const ends: (() => void)[] = [];
  const commit = async (group: readonly IntakeSlice[]) => {
    begun.push(group.map(({ idempotency }) => idempotency?.key ?? ""));
    await new Promise<void>((resolve) => ends.push(resolve));
    return group.map(({ rows }, i) => ({ batchId: i + 1, accepted: rows.length, duplicates: [], warnings: [] }));
  };
  const store = { commit, groupsAtOnce: 2 } as unknown as IntakeStore;
  const committer = createCommitter(store, 1_000_000, () => {});
  const adding: Promise<SliceResult>[] = [];
  const add = async (name: string, rows: number) => {
    adding.push(committer.add(slice(name, rows)));
    await eachTurn(3, () => {});
  };
  await add("first", 1);
  await add("small", 1);
  expect(begun).toEqual([["first"]]);
  await add("large", 1000);
  expect(begun).toEqual([["first"], ["small", "large"]]);
  await add("third", 1000);
  expect(begun).toHaveLength(2);
  ends[1]?.();
  await eachTurn(3, () => {});
  expect(begun.at(-1)).toEqual(["third"]);
  ends[0]?.();
  ends[2]?.();
  await Promise.all(adding);
});
