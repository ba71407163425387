import { afterEach, expect, test } from "bun:test";
import { resetSync } from "@logtape/logtape";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { configureLogging } from "../../gateway/logging.ts";
import { codesOf, DAY, sale, startTestGateway } from "../setup/gateway.ts";

afterEach(() => resetSync());

function warnings(): string[] {
  const lines: string[] = [];
  configureLogging({ level: "warning", format: "json", write: (line) => void lines.push(line) });
  return lines;
}

test("a token that stops working pauses sending, is told once, and a new one frees what waited", async () => {
  const { createWebhook, manage, post, status, rows, work, settle, advance, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const log = warnings();
  simulator.killToken(demo.token);
  const { body } = await post(webhook, [sale(0), sale(1)]);
  await work();
  const paused = await status(webhook, body.batch_id);
  expect(paused).toMatchObject({ status: "pending", processed: 0, metrika_upload_id: null });
  expect(paused.errors?.join()).toContain("Sending waits. Metrika refused the token");
  expect(await rows(body.batch_id)).toMatchObject([{ detail: "waiting_token" }, { detail: "waiting_token" }]);
  const shown = (await manage("GET", `/v1/webhooks/${webhook.id}`)).body.sending as { paused_until: string };
  expect(shown).toMatchObject({ reason: "unauthorized" });
  expect(paused.next_attempt_at).toBe(shown.paused_until);

  const asked = simulator.requests.byOperation.upload ?? 0;
  for (let hour = 0; hour < 72; hour++) {
    advance(DAY / 24);
    await work();
  }
  // Asked rarely: a dead token is no reason to knock every minute.
  expect((simulator.requests.byOperation.upload ?? 0) - asked).toBeLessThanOrEqual(20);
  expect(log.filter((line) => line.includes("rests until"))).toHaveLength(1);

  simulator.addToken("y0_the-new-token", { login: demo.login });
  const changed = await manage("PATCH", `/v1/webhooks/${webhook.id}`, { token: "y0_the-new-token" });
  expect([changed.status, codesOf(changed.body.warnings)]).toEqual([200, []]);
  expect(changed.body.sending).toEqual({ paused_until: null, reason: null });
  await work();
  expect(simulator.ledger.files).toMatchObject([{ sourceQuantity: 2 }]);
  await settle();
  expect(await status(webhook, body.batch_id)).toMatchObject({ status: "completed", linked: 2, errors: null });
});

test("a token that lost its right to the counter is told as such, and rows of other webhooks go on", async () => {
  const { createWebhook, manage, post, status, settle, work, simulator } = await startTestGateway();
  simulator.addToken("y0_of-the-agency", { login: "agency" });
  simulator.addCounter({ id: 222, name: "Other", ownerLogin: "agency" });
  simulator.addGoal(222, "purchase");
  const webhook = await createWebhook();
  const healthy = await createWebhook({ counter_id: 222, token: "y0_of-the-agency" });
  simulator.faults.add({
    times: "always",
    match: { operation: "upload", counterId: demo.counterId },
    fault: { kind: "status", status: 403, errorType: "access_denied" },
  });
  const sick = await post(webhook, [sale(0)]);
  const well = await post(healthy, [sale(1)]);
  await work();
  expect((await manage("GET", `/v1/webhooks/${webhook.id}`)).body.sending).toMatchObject({ reason: "forbidden" });
  simulator.faults.clear();
  await settle();
  expect((await status(healthy, well.body.batch_id)).processed).toBe(1);
  expect(await status(webhook, sick.body.batch_id)).toMatchObject({ status: "completed", linked: 1 });
});

test("a token that begins to work again frees what waited without anybody's help", async () => {
  const { createWebhook, post, status, work, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  simulator.killToken(demo.token);
  const { body } = await post(webhook, [sale(0)]);
  await work();
  simulator.addToken(demo.token, { login: demo.login });
  await settle();
  expect(await status(webhook, body.batch_id)).toMatchObject({ status: "completed", linked: 1 });
});

test("rows that wait for their goals when the token dies go after a new token", async () => {
  const { createWebhook, manage, post, status, work, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  simulator.killToken(demo.token);
  const { body } = await post(webhook, [sale(0, { target: "callback" })]);
  await work();
  simulator.addGoal(demo.counterId, "callback");
  simulator.addToken("y0_the-new-token", { login: demo.login });
  await manage("PATCH", `/v1/webhooks/${webhook.id}`, { token: "y0_the-new-token" });
  await work();
  await settle();
  expect(await status(webhook, body.batch_id)).toMatchObject({ status: "completed", linked: 1 });
});

test("a used-up daily quota rests until midnight in Greenwich and says so", async () => {
  const { createWebhook, post, status, rows, work, settle, advance, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  simulator.faults.add({
    fault: { kind: "status", status: 429, errorType: "quota_requests_by_uid" },
    match: { operation: "upload" },
  });
  const { body } = await post(webhook, [sale(0)]);
  await work();
  const told = await status(webhook, body.batch_id);
  expect(told.errors?.join()).toContain("the daily limit of requests to Metrika is used up until 00:00 GMT");
  expect(told.next_attempt_at).toBe("2026-11-24T00:00:30.000Z");
  // The token is good: the row must not blame it.
  expect(await rows(body.batch_id)).toMatchObject([{ detail: "queued" }]);
  advance(12 * 3_600_000);
  await work();
  expect(simulator.ledger.files).toHaveLength(0);
  await settle();
  expect(simulator.ledger.files).toHaveLength(1);
});
