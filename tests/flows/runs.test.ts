import { expect, test } from "bun:test";
import { RetryLater } from "metrika-gateway/plugin";
import { DAY, HOUR, MINUTE, SECOND, sale, startTestGateway } from "../setup/gateway.ts";
import { startPolling } from "../setup/polling.ts";
import { type Polls, pollingPlugin } from "../setup/polling-plugin.ts";

const says = (text: string) => ({ ru: `По-русски: ${text}`, en: text });

/** Gives one sale. */
const sells: Polls = async (source) => {
  await source.emit([sale(1)], { keys: ["shop:1"] });
  return [];
};

/** Resolves when a plugin has begun. */
const signal = () => Promise.withResolvers<void>();

test("a source runs by its clock, in its own zone, and its sales reach Metrika", async () => {
  const { advance, work, settle, list, read, simulator } = await startPolling(sells);
  advance(2 * HOUR);
  await work();
  expect(await list()).toEqual([]);
  // 18:00 in Moscow is 15:00 in UTC; the gateway's time began at 12:00.
  advance(HOUR);
  await work();
  const [run] = await list();
  expect(run).toMatchObject({ kind: "schedule", state: "succeeded", due_at: "2026-11-23T15:00:00.000Z", accepted: 1 });
  expect((await read(run?.run_id)).batch_ids).toHaveLength(1);
  await settle();
  expect(simulator.ledger.total).toBe(1);
});

test("after a downtime a source runs once, however often it was due", async () => {
  const { advance, work, list } = await startPolling(sells);
  advance(5 * DAY);
  await work();
  expect(await list()).toHaveLength(1);
  advance(DAY);
  await work();
  expect(await list()).toHaveLength(2);
});

test("a run that a person asks for is done at once, tells how far it is, and is written down", async () => {
  const { ask, work, read, sql } = await startPolling(async (source) => {
    source.progress(3, 4);
    await source.emit([sale(1), sale(2), { target: "purchase" }]);
    return [{ subject: "order 4", code: "stage_not_mapped", message: says("No stage."), needs: "person" }];
  });
  const { status, body } = await ask();
  expect([status, body.state, body.kind]).toEqual([202, "waiting", "manual"]);
  await work();
  expect(await read(body.run_id)).toMatchObject({
    ...{ state: "succeeded", progress: { done: 3, total: 4 }, accepted: 2, rejected: 1, attempts: 1 },
    leftovers: [
      { subject: "order 4", code: "stage_not_mapped", message: "No stage.", needs: "person" },
      { subject: "conversion 3", needs: "person" },
    ],
  });
  expect(await sql("select action from audit_events where action = 'source.run_started'")).toHaveLength(1);
});

test("a dry run shows what it would give, stores nothing and changes no state, whatever its plugin does", async () => {
  const seen: unknown[] = [];
  const { ask, work, read, sql } = await startPolling(async (source) => {
    seen.push(await source.state.get("cursor"));
    await source.state.set("cursor", 7);
    seen.push(await source.state.get("cursor"));
    await source.emit([sale(1), { target: "purchase" }], { mode: "normal" });
    return [];
  });
  for (let times = 0; times < 2; times++) {
    const { body } = await ask(true);
    await work();
    expect(await read(body.run_id)).toMatchObject({
      ...{ kind: "dry_run", state: "succeeded", accepted: 1, rejected: 1, batch_ids: [] },
      would_emit: [{ target: "purchase", price: "1500" }],
    });
  }
  expect(seen).toEqual([null, 7, null, 7]);
  expect(await sql("select 1 from batches")).toEqual([]);
  expect(await sql("select 1 from source_state")).toEqual([]);
});

test("a dry run tells the number that the real run gives", async () => {
  const { ask, work, read } = await startPolling(async (source) => {
    await source.emit([sale(1), sale(2), sale(2), { target: "purchase" }]);
    return [];
  });
  const counts: unknown[] = [];
  for (const isDry of [true, false]) {
    const { body } = await ask(isDry);
    await work();
    const { accepted, duplicates, rejected } = await read(body.run_id);
    counts.push({ accepted, duplicates, rejected });
  }
  expect(counts).toEqual([counts[1], { accepted: 2, duplicates: 1, rejected: 1 }]);
});

test("a token that a dry run trades in its turn is kept, since it works once", async () => {
  const { ask, work, sql } = await startPolling(async (source) => {
    await source.state.exclusively(() => source.state.set("refresh_token", "the next one"));
    return [];
  });
  await ask(true);
  await work();
  expect(await sql("select name from source_state")).toEqual([{ name: "refresh_token" }]);
});

test("while a run is under way no other is made, by a person or by the clock", async () => {
  const begun = signal();
  const { ask, gateway, advance, list, cancel } = await startPolling(async (source) => {
    begun.resolve();
    await new Promise((_, reject) => source.signal.addEventListener("abort", () => reject(source.signal.reason)));
    return [];
  });
  const { body } = await ask();
  const round = gateway.runs.runOnce();
  await begun.promise;
  const refused = await ask();
  expect([refused.status, refused.body.code]).toEqual([409, "run_under_way"]);
  advance(3 * HOUR - MINUTE);
  await cancel(body.run_id);
  await round;
  expect(await list()).toHaveLength(1);
});

test("a cancelled run ends at once, keeps what it gave, and takes nothing more", async () => {
  const begun = signal();
  let late: Promise<unknown> = Promise.resolve();
  const { ask, gateway, cancel, read, sql } = await startPolling(async (source) => {
    await source.emit([sale(1)]);
    begun.resolve();
    await new Promise<void>((resolve) => source.signal.addEventListener("abort", () => resolve()));
    late = source.emit([sale(2)]);
    await late;
    return [];
  });
  const { body } = await ask();
  const round = gateway.runs.runOnce();
  await begun.promise;
  expect((await cancel(body.run_id)).body.state).toBe("cancelled");
  await round;
  await expect(late).rejects.toThrow("The call is over");
  expect(await read(body.run_id)).toMatchObject({ state: "cancelled", accepted: 1 });
  expect(await sql("select action from audit_events where action = 'source.run_cancelled'")).toHaveLength(1);
  const again = await cancel(body.run_id);
  expect([again.status, again.body.code]).toEqual([409, "run_ended"]);
});

test("a plugin that hangs is given up after its time, told, and counted towards its source's rest", async () => {
  const begun = signal();
  const { ask, gateway, advance, read, path, manage } = await startPolling(() => {
    begun.resolve();
    return new Promise(() => {});
  });
  const { body } = await ask();
  const round = gateway.runs.runOnce();
  await begun.promise;
  advance(15 * MINUTE);
  await round;
  const run = await read(body.run_id);
  expect(run).toMatchObject({ state: "failed", error: { code: "plugin_timeout" } });
  expect(JSON.stringify(run.error)).toContain("polling 2.1.0 was not done within 900 s");
  expect((await manage("GET", path)).body.health).toMatchObject({ failures: 1 });
});

test("a plugin that asks for patience is tried again then, and what it gave before is not counted twice", async () => {
  let calls = 0;
  const { ask, work, advance, read } = await startPolling(async (source) => {
    await source.emit([sale(1)]);
    if (++calls === 1) throw new RetryLater(says("The shop is busy."), 120);
    return [];
  });
  const { body } = await ask();
  await work();
  const waiting = await read(body.run_id);
  expect(waiting).toMatchObject({ state: "waiting", next_attempt_at: "2026-11-23T12:02:00.000Z", accepted: 1 });
  expect(JSON.stringify(waiting.error)).toContain("The shop is busy.");
  advance(2 * MINUTE);
  await work();
  expect(await read(body.run_id)).toMatchObject({ state: "succeeded", attempts: 2, accepted: 1, duplicates: 0 });
});

test("a fault of the plugin fails the run without a word of its own", async () => {
  const { ask, work, read } = await startPolling(() => Promise.reject(new Error("password 12345 is wrong")));
  const { body } = await ask();
  await work();
  const run = await read(body.run_id);
  expect(run).toMatchObject({ state: "failed", error: { code: "plugin_error" } });
  expect(JSON.stringify(run)).not.toContain("12345");
});

test("a run that was interrupted by a restart is done by the next gateway", async () => {
  const begun = signal();
  let isFirst = true;
  const { ask, gateway, restart, advance, work, read } = await startPolling(async (source) => {
    await source.emit([sale(1)]);
    if (!isFirst) return [];
    isFirst = false;
    begun.resolve();
    return new Promise(() => {});
  });
  const { body } = await ask();
  const round = gateway.runs.runOnce();
  await begun.promise;
  await restart();
  await round;
  advance(SECOND);
  await work();
  expect(await read(body.run_id)).toMatchObject({ state: "succeeded", attempts: 2, accepted: 1 });
});

test("a disabled source runs only dry", async () => {
  const { ask, manage, path, advance, work, list } = await startPolling(sells);
  await manage("PATCH", path, { is_active: false });
  advance(DAY);
  await work();
  expect(await list()).toEqual([]);
  const refused = await ask();
  expect([refused.status, refused.body.code]).toEqual([409, "source_disabled"]);
  expect((await ask(true)).status).toBe(202);
});

test("a webhook has nothing to run", async () => {
  const { createWebhook, manage } = await startTestGateway();
  const { id } = await createWebhook();
  const refused = await manage("POST", `/v1/sources/${id}/runs`);
  expect([refused.status, refused.body.code]).toEqual([409, "run_unavailable"]);
});

test("a source whose plugin is gone waits, and runs within an hour once it is back", async () => {
  const plugins = [pollingPlugin(sells)];
  const { advance, work, restart, list } = await startPolling(sells, { plugins });
  plugins.length = 0;
  await restart();
  advance(DAY);
  await work();
  expect(await list()).toEqual([]);
  plugins.push(pollingPlugin(sells));
  await restart();
  advance(HOUR);
  await work();
  expect(await list()).toMatchObject([{ kind: "schedule", state: "succeeded" }]);
});
