import { expect, test } from "bun:test";
import type { Receipt } from "../../intake/receipt.ts";
import { ProblemError } from "../../plugin/problem.ts";
import type { EmitOptions } from "../../plugin/source-context.ts";
import { CallOverError, watchEmit } from "./watched-emit.ts";

const RECEIPT: Receipt = {
  ...{ batchUuid: null, received: 1, accepted: 1, duplicates: [], rejections: [], warnings: [] },
  ...{ repeated: false, conversions: [] },
};

/** A sink that writes down with which options it was called, and answers when it is let. */
function setup({ key = "raw-intake:1:0", mostFacts = 10, mostAtOnce = 10, dryRun = false } = {}) {
  const receipts: Receipt[] = [];
  const called: EmitOptions[] = [];
  const ready = Promise.withResolvers<void>();
  const emit = async (_: readonly unknown[], options: EmitOptions = {}) => {
    called.push(options);
    await ready.promise;
    return RECEIPT;
  };
  const took = (receipt: Receipt) => void receipts.push(receipt);
  const keys = () => called.map(({ idempotency }) => idempotency?.key);
  return {
    called,
    keys,
    answer: ready.resolve,
    receipts,
    watched: watchEmit(emit, { key, mostFacts, mostAtOnce, dryRun, took }),
  };
}

test("the same facts have the same key in every attempt, other facts or options another, and a replay its own", async () => {
  const attempts = [setup(), setup(), setup({ key: "raw-intake:1:1" })];
  for (const { watched, answer } of attempts) {
    answer();
    await watched.emit([{ price: 1 }]);
    await watched.emit([{ price: 2 }]);
    await watched.emit([{ price: 1 }], { keys: ["deal 1"] });
  }
  const [first, second, replayed] = attempts.map(({ keys }) => keys());
  expect(second).toEqual(first);
  expect(new Set([...(first ?? []), ...(replayed ?? [])]).size).toBe(6);
});

test("what a plugin asks for beside the key reaches the sink", async () => {
  const { watched, called, answer } = setup();
  answer();
  await watched.emit([{}], { keys: ["deal 1"], idempotency: { key: "its own", bodyHash: "x" } });
  expect(called).toMatchObject([{ keys: ["deal 1"] }]);
  expect(called[0]?.idempotency?.key).not.toContain("its own");
});

test("receipts are told, but for those of a dry run that the plugin asks for", async () => {
  const { watched, receipts, answer } = setup();
  answer();
  await watched.emit([{}], { mode: "dry_run" });
  expect(receipts).toEqual([]);
  await watched.emit([{}]);
  expect(receipts).toEqual([RECEIPT]);
});

test("more facts than one raw intake may become are refused, all calls counted, and reach no sink", async () => {
  const { watched, called, answer } = setup({ mostFacts: 3 });
  answer();
  await watched.emit([{}, {}]);
  const refused = await watched.emit([{}, {}]).catch((error) => error);
  expect(refused).toBeInstanceOf(ProblemError);
  expect(refused).toMatchObject({ code: "too_many_conversions", params: { count: 4, limit: 3 } });
  expect(called).toHaveLength(1);
});

test("more facts at once than one handing over may have are refused", async () => {
  const { watched, called } = setup({ mostAtOnce: 1 });
  await expect(watched.emit([{}, {}])).rejects.toThrow(ProblemError);
  expect(called).toEqual([]);
});

test("in a dry run nothing is stored whatever the plugin asks for, and its receipts are told", async () => {
  const { watched, receipts, called, answer } = setup({ dryRun: true });
  answer();
  await watched.emit([{}], { mode: "strict" });
  expect(called).toEqual([{ mode: "dry_run" }]);
  expect(receipts).toEqual([RECEIPT]);
});

test("once it is closed nothing is taken, and what was on its way has ended", async () => {
  const { watched, receipts, called, answer } = setup();
  const onItsWay = watched.emit([{}]);
  const closed = watched.close();
  await expect(watched.emit([{}])).rejects.toThrow(CallOverError);
  answer();
  await closed;
  expect([await onItsWay, receipts.length, called.length]).toEqual([RECEIPT, 1, 1]);
});

test("what is no list of facts is refused", async () => {
  const { watched, called } = setup();
  const rubbish: unknown = "rubbish";
  await expect(watched.emit(rubbish as readonly unknown[])).rejects.toThrow(TypeError);
  expect(called).toEqual([]);
});
