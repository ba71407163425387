import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { codesOf, DAY, HOUR, MINUTE, SECOND, sale, startTestGateway } from "../setup/gateway.ts";

const unknown = (more: object = {}) => sale(0, { target: "purchas", ...more });

test("a row whose goal does not exist waits for it, does not hold its batch, and the nearest goal is named", async () => {
  const { createWebhook, post, status, rows, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(1), unknown()]);
  await settle();
  const english = await status(webhook, body.batch_id, "en");
  expect(english).toMatchObject({
    ...{ status: "completed", total: 2, processed: 1, linked: 1 },
    set_aside: [{ target: "purchas", reason: "waiting_goal", rows: 1 }],
  });
  expect(english.errors).toHaveLength(1);
  expect(english.errors?.[0]).toStartWith("Rows waiting for the goal “purchas”: 1.");
  expect(english.errors?.[0]).toContain("the nearest existing one is “purchase”");
  const russian = await status(webhook, body.batch_id, "ru");
  expect(russian.errors?.[0]).toContain("ближайшая существующая — «purchase»");
  expect((await rows(body.batch_id)).map(({ status, detail }) => [status, detail])).toEqual([
    ["processed", "linked"],
    ["pending", "waiting_goal"],
  ]);
  expect(simulator.ledger.total).toBe(1);
});

test("a batch in which every row waits for its goal is in error until the goal appears, then completes by itself", async () => {
  const { createWebhook, post, status, settle, work, advance, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const { body } = await post(webhook, [unknown()]);
  await settle();
  const waiting = await status(webhook, body.batch_id);
  expect(waiting).toMatchObject({ status: "error", processed: 0, uploads: [] });
  simulator.addGoal(demo.counterId, "purchas");
  advance(HOUR - 2 * MINUTE);
  await work();
  expect(simulator.ledger.files).toHaveLength(0);
  advance(2 * MINUTE);
  await settle();
  const freed = await status(webhook, body.batch_id);
  expect(freed).toMatchObject({ status: "completed", processed: 1, linked: 1, errors: null, set_aside: [] });
  expect(freed.status_version).toBeGreaterThan(waiting.status_version);
});

test("a goal that was made after the last reading is found before a new row is judged", async () => {
  const { createWebhook, post, status, settle, advance, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  advance(DAY);
  simulator.addGoal(demo.counterId, "callback");
  const { body } = await post(webhook, [sale(0, { target: "callback" })]);
  await settle();
  expect(await status(webhook, body.batch_id)).toMatchObject({ status: "completed", linked: 1, errors: null });
});

test("unknown targets force at most one reading of the goals a minute", async () => {
  const { createWebhook, post, work, advance, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const before = simulator.requests.byOperation.goals ?? 0;
  for (let i = 0; i < 40; i++) {
    await post(webhook, [sale(0, { target: `unknown-${i}` })]);
    await work();
    advance(3 * SECOND);
  }
  expect((simulator.requests.byOperation.goals ?? 0) - before).toBeLessThanOrEqual(3);
});

test("after 21 days without its goal a row is an error that tells how to go on", async () => {
  const { createWebhook, post, status, rows, settle, advance, work } = await startTestGateway();
  const webhook = await createWebhook();
  const { body } = await post(webhook, [unknown()]);
  await settle();
  advance(20 * DAY);
  await work();
  expect(await rows(body.batch_id)).toMatchObject([{ status: "pending", detail: "waiting_goal" }]);
  advance(DAY + HOUR);
  await work();
  expect(await rows(body.batch_id)).toMatchObject([{ status: "error", detail: "goal_not_found" }]);
  const english = await status(webhook, body.batch_id, "en");
  expect(english).toMatchObject({
    status: "error",
    set_aside: [{ target: "purchas", reason: "goal_not_found", rows: 1 }],
  });
  expect(english.errors?.[0]).toContain(
    "the nearest existing one is “purchase”. Correct target and send the rows again.",
  );
  expect((await status(webhook, body.batch_id, "ru")).errors?.[0]).toContain("ближайшая существующая — «purchase»");
});

test("a row that was given up for want of its goal is revived when it is sent again", async () => {
  const { createWebhook, post, status, settle, advance, work, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  await post(webhook, [unknown()]);
  await settle();
  advance(22 * DAY);
  await work();
  simulator.addGoal(demo.counterId, "purchas");
  advance(MINUTE);
  const again = await post(webhook, [unknown()]);
  expect(again.body).toMatchObject({ accepted_count: 1, duplicate_count: 0 });
  await settle();
  expect((await status(webhook, again.body.batch_id)).processed).toBe(1);
  expect(simulator.ledger.total).toBe(1);
});

test("repeats of a row that waits for its goal wait with it and go with it", async () => {
  const { createWebhook, post, status, settle, advance, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  await post(webhook, [unknown()]);
  await settle();
  const repeat = await post(webhook, [unknown()]);
  await settle();
  expect(await status(webhook, repeat.body.batch_id)).toMatchObject({ status: "error", duplicates: 1, processed: 0 });
  simulator.addGoal(demo.counterId, "purchas");
  advance(2 * HOUR);
  await settle();
  expect(await status(webhook, repeat.body.batch_id)).toMatchObject({
    status: "completed",
    processed: 1,
    errors: null,
  });
});

test("create_missing_goals makes the goal in Metrika once, and the rows go", async () => {
  const { createWebhook, post, status, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook({ create_missing_goals: true });
  const { body } = await post(webhook, [sale(0, { target: "callback" }), sale(1, { target: "callback" })]);
  await settle();
  expect(simulator.requests.byOperation.create_goal).toBe(1);
  expect(await status(webhook, body.batch_id)).toMatchObject({ status: "completed", linked: 2, errors: null });
});

test("a token that may not create goals leaves the rows waiting, and sends the others", async () => {
  const { createWebhook, post, status, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook({ create_missing_goals: true });
  simulator.faults.add({
    times: "always",
    match: { operation: "create_goal" },
    fault: { kind: "status", status: 403 },
  });
  const { body } = await post(webhook, [sale(0, { target: "callback" }), sale(1)]);
  await settle();
  expect(await status(webhook, body.batch_id)).toMatchObject({
    ...{ status: "completed", linked: 1, set_aside: [{ target: "callback", reason: "waiting_goal", rows: 1 }] },
  });
});

test("where the goals cannot be read the rows are sent unjudged, and the batch carries a warning in words", async () => {
  const { manage, post, status, settle, simulator } = await startTestGateway({ rules: { maxLanes: 0 } });
  simulator.addToken("y0_uploads-and-nothing-else", { login: demo.login, scopes: ["metrika:offline_data"] });
  const wanted = { name: "CRM", counter_id: demo.counterId, token: "y0_uploads-and-nothing-else" };
  const created = (await manage("POST", "/webhook/offline-conversions", wanted)).body;
  expect(codesOf(created.warnings)).toEqual(["counter_not_accessible"]);
  const { webhook_id: id, secret, url } = created;
  const webhook = { id, secret, url, path: `/webhook/offline-conversions/${id}` };
  const { body } = await post(webhook, [sale(0), unknown()]);
  await settle();
  expect(simulator.ledger.files).toMatchObject([{ sourceQuantity: 2 }]);
  const told = await status(webhook, body.batch_id, "en");
  expect(told).toMatchObject({ status: "completed", processed: 2, linked: 1, goal_not_found: 1, set_aside: [] });
  expect(told.errors?.join("\n")).toContain("The goals of counter 12345678 could not be read");
  const russian = await status(webhook, body.batch_id, "ru");
  expect(russian.errors?.join("\n")).toContain("Цели счётчика 12345678 прочитать не удалось");
});

test("where every goal turns out to exist, that they could not be checked before is no complaint", async () => {
  const { createWebhook, post, status, work, settle, advance, simulator } = await startTestGateway();
  simulator.faults.add({ times: "always", match: { operation: "goals" }, fault: { kind: "status", status: 403 } });
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0)]);
  await work();
  advance(SECOND);
  expect((await status(webhook, body.batch_id)).errors?.join()).toContain("could not be read");
  await settle();
  expect(await status(webhook, body.batch_id)).toMatchObject({ status: "completed", linked: 1, errors: null });
});

test("goals that could not be read for a while are judged by again once they can be read", async () => {
  const { createWebhook, post, status, settle, work, advance, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const outage = simulator.faults.add({
    times: "always",
    match: { operation: "goals" },
    fault: { kind: "status", status: 503 },
  });
  advance(DAY);
  await post(webhook, [unknown()]);
  for (let minute = 0; minute < 150; minute += 5) {
    advance(5 * MINUTE);
    await work();
  }
  // Given up reading: the row went up unjudged.
  expect(simulator.ledger.files).toHaveLength(1);
  outage.remove();
  advance(HOUR);
  const { body } = await post(webhook, [sale(1, { target: "leed" })]);
  await settle();
  expect(await status(webhook, body.batch_id)).toMatchObject({
    ...{ uploads: [], set_aside: [{ target: "leed", reason: "waiting_goal", rows: 1 }] },
  });
});
