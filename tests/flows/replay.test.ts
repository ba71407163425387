import { expect, test } from "bun:test";
import fc from "fast-check";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { DAY, MINUTE, SECOND, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";
import { propertyRuns } from "../setup/property-runs.ts";

const refuse = (times: number | "always" = 1) =>
  ({ times, match: { operation: "upload" }, fault: { kind: "status", status: 400, message: "bad file" } }) as const;

/** Replays what a filter means and lets the worker carry it out; the replay as it is then. */
async function replay({ manage, work }: TestGateway, filter: Readonly<Record<string, unknown>> = {}) {
  const begun = await manage("POST", "/v1/replays", filter);
  expect(begun.status).toBe(202);
  expect(begun.body.state).toBe("running");
  await work();
  return (await manage("GET", `/v1/replays/${begun.body.replay_id}`)).body;
}

async function dryRun({ manage }: TestGateway, filter: Readonly<Record<string, unknown>> = {}) {
  const { status, body } = await manage("POST", "/v1/replays", { ...filter, dry_run: true });
  expect(status).toBe(200);
  return body;
}

/** What files are made of, and what they hold: uploads whose groups do not add up to their rows. */
const wrongGroups = ({ sql }: TestGateway) =>
  sql(`select u.id, u.rows, sum(g.rows) as grouped from uploads u left join upload_groups g on g.upload_id = u.id
    where u.state <> 'failed' group by u.id having u.rows <> coalesce(sum(g.rows), 0)`);

test("rows of a file that Metrika refused are listed, and go again in a new file when a person replays them", async () => {
  const gateway = await startTestGateway();
  const { createWebhook, post, status, settle, manage, simulator } = gateway;
  simulator.faults.add(refuse());
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0), sale(1)]);
  const repeat = await post(webhook, [sale(0)]);
  await settle();
  const failed = await status(webhook, body.batch_id);
  expect(failed).toMatchObject({ status: "error", processed: 0 });
  const [before] = failed.uploads;

  const listed = await manage("GET", "/v1/dead-letters", undefined, { "accept-language": "en" });
  expect(listed.body.data).toMatchObject([
    {
      reason: "failed",
      upload_id: before?.upload_id,
      counter_id: demo.counterId,
      rows: 2,
      failed_at: expect.any(String),
    },
  ]);
  expect(listed.body.data[0]?.message).toStartWith("Metrika refused the file (rows: 2):");
  expect(await dryRun(gateway)).toMatchObject({ rows: 2, by_reason: { failed: 2, goal_not_found: 0, cancelled: 0 } });
  expect(await status(webhook, body.batch_id)).toEqual(failed);

  expect(await replay(gateway)).toMatchObject({ state: "completed", matched: 2, replayed: 2 });
  const under = await status(webhook, body.batch_id);
  expect(under.status_version).toBeGreaterThan(failed.status_version);
  await settle();
  for (const batch of [body.batch_id, repeat.body.batch_id])
    expect(await status(webhook, batch)).toMatchObject({ status: "completed", errors: null });
  const [after] = (await status(webhook, body.batch_id)).uploads;
  expect(after).toMatchObject({ state: "completed", rows: 2, replay_of: before?.upload_id ?? "", replayed_by: [] });
  const old = (await manage("GET", `/v1/uploads/${before?.upload_id}`)).body;
  expect(old).toMatchObject({ state: "failed", rows: 2, replay_of: null, replayed_by: [after?.upload_id] });
  expect(simulator.ledger.conversions().map(({ timesUploaded }) => timesUploaded)).toEqual([1, 1]);
  expect((await manage("GET", "/v1/dead-letters")).body.data).toEqual([]);
  expect(await dryRun(gateway)).toMatchObject({ rows: 0 });
  expect(await replay(gateway)).toMatchObject({ state: "completed", matched: 0, replayed: 0 });
  expect(await wrongGroups(gateway)).toEqual([]);
});

test("a replayed file that Metrika refuses again is a dead letter again, and not moved by the same replay", async () => {
  const gateway = await startTestGateway();
  const { createWebhook, post, settle, simulator } = gateway;
  const always = simulator.faults.add(refuse("always"));
  const webhook = await createWebhook();
  await post(webhook, [sale(0)]);
  await settle();
  expect(await replay(gateway)).toMatchObject({ state: "completed", replayed: 1 });
  await settle();
  expect(await dryRun(gateway)).toMatchObject({ rows: 1 });
  always.remove();
  await replay(gateway);
  await settle();
  expect(simulator.ledger.total).toBe(1);
});

test("a corrected row is not replayed, and a row that was replayed can still be corrected", async () => {
  const gateway = await startTestGateway();
  const { createWebhook, post, settle, simulator } = gateway;
  simulator.faults.add(refuse());
  const webhook = await createWebhook();
  await post(webhook, [sale(0, { price: 100 }), sale(1, { price: 100 })]);
  await settle();
  expect((await post(webhook, [sale(0, { price: 70 })])).body).toMatchObject({ accepted_count: 1 });
  expect(await dryRun(gateway)).toMatchObject({ rows: 1 });
  await replay(gateway);
  expect((await post(webhook, [sale(1, { price: 80 })])).body).toMatchObject({ accepted_count: 1 });
  await settle();
  expect(
    simulator.ledger
      .conversions()
      .map(({ price }) => price)
      .sort(),
  ).toEqual(["70", "80"]);
  expect(await wrongGroups(gateway)).toEqual([]);
});

test("a row without a goal is judged anew by a list that is read after the replay", async () => {
  const gateway = await startTestGateway();
  const { createWebhook, post, status, settle, advance, work, simulator, manage } = gateway;
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0, { target: "late_goal" }), sale(1, { target: "never" })]);
  await settle();
  advance(22 * DAY);
  await work();
  const before = await status(webhook, body.batch_id);
  expect(before.set_aside.map(({ reason, rows }) => [reason, rows])).toEqual([
    ["goal_not_found", 1],
    ["goal_not_found", 1],
  ]);
  const listed = (await manage("GET", "/v1/dead-letters")).body.data;
  expect(listed.map(({ reason, target, rows, webhook_id }) => [reason, target, rows, webhook_id]).sort()).toEqual([
    ["goal_not_found", "late_goal", 1, webhook.id],
    ["goal_not_found", "never", 1, webhook.id],
  ]);
  simulator.addGoal(demo.counterId, "late_goal");
  advance(2 * MINUTE);
  const reads = simulator.requests.byOperation.goals ?? 0;
  await replay(gateway, { reason: "goal_not_found" });
  await settle();
  expect(simulator.requests.byOperation.goals).toBe(reads + 1);
  const after = await status(webhook, body.batch_id);
  expect(after).toMatchObject({
    processed: 1,
    set_aside: [{ target: "never", reason: "goal_not_found", rows: 1 }],
  });
  expect(before.errors).toEqual(expect.arrayContaining([...(after.errors ?? [])].filter((e) => e.includes("never"))));
  expect(after.status_version).toBeGreaterThan(before.status_version);
});

test("a replay can be narrowed to webhook, counter, batch, upload, reason, target and time of arrival", async () => {
  const gateway = await startTestGateway();
  const { createWebhook, post, settle, advance, simulator, manage } = gateway;
  const always = simulator.faults.add(refuse("always"));
  const [one, other] = [await createWebhook(), await createWebhook()];
  const first = await post(one, [sale(0), sale(1, { target: "lead" })]);
  advance(SECOND);
  const second = await post(other, [sale(2)]);
  await settle();
  await manage("POST", `/v1/batches/${(await post(other, [sale(3)])).body.batch_id}/cancel`);
  always.remove();
  const [upload] = (await manage("GET", "/v1/uploads?state=failed")).body.data;
  const rowsOf = async (filter: object) => (await dryRun(gateway, { ...filter })).rows;
  expect(await rowsOf({})).toBe(4);
  expect(await rowsOf({ webhook_id: one.id })).toBe(2);
  expect(await rowsOf({ counter_id: demo.counterId })).toBe(4);
  expect(await rowsOf({ counter_id: 1 })).toBe(0);
  expect(await rowsOf({ batch_id: second.body.batch_id })).toBe(1);
  expect(await rowsOf({ batch_id: first.body.batch_id, target: "lead" })).toBe(1);
  expect(await rowsOf({ upload_id: upload?.upload_id })).toBe(Number(upload?.rows));
  expect(await rowsOf({ reason: "cancelled" })).toBe(1);
  expect(await rowsOf({ reason: "goal_not_found" })).toBe(0);
  expect(await rowsOf({ received_before: "2026-11-23T12:00:01Z" })).toBe(2);
  expect(await rowsOf({ received_from: "2026-11-23T15:00:01+03:00" })).toBe(2);
  const listed = async (query: string) => (await manage("GET", `/v1/dead-letters?${query}`)).body.data.length;
  expect(await listed(`webhook_id=${other.id}&reason=cancelled`)).toBe(1);
  expect(await listed("target=lead")).toBe(1);

  const begun = await replay(gateway, { webhook_id: one.id, received_before: "2026-11-23T12:00:01Z" });
  expect(begun).toMatchObject({
    ...{ matched: 2, replayed: 2 },
    filter: { webhook_id: one.id, counter_id: null, reason: null, received_before: "2026-11-23T12:00:01.000Z" },
  });
  await settle();
  expect(simulator.ledger.total).toBe(2);
  expect((await manage("GET", "/v1/replays")).body.data).toMatchObject([{ replay_id: begun.replay_id }]);
});

test("what a filter names must be there, and a program that may only read may not replay", async () => {
  const { manage, request } = await startTestGateway();
  for (const wrong of [
    { webhook_id: "x" },
    { batch_id: "x" },
    { upload_id: "x" },
    { received_from: "yesterday" },
    { reason: "bad_luck" },
    { strange: 1 },
  ]) {
    const { status, body } = await manage("POST", "/v1/replays", wrong);
    expect([status, body.code, body.errors[0]?.field]).toEqual([422, "invalid_field", Object.keys(wrong)[0]]);
  }
  expect((await manage("GET", "/v1/dead-letters?cursor=abc")).status).toBe(422);
  expect((await manage("GET", "/v1/replays/x")).status).toBe(404);
  const { key } = (await manage("POST", "/v1/api-keys", { name: "reader", scopes: ["read"] })).body;
  const headers = { authorization: `Bearer ${key}` };
  expect((await request("GET", "/v1/dead-letters", { headers })).status).toBe(200);
  const refused = await request("POST", "/v1/replays", { headers, body: {} });
  expect([refused.status, refused.body.code]).toEqual([403, "forbidden_scope"]);
});

test("dead letters are listed newest first, page by page, each group once", async () => {
  const gateway = await startTestGateway();
  const { createWebhook, post, settle, advance, simulator, manage } = gateway;
  const always = simulator.faults.add(refuse("always"));
  const webhook = await createWebhook();
  for (let i = 0; i < 3; i++) {
    await post(webhook, [sale(i)]);
    await settle();
    advance(MINUTE);
  }
  always.remove();
  await post(webhook, [sale(4), sale(5)]);
  await manage("POST", `/v1/webhooks/${webhook.id}/cancel`);
  const groups: unknown[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const { body } = await manage("GET", `/v1/dead-letters?limit=1&cursor=${cursor}`);
    expect(body.data).toHaveLength(1);
    groups.push([body.data[0]?.reason, body.data[0]?.rows]);
    cursor = body.next_cursor as string | null;
  }
  expect(groups).toEqual([["cancelled", 2], ...Array(3).fill(["failed", 1])]);
});

const SALES = 10;
const scenario = fc.record({
  /** Sales of each post, and whether Metrika refuses the file that they go in. */
  posts: fc.array(fc.record({ from: fc.nat(SALES - 3), refused: fc.boolean(), cancelled: fc.boolean() }), {
    minLength: 1,
    maxLength: 5,
  }),
  corrected: fc.option(fc.nat(SALES - 1)),
  steps: fc.nat(4),
  reason: fc.constantFrom(undefined, "failed", "cancelled"),
});

test("for every replay that is cancelled half-way and run again, each sale is counted once and nothing is sent in vain", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ posts, corrected, steps, reason }) => {
      const gateway = await startTestGateway();
      const { createWebhook, post, settle, advance, manage, simulator } = gateway;
      const { replays } = gateway.gateway.store;
      const webhook = await createWebhook();
      for (const { from, refused, cancelled } of posts) {
        const fault = refused ? simulator.faults.add(refuse("always")) : null;
        const { body } = await post(
          webhook,
          [0, 1, 2].map((i) => sale(from + i)),
        );
        if (cancelled) await manage("POST", `/v1/batches/${body.batch_id}/cancel`);
        await settle();
        fault?.remove();
        advance(MINUTE);
      }
      if (corrected !== null) await post(webhook, [sale(corrected, { price: 1 })]);
      const sent = simulator.ledger.rows;
      const filter = reason === undefined ? {} : { reason };
      const expected = Number((await dryRun(gateway, filter)).rows);

      const begun = (await manage("POST", "/v1/replays", filter)).body;
      const found = await replays.findByUuid(String(begun.replay_id));
      const rules = { limit: 1, maxRows: 1000, maxBytes: 1_000_000, joinedForMs: 21 * DAY };
      for (let step = 0; step < steps; step++) {
        const newUuid = () => Bun.randomUUIDv7();
        await replays.advance(found?.id ?? 0, { ...rules, newUuid, now: gateway.clock.now() });
      }
      const halted = (await manage("POST", `/v1/replays/${begun.replay_id}/cancel`)).body;
      expect(halted).toMatchObject({ matched: expected, replayed: Math.min(steps, expected) });
      await gateway.restart();
      const rest = await replay(gateway, filter);
      expect(Number(halted.replayed) + Number(rest.replayed)).toBe(expected);
      expect(await replay(gateway, filter)).toMatchObject({ matched: 0, replayed: 0 });
      await settle();

      for (const { timesUploaded, price } of simulator.ledger.conversions())
        expect(timesUploaded).toBeLessThanOrEqual(price === "1" ? 2 : 1);
      expect(simulator.ledger.rows - sent).toBe(expected + (corrected === null ? 0 : 1));
      if (reason === undefined) {
        const told = new Set(posts.flatMap(({ from }) => [from, from + 1, from + 2]));
        if (corrected !== null) told.add(corrected);
        expect(simulator.ledger.total).toBe(told.size);
      }
      expect(await wrongGroups(gateway)).toEqual([]);
      await gateway.close();
    }),
    { numRuns: propertyRuns(15) },
  );
}, 300_000);

test("rows of a deleted webhook can be replayed by its id, and its match rates still be read", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  await rig.post(webhook, [sale(0)]);
  await rig.settle();
  await rig.post(webhook, [sale(1)]);
  await rig.manage("DELETE", `/v1/webhooks/${webhook.id}?discard=true`);
  const filter = { webhook_id: webhook.id, reason: "cancelled" };
  const asked = await rig.manage("POST", "/v1/replays", { ...filter, dry_run: true });
  expect(asked).toMatchObject({ status: 200, body: { rows: 1 } });
  await rig.manage("POST", "/v1/replays", filter);
  await rig.settle();
  expect(rig.simulator.ledger.total).toBe(2);
  const rates = await rig.manage("GET", `/v1/match-rates?webhook_id=${webhook.id}&by=webhook`);
  expect(rates.body.data).toMatchObject([{ rows: 2 }]);
});
