import { expect, test } from "bun:test";
import {
  HOUR,
  MINUTE,
  sale,
  startTestGateway,
  startWithHistory,
  type TestGateway,
  type TestWebhook,
} from "../setup/gateway.ts";

const pause = ({ manage }: TestGateway, webhook: TestWebhook, paused: boolean) =>
  manage("PATCH", `/v1/webhooks/${webhook.id}`, { delivery_paused: paused });

test("while delivery is paused conversions are taken and wait, and the batch says why", async () => {
  const gateway = await startTestGateway();
  const { createWebhook, post, status, rows, settle, advance, sql, simulator } = gateway;
  const webhook = await createWebhook();
  await pause(gateway, webhook, true);
  const { body } = await post(webhook, [sale(0), sale(1)]);
  expect(body.batch_id).toBeString();
  await settle();
  advance(HOUR);
  await settle();
  expect(simulator.ledger.files).toEqual([]);
  expect(await status(webhook, body.batch_id, "en")).toMatchObject({
    ...{ status: "pending", processed: 0, uploads: [] },
    errors: [expect.stringContaining("A person has paused the delivery of this webhook; rows that wait: 2.")],
  });
  expect((await status(webhook, body.batch_id, "ru")).errors?.[0]).toContain("приостановил человек");
  expect(await rows(body.batch_id)).toMatchObject(
    Array(2).fill({ status: "pending", detail: "delivery_paused", message: "Waits: a person has paused delivery." }),
  );
  const [told] = await sql<{ errors: string | string[] }>("select errors from webhook_batches");
  expect([told?.errors].flat()).toEqual([expect.stringContaining("delivery_paused: 2")]);
  await pause(gateway, webhook, false);
  await settle();
  expect(await status(webhook, body.batch_id)).toMatchObject({ status: "completed", errors: null, linked: 2 });
});

test("pausing takes rows out of files that are not on their way, those of others go, and resuming sends the rest", async () => {
  const { gateway, webhook } = await startWithHistory({ rules: { maxLanes: 0 } });
  const { manage, post, work, settle, advance, status, simulator } = gateway;
  const { token: _, ...same } = (await manage("GET", `/v1/webhooks/${webhook.id}`)).body;
  expect(same).toMatchObject({ delivery_paused: false });
  const mine = await post(webhook, [sale(0), sale(1, { price: 5 })]);
  const repeat = await post(webhook, [sale(0)]);
  await work();
  expect((await status(webhook, mine.body.batch_id)).uploads).toMatchObject([{ state: "filling", rows: 2 }]);
  const before = (await status(webhook, mine.body.batch_id)).status_version;
  expect((await pause(gateway, webhook, true)).body).toMatchObject({ delivery_paused: true });
  const held = await status(webhook, mine.body.batch_id);
  expect(held).toMatchObject({ status: "pending", uploads: [] });
  expect(held.status_version).toBeGreaterThan(before);
  expect((await manage("GET", "/v1/uploads?state=filling")).body.data).toEqual([]);
  advance(10 * MINUTE);
  await settle();
  expect(simulator.ledger.total).toBe(1);
  await pause(gateway, webhook, false);
  await settle();
  expect(simulator.ledger.total).toBe(3);
  for (const { body } of [mine, repeat])
    expect(await status(webhook, body.batch_id)).toMatchObject({ status: "completed", errors: null });
});

test("a file that is at Metrika when delivery is paused is followed to its end", async () => {
  const gateway = await startTestGateway();
  const { createWebhook, post, work, settle, status } = gateway;
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0)]);
  await work();
  await pause(gateway, webhook, true);
  await settle();
  expect(await status(webhook, body.batch_id)).toMatchObject({ status: "completed", errors: null });
});

test("sales of one second keep different seconds when they come out of their file and go again", async () => {
  const { gateway, webhook } = await startWithHistory();
  const { post, work, settle, sql, simulator } = gateway;
  await post(
    webhook,
    [0, 1, 2].map((i) => sale(0, { purchase_id: `p${i}` })),
  );
  await work();
  const seconds = () =>
    sql(
      "select purchase_id, coalesce(sent_time, date_time) as second from conversions where purchase_id <> '' order by 1",
    );
  const before = await seconds();
  expect(new Set(before.map(({ second }) => second)).size).toBe(3);
  await pause(gateway, webhook, true);
  expect(await seconds()).toEqual(before);
  await pause(gateway, webhook, false);
  await settle();
  expect(await seconds()).toEqual(before);
  expect(simulator.ledger.total).toBe(4);
});

test("rows of a failed file that are replayed while delivery is paused wait until it is resumed", async () => {
  const gateway = await startTestGateway();
  const { createWebhook, post, settle, work, manage, status, simulator } = gateway;
  simulator.faults.add({ match: { operation: "upload" }, fault: { kind: "status", status: 400 } });
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0), sale(1)]);
  await settle();
  await pause(gateway, webhook, true);
  await manage("POST", "/v1/replays", {});
  await work();
  expect(await status(webhook, body.batch_id)).toMatchObject({ status: "pending", uploads: [] });
  await pause(gateway, webhook, false);
  await settle();
  expect(await status(webhook, body.batch_id)).toMatchObject({ status: "completed", processed: 2 });
  expect(simulator.ledger.conversions().map(({ timesUploaded }) => timesUploaded)).toEqual([1, 1]);
});

test("what a crash left in files of a paused webhook is taken out at the next start", async () => {
  const { gateway, webhook } = await startWithHistory();
  const { post, work, settle, advance, simulator } = gateway;
  await post(webhook, [sale(0)]);
  await work();
  const { store } = gateway.gateway;
  const source = await store.sources.findByUuid(webhook.id);
  // The crash comes between the two steps of pausing.
  await store.sources.update(source?.id ?? 0, { deliveryPaused: true }, gateway.clock.now());
  await gateway.restart();
  advance(10 * MINUTE);
  await settle();
  expect(simulator.ledger.total).toBe(1);
  await pause(gateway, webhook, false);
  await settle();
  expect(simulator.ledger.total).toBe(2);
});

test("what a paused webhook has taken is delivered when the webhook is deleted, since nobody could resume it", async () => {
  const gateway = await startTestGateway();
  const { createWebhook, post, manage, settle, simulator } = gateway;
  const webhook = await createWebhook();
  await pause(gateway, webhook, true);
  const { body } = await post(webhook, [sale(0), sale(1)]);
  await settle();
  expect(simulator.ledger.total).toBe(0);
  expect((await manage("DELETE", `/v1/webhooks/${webhook.id}`)).status).toBe(204);
  await settle();
  expect(simulator.ledger.total).toBe(2);
  expect((await manage("GET", `/v1/batches/${body.batch_id}`)).body).toMatchObject({
    status: "completed",
    processed: 2,
  });
});
