import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { HOUR, MINUTE, SECOND, sale, startTestGateway } from "../setup/gateway.ts";

test("a batch goes pending → uploaded → processing → completed, each told when it is so", async () => {
  const { createWebhook, post, status, work, advance, simulator } = await startTestGateway({
    settings: {
      statusScript: [
        { status: "UPLOADED", afterMs: 0 },
        { status: "PROCESSING", afterMs: 30 * MINUTE },
        { status: "PROCESSED", afterMs: HOUR },
      ],
    },
  });
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0), sale(1)]);
  const told = () => status(webhook, body.batch_id);
  expect(await told()).toEqual({
    ...{ batch_id: body.batch_id, status: "pending", webhook_id: webhook.id, counter_id: demo.counterId },
    ...{ created_at: "2026-11-23T12:00:00.000Z", updated_at: "2026-11-23T12:00:00.000Z", metrika_upload_id: null },
    ...{ total: 2, processed: 0, errors: null, accepted: 2, duplicates: 0, rejected: 0, rejections: [], warnings: [] },
    ...{ linked: null, goal_not_found: null, user_not_found: null, linkage: null, set_aside: [], uploads: [] },
    ...{ next_attempt_at: null, status_version: expect.any(Number) },
  });
  await work();
  const uploaded = await told();
  expect(uploaded).toMatchObject({
    ...{ status: "uploaded", metrika_upload_id: simulator.ledger.files[0]?.id, processed: 0, errors: null },
    // Asked again after POLL_INTERVAL_SECONDS.
    next_attempt_at: "2026-11-23T12:15:00.000Z",
  });
  expect(uploaded.uploads).toMatchObject([
    { state: "sent", rows: 2, batch_rows: 2, batch_duplicates: 0, attempts: 1, source_quantity: 2, line_quantity: 2 },
  ]);
  advance(30 * MINUTE);
  await work();
  expect(await told()).toMatchObject({ status: "processing", processed: 0, linkage: null });
  advance(30 * MINUTE);
  await work();
  const completed = await told();
  expect(completed).toMatchObject({
    ...{ status: "completed", processed: 2, linked: 2, goal_not_found: 0, user_not_found: 0, linkage: "exact" },
    ...{ errors: null, next_attempt_at: null, updated_at: "2026-11-23T13:00:00.000Z" },
  });
  expect(completed.status_version).toBeGreaterThan(uploaded.status_version);
});

test("a batch of which Metrika linked only a part is completed, with the numbers and a true sentence", async () => {
  const { createWebhook, post, status, rows, settle } = await startTestGateway();
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0), sale(1), sale(2, { client_id: "999" })]);
  await settle();
  const english = await status(webhook, body.batch_id, "en");
  const russian = await status(webhook, body.batch_id, "ru");
  const file = english.metrika_upload_id;
  expect(english).toMatchObject({ status: "completed", processed: 3, linked: 2, user_not_found: 1, linkage: "exact" });
  expect(english.errors).toContain(`Metrika processed file ${file} and linked 2 of its 3 rows; it does not say which.`);
  expect(russian.errors).toContain(
    `Метрика обработала файл ${file} и привязала 2 из 3 строк; какие именно, она не сообщает.`,
  );
  expect((await rows(body.batch_id)).map(({ status, detail }) => [status, detail])).toEqual([
    ...[
      ["processed", "linked_n_of_m"],
      ["processed", "linked_n_of_m"],
      ["processed", "linked_n_of_m"],
    ],
  ]);
});

test("when all rows of a file are linked, or none is, that is said of each row", async () => {
  const { createWebhook, post, rows, settle } = await startTestGateway();
  const webhook = await createWebhook();
  const linked = await post(webhook, [sale(0), sale(1)]);
  await settle();
  const unlinked = await post(webhook, [sale(0, { client_id: "998" }), sale(0, { client_id: "999" })]);
  await settle();
  const details = async (id: string) => (await rows(id)).map(({ detail }) => detail);
  expect(await details(linked.body.batch_id)).toEqual(["linked", "linked"]);
  expect(await details(unlinked.body.batch_id)).toEqual(["not_linked", "not_linked"]);
});

test("a batch of which nothing was linked ends in error with the mend", async () => {
  const { createWebhook, post, status, settle } = await startTestGateway();
  const webhook = await createWebhook();
  const { body } = await post(webhook, [sale(0, { client_id: "999" })]);
  await settle();
  const told = await status(webhook, body.batch_id);
  expect(told).toMatchObject({ status: "error", processed: 1, linked: 0, user_not_found: 1, linkage: "exact" });
  expect(told.errors?.join()).toContain("found no visit for any row (rows: 1): check the visitors' identifiers");
});

test("batches that share a file have no numbers of their own, only the file's, and say so", async () => {
  const { createWebhook, post, status, settle } = await startTestGateway();
  const webhook = await createWebhook();
  await post(webhook, [sale(5)]);
  await settle();
  const first = await post(webhook, [sale(0)]);
  const second = await post(webhook, [sale(1), sale(2, { client_id: "999" })]);
  await settle();
  for (const { body } of [first, second]) {
    const told = await status(webhook, body.batch_id);
    expect(told).toMatchObject({
      ...{ status: "completed", processed: body.accepted_count, linkage: "shared_file" },
      ...{ linked: null, goal_not_found: null, user_not_found: null },
    });
    expect(told.uploads).toMatchObject([{ rows: 3, linked_quantity: 2, user_not_found_quantity: 1 }]);
    expect(told.uploads[0]?.batch_rows).toBe(body.accepted_count as number);
    expect(told.errors?.join()).toContain("linked 2 of its 3 rows");
  }
});

test("a batch in two files is completed when both are, with their numbers added", async () => {
  const { createWebhook, post, status, settle } = await startTestGateway();
  const webhook = await createWebhook();
  const rows = [sale(0), sale(1, { currency: "USD" }), sale(2, { currency: "USD", client_id: "999" })];
  const { body } = await post(webhook, rows);
  await settle();
  const told = await status(webhook, body.batch_id);
  expect(told).toMatchObject({ status: "completed", processed: 3, linked: 2, user_not_found: 1, linkage: "exact" });
  expect(told.uploads.map(({ currency, rows }) => [currency, rows]).sort()).toEqual([
    ["RUB", 1],
    ["USD", 2],
  ]);
  expect(told.metrika_upload_id).toBe(told.uploads[0]?.metrika_upload_id ?? "");
});

test("a file that Metrika refuses ends the batch in error, in Metrika's words", async () => {
  const { createWebhook, post, status, rows, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const fault = { kind: "status", status: 400, errorType: "invalid_parameter", message: "Broken file" } as const;
  simulator.faults.add({ match: { operation: "upload" }, fault });
  const { body } = await post(webhook, [sale(0)]);
  await settle();
  const told = await status(webhook, body.batch_id);
  expect(told).toMatchObject({ status: "error", processed: 0, metrika_upload_id: null, linked: 0 });
  expect(told.errors?.join()).toContain("Broken file");
  expect(await rows(body.batch_id)).toMatchObject([{ status: "error", detail: "failed" }]);
  expect(simulator.ledger.total).toBe(0);
});

test("rows that Metrika left out of a file are counted, and not as processed", async () => {
  const { createWebhook, post, status, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  simulator.faults.add({ fault: { kind: "refuse_rows", every: 2 } });
  const { body } = await post(webhook, [sale(0), sale(1), sale(2), sale(3)]);
  await settle();
  const told = await status(webhook, body.batch_id);
  expect(told).toMatchObject({ status: "completed", total: 4, accepted: 4, processed: 2, linked: 2 });
  expect(told.errors?.join()).toContain("did not take 2 of the 4 rows");
});

test("a file of which Metrika takes no row has failed", async () => {
  const { createWebhook, post, status, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  simulator.faults.add({ fault: { kind: "refuse_rows", every: 1 } });
  const { body } = await post(webhook, [sale(0), sale(1)]);
  await settle();
  const told = await status(webhook, body.batch_id);
  expect(told).toMatchObject({ status: "error", processed: 0 });
  expect(told.errors).toEqual(["Metrika took no row of the file (rows: 2)."]);
});

test("while Metrika is out of order the batch is pending, says why, and when it is tried again", async () => {
  const { createWebhook, post, status, work, settle, advance, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const outage = simulator.faults.add({ times: "always", fault: { kind: "unreachable" } });
  const { body } = await post(webhook, [sale(0)]);
  await work();
  const told = await status(webhook, body.batch_id);
  expect(told).toMatchObject({ status: "pending", uploads: [{ state: "planned", attempts: 1 }] });
  expect(told.errors?.join()).toContain("not sent yet. Metrika");
  expect(Date.parse(told.next_attempt_at ?? "")).toBeGreaterThan(Date.parse("2026-11-23T12:00:00Z"));
  advance(30 * SECOND);
  outage.remove();
  await settle();
  expect(await status(webhook, body.batch_id)).toMatchObject({ status: "completed", errors: null });
});

test("a lost answer is looked up before anything is sent again, and the status says so meanwhile", async () => {
  const { createWebhook, post, status, work, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  simulator.faults.add({ fault: { kind: "store_then_reset" } });
  const { body } = await post(webhook, [sale(0)]);
  await work();
  const told = await status(webhook, body.batch_id);
  expect(told).toMatchObject({ status: "pending", next_attempt_at: "2026-11-23T12:00:15.000Z" });
  expect(told.errors?.join()).toContain("looks for the file in its list before sending it again");
  await settle();
  expect(await status(webhook, body.batch_id)).toMatchObject({ status: "completed", linked: 1, errors: null });
  expect(simulator.ledger.files).toHaveLength(1);
});

test("the first file of a counter is sent at once, later ones gather rows for UPLOAD_LINGER_SECONDS", async () => {
  const { createWebhook, post, work, settle, advance, simulator } = await startTestGateway({
    env: { UPLOAD_LINGER_SECONDS: "120" },
  });
  const webhook = await createWebhook();
  await post(webhook, [sale(0)]);
  await work();
  expect(simulator.ledger.files).toHaveLength(1);
  await post(webhook, [sale(1)]);
  await work();
  advance(60 * SECOND);
  await post(webhook, [sale(2)]);
  await work();
  expect(simulator.ledger.files).toHaveLength(1);
  advance(60 * SECOND);
  await work();
  expect(simulator.ledger.files.map(({ sourceQuantity }) => sourceQuantity)).toEqual([1, 2]);
  await settle();
});

test("a full file does not wait: UPLOAD_MAX_ROWS closes it", async () => {
  const { createWebhook, post, settle, work, simulator } = await startTestGateway({ env: { UPLOAD_MAX_ROWS: "100" } });
  const webhook = await createWebhook();
  await post(webhook, [{ user_id: "first", target: "lead", date_time: 1795428000 }]);
  await work();
  const rows = Array.from({ length: 250 }, (_, i) => ({ user_id: `u${i}`, target: "lead", date_time: 1795428000 }));
  await post(webhook, rows);
  await work();
  expect(simulator.ledger.files.map(({ sourceQuantity }) => sourceQuantity)).toEqual([1, 100, 100]);
  await settle();
  expect(simulator.ledger.total).toBe(251);
});
