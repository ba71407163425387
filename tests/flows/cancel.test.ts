import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { HOUR, MINUTE, sale, startTestGateway, startWithHistory, type TestGateway } from "../setup/gateway.ts";

const wrongGroups = ({ sql }: TestGateway) =>
  sql(`select u.id, u.rows, sum(g.rows) as grouped from uploads u left join upload_groups g on g.upload_id = u.id
    where u.state <> 'failed' group by u.id having u.rows <> coalesce(sum(g.rows), 0)`);

test("a batch that is in no file yet is cancelled whole, and says so", async () => {
  const { createWebhook, post, manage, status, rows, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0), sale(1), sale(2, { target: "lead" })]);
  const path = `/v1/batches/${body.batch_id}/cancel`;
  const counted = await manage("POST", path, { dry_run: true });
  expect<unknown>(counted.body).toEqual({ cancelled: 3, not_cancellable: 0, dry_run: true });
  expect((await status(webhook, body.batch_id)).status).toBe("pending");
  const done = await manage("POST", path);
  expect(done.status).toBe(200);
  expect<unknown>(done.body).toEqual({ cancelled: 3, not_cancellable: 0, dry_run: false });
  expect((await manage("POST", path)).body).toMatchObject({ cancelled: 0, not_cancellable: 0 });
  await settle();
  expect(simulator.ledger.total).toBe(0);
  expect(await status(webhook, body.batch_id, "en")).toMatchObject({
    ...{ status: "error", processed: 0, uploads: [] },
    errors: ["Rows cancelled with the goal “lead”: 1.", "Rows cancelled with the goal “purchase”: 2."],
  });
  expect(await rows(body.batch_id)).toMatchObject(Array(3).fill({ status: "error", detail: "cancelled" }));
});

test("rows of one batch leave a file that is filling, and the others in it are sent", async () => {
  const { gateway, webhook } = await startWithHistory();
  const { post, work, manage, status, settle, simulator } = gateway;
  const first = await post(webhook, [sale(0), sale(1)]);
  const second = await post(webhook, [sale(2)]);
  const repeat = await post(webhook, [sale(0)]);
  await work();
  const before = await status(webhook, first.body.batch_id);
  expect(before.uploads).toMatchObject([{ state: "filling", rows: 3, batch_rows: 2 }]);
  const done = await manage("POST", `/v1/batches/${first.body.batch_id}/cancel`);
  expect<unknown>(done.body).toEqual({ cancelled: 2, not_cancellable: 0, dry_run: false });
  const after = await status(webhook, first.body.batch_id);
  expect(after).toMatchObject({ status: "error", uploads: [] });
  expect(after.status_version).toBeGreaterThan(before.status_version);
  expect((await status(webhook, second.body.batch_id)).uploads).toMatchObject([{ state: "filling", rows: 1 }]);
  await settle();
  expect((await status(webhook, second.body.batch_id)).status).toBe("completed");
  expect(await status(webhook, repeat.body.batch_id)).toMatchObject({ status: "error", processed: 0 });
  expect(simulator.ledger.total).toBe(2);
  expect(await wrongGroups(gateway)).toEqual([]);
});

test("an upload that loses its last row is gone, and no list shows it", async () => {
  const { gateway, webhook } = await startWithHistory();
  const { post, work, manage, simulator, settle } = gateway;
  const { body } = await post(webhook, [sale(0)]);
  await work();
  expect((await manage("GET", "/v1/uploads?state=filling")).body.data).toHaveLength(1);
  await manage("POST", `/v1/batches/${body.batch_id}/cancel`);
  expect((await manage("GET", "/v1/uploads?state=filling")).body.data).toEqual([]);
  await settle();
  expect(simulator.ledger.files).toHaveLength(1);
});

test("what is on its way cannot be cancelled, and is told apart", async () => {
  const { createWebhook, post, work, manage, status, settle, advance, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0), sale(1, { target: "no_such_goal" })]);
  await work();
  const done = await manage("POST", `/v1/batches/${body.batch_id}/cancel`);
  expect<unknown>(done.body).toEqual({ cancelled: 1, not_cancellable: 1, dry_run: false });
  await settle();
  expect(await status(webhook, body.batch_id, "en")).toMatchObject({
    ...{ status: "completed", processed: 1, errors: ["Rows cancelled with the goal “no_such_goal”: 1."] },
  });
  simulator.addGoal(demo.counterId, "no_such_goal");
  advance(2 * HOUR);
  await settle();
  expect(simulator.ledger.total).toBe(1);
});

test("a file that Metrika turned away can be cancelled", async () => {
  const { createWebhook, post, work, manage, advance, settle, simulator } = await startTestGateway();
  simulator.faults.add({ match: { operation: "upload" }, fault: { kind: "status", status: 429 } });
  const { body } = await post(await createWebhook(), [sale(0)]);
  await work();
  const done = await manage("POST", `/v1/batches/${body.batch_id}/cancel`);
  expect<unknown>(done.body).toEqual({ cancelled: 1, not_cancellable: 0, dry_run: false });
  advance(HOUR);
  await settle();
  expect(simulator.ledger.total).toBe(0);
});

test("a file that may be at Metrika is not cancelled any more", async () => {
  const { createWebhook, post, work, manage, advance, settle, simulator } = await startTestGateway();
  simulator.faults.add({ match: { operation: "upload" }, fault: { kind: "store_then_reset" } });
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0)]);
  await work();
  const done = await manage("POST", `/v1/batches/${body.batch_id}/cancel`);
  expect<unknown>(done.body).toEqual({ cancelled: 0, not_cancellable: 1, dry_run: false });
  advance(HOUR);
  await settle();
  expect(simulator.ledger.total).toBe(1);
});

test("the queue of a webhook is cancelled wherever it stands, and another webhook of the counter goes on", async () => {
  const { gateway, webhook } = await startWithHistory({ rules: { maxLanes: 0 } });
  const { createWebhook, post, work, manage, settle, simulator, status } = gateway;
  const other = await createWebhook();
  const mine = await post(webhook, [sale(0), sale(1, { target: "no_such_goal" })]);
  await work();
  const late = await post(webhook, [sale(2)]);
  const theirs = await post(other, [sale(3)]);
  const done = await manage("POST", `/v1/webhooks/${webhook.id}/cancel`);
  expect<unknown>(done.body).toEqual({ cancelled: 3, not_cancellable: 0, dry_run: false });
  await settle();
  for (const { body } of [mine, late]) expect((await status(webhook, body.batch_id)).status).toBe("error");
  expect((await status(other, theirs.body.batch_id)).status).toBe("completed");
  expect(simulator.ledger.total).toBe(2);
  expect(await wrongGroups(gateway)).toEqual([]);
});

test("a cancelled row that is posted again is sent, and so is one that is replayed", async () => {
  const { createWebhook, post, manage, settle, simulator, status } = await startTestGateway();
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0), sale(1)]);
  await manage("POST", `/v1/batches/${body.batch_id}/cancel`);
  expect((await post(webhook, [sale(0)])).body).toMatchObject({ accepted_count: 1, duplicate_count: 0 });
  await settle();
  expect(simulator.ledger.total).toBe(1);
  const replay = await manage("POST", "/v1/replays", { reason: "cancelled" });
  expect(replay.body).toMatchObject({ matched: 1 });
  await settle();
  expect(simulator.ledger.total).toBe(2);
  expect(await status(webhook, body.batch_id)).toMatchObject({
    ...{ status: "completed", processed: 1, set_aside: [{ reason: "cancelled", rows: 1 }] },
  });
});

test("a correction that is cancelled while the first telling is on its way leaves that as it is", async () => {
  const { createWebhook, post, work, manage, settle, simulator, status } = await startTestGateway();
  const webhook = await createWebhook();
  const first = await post(webhook, [sale(0, { price: 100 })]);
  await work();
  const correction = await post(webhook, [sale(0, { price: 70 })]);
  const done = await manage("POST", `/v1/batches/${correction.body.batch_id}/cancel`);
  expect(done.body).toMatchObject({ cancelled: 1 });
  // Replayed while the first file is still on its way, it waits for that file.
  await manage("POST", "/v1/replays", { batch_id: correction.body.batch_id });
  await work();
  expect(simulator.ledger.files).toHaveLength(1);
  await settle();
  expect(simulator.ledger.conversions()).toMatchObject([{ price: "70", timesUploaded: 2 }]);
  for (const { body } of [first, correction]) expect((await status(webhook, body.batch_id)).status).toBe("completed");
});

test("a webhook that is deleted with discard sends nothing of what waits", async () => {
  const { gateway, webhook } = await startWithHistory();
  const { post, work, manage, settle, simulator, advance } = gateway;
  const { body } = await post(webhook, [sale(0)]);
  await work();
  await post(webhook, [sale(1)]);
  expect((await manage("DELETE", `/v1/webhooks/${webhook.id}?discard=perhaps`)).status).toBe(422);
  expect((await manage("DELETE", `/v1/webhooks/${webhook.id}?discard=true`)).status).toBe(204);
  advance(10 * MINUTE);
  await settle();
  expect(simulator.ledger.total).toBe(1);
  expect((await manage("GET", `/v1/batches/${body.batch_id}`)).body).toMatchObject({
    ...{ status: "error", set_aside: [{ reason: "cancelled", rows: 1 }] },
  });
});

test("only a program that may manage can cancel, and only what it can see", async () => {
  const { createWebhook, post, manage, request } = await startTestGateway();
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0)]);
  const { key } = (await manage("POST", "/v1/api-keys", { name: "reader", scopes: ["read"] })).body;
  for (const path of [`/v1/batches/${body.batch_id}/cancel`, `/v1/webhooks/${webhook.id}/cancel`]) {
    const refused = await request("POST", path, { headers: { authorization: `Bearer ${key}` }, body: {} });
    expect([refused.status, refused.body.code]).toEqual([403, "forbidden_scope"]);
    expect((await manage("POST", path, { dry_run: "yes" })).status).toBe(422);
  }
  for (const path of ["/v1/batches/x/cancel", "/v1/webhooks/x/cancel"])
    expect((await manage("POST", path, {})).status).toBe(404);
});
