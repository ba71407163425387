import { expect, test } from "bun:test";
import type { MetrikaError } from "../errors.ts";
import type { Fault } from "./faults.ts";
import { createRig, START_SECONDS } from "./rig.ts";

const CSV = `ClientId,Target,DateTime\n1,purchase,${START_SECONDS - 60}\n2,purchase,${START_SECONDS - 60}\n`;

async function struck(fault: Fault): Promise<{ error: MetrikaError; stored: number }> {
  const rig = createRig();
  rig.simulator.faults.add({ fault });
  const error = await rig.refusal(CSV);
  expect(rig.simulator.faults.waiting).toEqual([]);
  expect(rig.simulator.openRequests).toBe(0);
  return { error, stored: rig.simulator.ledger.total };
}

test("each fault of an upload looks to the client as it would from Metrika", async () => {
  expect(await struck({ kind: "unreachable" })).toMatchObject({
    error: { kind: "unreachable", bodyMayHaveArrived: false },
    stored: 0,
  });
  expect(await struck({ kind: "reset_before_store" })).toMatchObject({
    error: { kind: "unreachable", bodyMayHaveArrived: true },
    stored: 0,
  });
  expect(await struck({ kind: "reset_before_store", afterBytes: 1 })).toMatchObject({
    error: { kind: "unreachable", bodyMayHaveArrived: true },
    stored: 0,
  });
  expect(await struck({ kind: "store_then_reset" })).toMatchObject({
    error: { kind: "unreachable", bodyMayHaveArrived: true },
    stored: 2,
  });
  expect(await struck({ kind: "store_then_status", status: 502 })).toMatchObject({
    error: { kind: "unavailable", bodyMayHaveArrived: true },
    stored: 2,
  });
  expect(await struck({ kind: "wrong_json" })).toMatchObject({
    error: { kind: "invalid_answer", bodyMayHaveArrived: true },
    stored: 2,
  });
  expect(await struck({ kind: "token_dead" })).toMatchObject({
    error: { kind: "unauthorized", bodyMayHaveArrived: false },
    stored: 0,
  });
  expect(await struck({ kind: "status", status: 503 })).toMatchObject({
    error: { kind: "unavailable", errorType: "backend_error" },
    stored: 0,
  });
  expect(await struck({ kind: "status", status: 429, retryAfter: 7 })).toMatchObject({
    error: { kind: "throttled", retryAfterSeconds: 7 },
    stored: 0,
  });
});

test("a request that hangs after the file is stored ends when the client gives up", async () => {
  const rig = createRig();
  rig.simulator.faults.add({ fault: { kind: "store_then_hang" } });
  const caller = new AbortController();
  const bytes = new TextEncoder().encode(CSV);
  const file = { size: bytes.length, chunks: () => new Blob([bytes]).stream() };
  const failure = rig.client.uploadings
    .upload({ ...rig.call, comment: "c", file, signal: caller.signal })
    .catch((error) => error);
  while (rig.simulator.ledger.total === 0) await new Promise(setImmediate);
  expect(rig.simulator.openRequests).toBe(1);
  caller.abort();
  expect(await failure).toMatchObject({ kind: "aborted", bodyMayHaveArrived: true });
  await new Promise(setImmediate);
  expect(rig.simulator.openRequests).toBe(0);
});

test("a slow answer comes when its time is up", async () => {
  const rig = createRig();
  rig.simulator.faults.add({ match: { operation: "goals" }, fault: { kind: "slow", ms: 5000 } });
  let answered = false;
  const goals = rig.client.goals.list(rig.call).finally(() => (answered = true));
  await new Promise(setImmediate);
  rig.clock.advance(4999);
  await new Promise(setImmediate);
  expect(answered).toBe(false);
  rig.clock.advance(1);
  expect(await goals).toHaveLength(1);
  expect(rig.clock.waiting).toBe(0);
});

test("rows are refused one by one on demand", async () => {
  const rig = createRig();
  rig.simulator.faults.add({ fault: { kind: "refuse_rows", every: 2 } });
  expect(await rig.upload(CSV)).toMatchObject({ sourceQuantity: 2, lineQuantity: 1 });
  expect(await rig.upload(CSV)).toMatchObject({ sourceQuantity: 2, lineQuantity: 2 });
});

test("an uploading can be late in lists, and lists can have any order", async () => {
  const rig = createRig();
  const { simulator, client, call } = rig;
  const listed = async () => (await client.uploadings.list(call)).map((uploading) => uploading.comment);
  await rig.upload(CSV, "a");
  simulator.faults.add({ fault: { kind: "late_list", ms: 60_000 } });
  await rig.upload(CSV, "b");
  expect(await listed()).toEqual(["a"]);
  simulator.advance(60_000);
  expect(await listed()).toEqual(["a", "b"]);
  simulator.faults.add({ fault: { kind: "list_order", order: "desc" } });
  expect(await listed()).toEqual(["b", "a"]);
  simulator.settings.listOrder = "shuffle";
  expect((await listed()).sort()).toEqual(["a", "b"]);
});

test("a fault strikes where and as often as its rule says", async () => {
  const rig = createRig();
  const { simulator, client, call } = rig;
  const fault = { kind: "status", status: 500 } as const;
  const rule = simulator.faults.add({
    match: { path: /goals$/, method: "get", counterId: 100 },
    times: "always",
    fault,
  });
  await client.counters.get(call);
  for (const _ of [1, 2, 3]) await expect(client.goals.list(call)).rejects.toMatchObject({ status: 500 });
  expect(await client.goals.create({ ...call, goal: { name: "n", identifier: "i" } })).toMatchObject({ name: "n" });
  rule.remove();
  expect(await client.goals.list(call)).toHaveLength(2);
  simulator.faults.add({ match: { token: "other" }, times: 2, fault });
  await client.goals.list(call);
  expect(simulator.faults.waiting).toMatchObject([{ left: 2 }]);
});

test("of two faults that decide the answer the second waits for the next request", async () => {
  const rig = createRig();
  rig.simulator.faults.add({ fault: { kind: "status", status: 500 } });
  rig.simulator.faults.add({ fault: { kind: "store_then_reset" } });
  expect(await rig.refusal(CSV)).toMatchObject({ status: 500 });
  expect(await rig.refusal(CSV)).toMatchObject({ kind: "unreachable" });
  await rig.upload(CSV);
});
