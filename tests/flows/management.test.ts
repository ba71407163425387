import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { SECOND, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";

/** Every row of a list, read page by page. */
async function allPages({ manage }: TestGateway, path: string, limit: number) {
  const pages: Readonly<Record<string, unknown>>[][] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const { status, body } = await manage("GET", `${path}?limit=${limit}&cursor=${cursor}`);
    expect(status).toBe(200);
    pages.push([...body.data]);
    cursor = body.next_cursor as string | null;
  }
  return pages;
}

test("webhooks are listed newest first, page by page, each once", async () => {
  const gateway = await startTestGateway();
  for (let i = 1; i <= 5; i++) await gateway.createWebhook({ name: `webhook ${i}` });
  const pages = await allPages(gateway, "/v1/webhooks", 2);
  expect(pages.map((page) => page.map(({ name }) => name))).toEqual([
    ["webhook 5", "webhook 4"],
    ["webhook 3", "webhook 2"],
    ["webhook 1"],
  ]);
});

test("a cursor that we did not give and a limit out of bounds are refused by name", async () => {
  const { manage } = await startTestGateway();
  for (const query of ["cursor=abc", "limit=0", "limit=501", "limit=many"]) {
    const { status, body } = await manage("GET", `/v1/webhooks?${query}`);
    expect([status, body.code, body.errors[0]?.field]).toEqual([422, "invalid_field", query.split("=")[0]]);
  }
});

test("name, description and options of a webhook can be changed, its counter cannot", async () => {
  const { createWebhook, manage, post, advance } = await startTestGateway();
  const webhook = await createWebhook({ description: "before" });
  advance(SECOND);
  const change = {
    ...{ name: "New name", description: null, time_zone: "+05:00", default_currency: "usd", language: "en" },
    ...{ dedupe_by: "purchase", identifiers: "best", create_missing_goals: true, allow_personal_user_id: true },
  };
  const changed = await manage("PATCH", `/v1/webhooks/${webhook.id}`, change);
  expect(changed.status).toBe(200);
  const expected = { ...change, default_currency: "USD", time_zone_from: "request", default_currency_from: "request" };
  expect(changed.body).toMatchObject({ ...expected, updated_at: "2026-11-23T12:00:01.000Z", warnings: [] });
  expect((await manage("GET", `/v1/webhooks/${webhook.id}`)).body).toMatchObject(expected);
  const row = { user_id: "ivan@example.com", target: "purchase", date_time: "2026-11-23T10:00:00", price: 1 };
  const dry = (await post(webhook, [row], { mode: "dry_run" })).body;
  expect(dry.conversions).toMatchObject([{ date_time: "2026-11-23T05:00:00Z", currency: "USD" }]);

  const moved = await manage("PATCH", `/v1/webhooks/${webhook.id}`, { counter_id: 1, is_active: "no" });
  expect(moved.status).toBe(422);
  expect(moved.body.errors.map(({ field, code }) => [field, code]).sort()).toEqual([
    ["counter_id", "unknown_field"],
    ["is_active", "wrong_type"],
  ]);
});

test("what is not named in a change stays as it was", async () => {
  const { createWebhook, manage } = await startTestGateway();
  const webhook = await createWebhook({ description: "kept", identifiers: "best", language: "en" });
  const before = (await manage("GET", `/v1/webhooks/${webhook.id}`)).body;
  await manage("PATCH", `/v1/webhooks/${webhook.id}`, { name: "other" });
  expect((await manage("GET", `/v1/webhooks/${webhook.id}`)).body).toEqual({ ...before, name: "other" });
});

test("a deleted webhook takes nothing more and is listed no more, but what it took is delivered", async () => {
  const { createWebhook, manage, post, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0), sale(1)]);
  expect((await manage("DELETE", `/v1/webhooks/${webhook.id}`)).status).toBe(204);
  const refused = await post(webhook, [sale(2)]);
  expect([refused.status, refused.body.code]).toEqual([403, "secret_wrong"]);
  expect((await manage("GET", `/v1/webhooks/${webhook.id}`)).status).toBe(404);
  expect((await manage("DELETE", `/v1/webhooks/${webhook.id}`)).status).toBe(404);
  expect((await manage("GET", "/v1/webhooks")).body.data).toEqual([]);
  await settle();
  expect(simulator.ledger.total).toBe(2);
  expect((await manage("GET", `/v1/batches/${body.batch_id}`)).body).toMatchObject({ status: "completed", linked: 2 });
});

test("batches of a webhook are listed newest first, each as its status tells it", async () => {
  const gateway = await startTestGateway();
  const webhook = await gateway.createWebhook();
  const other = await gateway.createWebhook();
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.unshift((await gateway.post(webhook, [sale(i)])).body.batch_id);
  await gateway.post(other, [sale(5)]);
  await gateway.settle();
  const pages = await allPages(gateway, `/v1/webhooks/${webhook.id}/batches`, 2);
  expect(pages.flat().map(({ batch_id }) => batch_id)).toEqual(ids);
  expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
  expect(pages[0]?.[0]).toEqual({ ...(await gateway.status(webhook, ids[0] ?? "", "ru")) });
});

test("every received row of a batch is listed once, in order, with its fate", async () => {
  const gateway = await startTestGateway();
  const webhook = await gateway.createWebhook();
  await gateway.post(webhook, [sale(5)]);
  const { body } = await gateway.post(webhook, [
    sale(0),
    sale(5),
    { target: "purchase" },
    sale(1),
    sale(2, { target: "x" }),
  ]);
  await gateway.settle();
  const pages = await allPages(gateway, `/v1/batches/${body.batch_id}/rows`, 2);
  expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
  expect(pages.flat()).toMatchObject([
    {
      index: 0,
      kind: "accepted",
      status: "processed",
      detail: "linked",
      upload_id: expect.any(String),
      rejection: null,
    },
    { index: 1, kind: "duplicate", status: "processed", detail: "linked" },
    { index: 2, kind: "rejected", status: "error", conversion: null, rejection: { code: "no_identifier", index: 2 } },
    { index: 3, kind: "accepted", conversion: { client_id: "1764023456789012345", price: "1500", currency: "RUB" } },
    { index: 4, kind: "accepted", status: "pending", detail: "waiting_goal", upload_id: null },
  ]);
  const russian = await gateway.rows(body.batch_id, "ru");
  expect(russian.map(({ message }) => message)).toEqual([
    "Метрика привязала строку к визиту.",
    "Метрика привязала строку к визиту.",
    expect.stringContaining("Нет ни одного идентификатора посетителя"),
    "Метрика привязала строку к визиту.",
    "Ждёт, пока на счётчике появится цель «x».",
  ]);
});

test("uploads are listed with their numbers, can be narrowed to a counter and a state, and tell their attempts", async () => {
  const gateway = await startTestGateway();
  const { manage, simulator } = gateway;
  simulator.addCounter({ id: 222, name: "Branch", ownerLogin: demo.login });
  simulator.addGoal(222, "purchase");
  const webhook = await gateway.createWebhook();
  simulator.faults.add({ times: 2, match: { operation: "upload" }, fault: { kind: "status", status: 429 } });
  simulator.faults.add({ fault: { kind: "store_then_reset" } });
  await gateway.post(webhook, [sale(0)]);
  await gateway.settle();
  await gateway.post(await gateway.createWebhook({ counter_id: 222 }), [sale(1)]);
  await gateway.work();

  const listed = (await manage("GET", "/v1/uploads")).body.data;
  expect(listed.map(({ counter_id, state }) => [counter_id, state])).toEqual([
    [222, "sent"],
    [demo.counterId, "completed"],
  ]);
  const ids = async (query: string) => (await manage("GET", `/v1/uploads?${query}`)).body.data.map((u) => u.upload_id);
  expect(await ids("state=completed")).toEqual([listed[1]?.upload_id]);
  expect(await ids("counter_id=222")).toEqual([listed[0]?.upload_id]);
  expect(await ids("counter_id=222&state=failed")).toEqual([]);
  expect((await manage("GET", "/v1/uploads?state=lost")).status).toBe(422);

  const { body } = await manage("GET", `/v1/uploads/${listed[1]?.upload_id}`);
  expect(body).toMatchObject({ state: "completed", attempts: 3, linked_quantity: 1, metrika_status: "PROCESSED" });
  const history = body.history as readonly { kind: string; outcome: string }[];
  expect(history.map(({ kind, outcome }) => [kind, outcome])).toEqual([
    ["send", "throttled"],
    ["send", "throttled"],
    ["send", "answer_lost"],
    ["read_back", "found"],
    ["poll", "EXPORTED"],
    ["poll", "MATCHED"],
    ["poll", "processed"],
  ]);
  await gateway.settle();
});
