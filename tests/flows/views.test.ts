import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { HOUR, sale, startTestGateway } from "../setup/gateway.ts";

test("the view webhooks has the specification's columns, with token and secret masked", async () => {
  const { createWebhook, manage, sql } = await startTestGateway({ store: "sqlite" });
  const webhook = await createWebhook({ name: "CRM System", description: "Webhook for CRM system" });
  expect(await sql("select * from webhooks")).toEqual([
    {
      ...{ id: webhook.id, name: "CRM System", counter_id: demo.counterId, token: "***" },
      ...{ description: "Webhook for CRM system", secret: "***", is_active: 1 },
      ...{ created_at: "2026-11-23T12:00:00.000Z", updated_at: "2026-11-23T12:00:00.000Z" },
    },
  ]);
  await manage("PATCH", `/v1/webhooks/${webhook.id}`, { is_active: false });
  expect(await sql("select is_active from webhooks")).toEqual([{ is_active: 0 }]);
  await manage("DELETE", `/v1/webhooks/${webhook.id}`);
  expect(await sql("select * from webhooks")).toEqual([]);
});

test("the view webhook_batches tells what the status answer tells", async () => {
  const { createWebhook, post, status, settle, sql, simulator } = await startTestGateway({ store: "sqlite" });
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0), sale(1, { client_id: "999" }), { target: "x" }]);
  await settle();
  const told = await status(webhook, body.batch_id);
  const [row] = await sql<Record<string, unknown>>("select * from webhook_batches");
  expect(row).toEqual({
    ...{ id: body.batch_id, webhook_id: webhook.id, counter_id: demo.counterId, status: "completed" },
    ...{ created_at: told.created_at, updated_at: told.updated_at, total: 3, processed: 2 },
    ...{ metrika_upload_id: simulator.ledger.files[0]?.id, errors: expect.any(String) },
  });
  expect(JSON.parse(String(row?.errors))).toEqual(["rejected: 1", "user_not_found: 1"]);
});

test("a batch with nothing amiss has null for errors in the view as well", async () => {
  const { createWebhook, post, settle, sql } = await startTestGateway({ store: "sqlite" });
  await post(await createWebhook(), [sale(0)]);
  await settle();
  expect(await sql("select status, processed, errors from webhook_batches")).toEqual([
    { status: "completed", processed: 1, errors: null },
  ]);
});

test("the view webhook_conversions has the specification's columns and the ids that the API tells", async () => {
  const { createWebhook, post, rows, settle, sql } = await startTestGateway({ store: "sqlite" });
  const { body } = await post(await createWebhook(), [
    sale(0, { price: "1500.50", purchase_id: "order123" }),
    { user_id: "u", target: "nowhere", date_time: "2026-11-23T10:00:00Z" },
  ]);
  const times = { created_at: "2026-11-23T12:00:00.000Z", updated_at: "2026-11-23T12:00:00.000Z" };
  const ids = (await rows(body.batch_id)).map(({ conversion_id }) => conversion_id);
  const [first, second] = [
    {
      ...{ id: ids[0], batch_id: body.batch_id, client_id: "1764012345678901234", user_id: null, yclid: null },
      ...{ purchase_id: "order123", target: "purchase", date_time: "2026-11-23T10:00:00Z", price: "1500.5" },
      ...{ currency: "RUB", status: "pending", error: null, ...times },
    },
    {
      ...{ id: ids[1], batch_id: body.batch_id, client_id: null, user_id: "u", yclid: null, purchase_id: null },
      ...{ target: "nowhere", date_time: "2026-11-23T10:00:00Z", price: null, currency: null },
      ...{ status: "pending", error: null, ...times },
    },
  ];
  const query = "select * from webhook_conversions order by id";
  expect(await sql<unknown>(query)).toEqual([first, second]);
  await settle();
  expect(await sql("select status, error from webhook_conversions order by id")).toEqual([
    { status: "processed", error: null },
    { status: "pending", error: null },
  ]);
});

test("a conversion that was given up says why in the view", async () => {
  const { createWebhook, post, settle, work, advance, sql, simulator } = await startTestGateway({ store: "sqlite" });
  const webhook = await createWebhook();
  await post(webhook, [sale(0, { target: "nowhere" })]);
  await settle();
  simulator.faults.add({ match: { operation: "upload" }, fault: { kind: "status", status: 400 } });
  await post(webhook, [sale(1)]);
  await settle();
  advance(22 * 24 * HOUR);
  await work();
  expect(await sql("select status, error from webhook_conversions order by id")).toEqual([
    { status: "error", error: "goal_not_found" },
    { status: "error", error: "metrika_rejected" },
  ]);
});

test("the views cannot be written", async () => {
  const { sql } = await startTestGateway({ store: "sqlite" });
  const views = await sql<{ name: string }>(
    "select name from sqlite_master where type = 'view' and name like 'webhook%'",
  );
  expect(views.map(({ name }) => name).sort()).toEqual(["webhook_batches", "webhook_conversions", "webhooks"]);
  for (const { name } of views)
    expect(() => sql(`delete from ${name}`)).toThrow(`cannot modify ${name} because it is a view`);
});
