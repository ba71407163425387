import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Answer, DAY, sale, startTestGateway } from "../setup/gateway.ts";

/** Everything of an answer but what names the request itself. */
function told({ status, body }: Answer): unknown {
  const { request_id: _, ...rest } = body;
  return { status, ...rest };
}

/** Rows of every kind, so that an answer has repeats, refusals and several warnings on one row. */
const rowArbitrary = fc.constantFrom(
  sale(0),
  sale(1),
  sale(1, { date_time: "2026-10-01T10:00:00Z" }),
  sale(2, { client_id: "1234567890.1234567890" }),
  sale(2, { client_id: "1234567890.1234567890", date_time: "2026-10-01T10:00:00Z", orderId: 1, summa: 2 }),
  sale(3, { target: 12345, date_time: "2026-10-01T10:00:00Z" }),
  sale(3, { target: 12345, price: 7 }),
  sale(4, { price: "1 000,00" }),
  { target: "" },
  null,
);

test("a repeated request with the same key is answered as the first time, and stored once", async () => {
  const { createWebhook, post, sql } = await startTestGateway();
  const webhook = await createWebhook();
  const rows = [sale(0), sale(1), sale(0), { target: "purchase" }, sale(2, { orderId: "7" })];
  const first = await post(webhook, rows, { key: "request-1" });
  const again = await post(webhook, rows, { key: "request-1" });
  expect(first.status).toBe(202);
  expect(told(again)).toEqual(told(first));
  expect(await sql("select count(*) as n from batches")).toEqual([{ n: 1 }]);
});

test("of very many warnings the first thousand are told, and the repeated request tells the same ones", async () => {
  const { createWebhook, post, status } = await startTestGateway();
  const webhook = await createWebhook();
  const rows = Array.from({ length: 1500 }, (_, i) => sale(0, { purchase_id: `o-${i}`, [`field${i}`]: 1 }));
  const first = await post(webhook, rows, { key: "request-1" });
  expect(first.body).toMatchObject({ accepted_count: 1500 });
  expect(first.body.warnings).toHaveLength(1000);
  expect(told(await post(webhook, rows, { key: "request-1" }))).toEqual(told(first));
  const kept = await status(webhook, first.body.batch_id, "ru");
  expect(first.body.warnings).toEqual([...kept.warnings]);
});

test("for every request, its repetition with the same key is answered word for word as the first time", async () => {
  const { createWebhook, post } = await startTestGateway();
  let key = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(rowArbitrary, { minLength: 1, maxLength: 8 }), async (rows) => {
      key++;
      const webhook = await createWebhook();
      const first = await post(webhook, rows, { key: `key-${key}`, language: "en" });
      const again = await post(webhook, rows, { key: `key-${key}`, language: "en" });
      expect(told(again)).toEqual(told(first));
    }),
    { numRuns: 60 },
  );
});

test("a refused request is answered 422 again, under the same batch", async () => {
  const { createWebhook, post, sql } = await startTestGateway();
  const webhook = await createWebhook();
  const first = await post(webhook, [{ target: "purchase" }], { key: "refused" });
  const again = await post(webhook, [{ target: "purchase" }], { key: "refused" });
  expect([first.status, first.body.code]).toEqual([422, "all_rejected"]);
  expect(told(again)).toEqual(told(first));
  expect(await sql("select count(*) as n from batches")).toEqual([{ n: 1 }]);
});

test("the first answer is rebuilt although the row would be judged otherwise by now", async () => {
  const { createWebhook, post, advance } = await startTestGateway();
  const webhook = await createWebhook();
  const early = [sale(0, { date_time: "2026-11-23T13:00:00Z" })];
  const first = await post(webhook, early, { key: "early" });
  advance(2 * 3_600_000);
  expect(told(await post(webhook, early, { key: "early" }))).toEqual(told(first));
  expect((await post(webhook, early, { key: "later" })).status).toBe(202);
});

test("a repetition is told in its own reader's language", async () => {
  const { createWebhook, post } = await startTestGateway();
  const webhook = await createWebhook();
  await post(webhook, [{ target: "purchase" }], { key: "k", language: "ru" });
  const again = await post(webhook, [{ target: "purchase" }], { key: "k", language: "en" });
  expect(again.body.rejections[0]?.message).toBe(
    "There is no visitor identifier: give at least one of the fields client_id, yclid, user_id, purchase_id.",
  );
});

test("the same key with another body or another mode is refused, and nothing is stored", async () => {
  const { createWebhook, post, sql } = await startTestGateway();
  const webhook = await createWebhook();
  await post(webhook, [sale(0)], { key: "k" });
  const other = await post(webhook, [sale(1)], { key: "k" });
  expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"]);
  const strict = await post(webhook, [sale(0)], { key: "k", mode: "strict" });
  expect([strict.status, strict.body.code]).toEqual([422, "idempotency_key_reused"]);
  expect(await sql("select count(*) as n from conversions")).toEqual([{ n: 1 }]);
});

test("of two requests at once with one key the later waits for the first and is answered alike", async () => {
  const { createWebhook, post, sql } = await startTestGateway();
  const webhook = await createWebhook();
  const rows = Array.from({ length: 5000 }, (_, i) => ({ user_id: `u${i}`, target: "lead", date_time: 1795428000 }));
  const answers = await Promise.all([1, 2, 3].map(() => post(webhook, rows, { key: "at-once" })));
  expect(answers.map(told)).toEqual([
    told(answers[0] as Answer),
    told(answers[0] as Answer),
    told(answers[0] as Answer),
  ]);
  expect(answers[0]?.body).toMatchObject({ accepted_count: 5000, duplicate_count: 0 });
  expect(await sql("select count(*) as n from batches")).toEqual([{ n: 1 }]);
});

test("of two different requests at once with one key the later is refused", async () => {
  const { createWebhook, post } = await startTestGateway();
  const webhook = await createWebhook();
  const answers = await Promise.all([sale(0), sale(1)].map((row) => post(webhook, [row], { key: "at-once" })));
  expect(answers.map(({ status }) => status).sort()).toEqual([202, 422]);
});

test("without a key, 200 identical requests at once store one conversion and all name it", async () => {
  const { createWebhook, post, rows, sql } = await startTestGateway();
  const webhook = await createWebhook();
  const answers = await Promise.all(Array.from({ length: 200 }, () => post(webhook, [sale(0)])));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  const first = answers.filter(({ body }) => body.accepted_count === 1);
  expect(first).toHaveLength(1);
  const [original] = await rows(first[0]?.body.batch_id ?? "");
  const named = answers.flatMap(({ body }) => body.duplicates as { conversion_id: string }[]);
  expect(named.map(({ conversion_id }) => conversion_id)).toEqual(Array(199).fill(original?.conversion_id));
  expect(await sql("select count(*) as n from conversions")).toEqual([{ n: 1 }]);
});

test("a key is forgotten after 24 hours, not a second before", async () => {
  const { createWebhook, post, advance } = await startTestGateway();
  const webhook = await createWebhook();
  const first = await post(webhook, [sale(0)], { key: "k" });
  advance(DAY - 1000);
  expect((await post(webhook, [sale(0)], { key: "k" })).body.batch_id).toBe(first.body.batch_id);
  advance(1000);
  const later = await post(webhook, [sale(0)], { key: "k" });
  expect(later.body.batch_id).not.toBe(first.body.batch_id);
  expect(later.body).toMatchObject({ accepted_count: 0, duplicate_count: 1 });
});

test("a key belongs to its webhook: another webhook may use the same", async () => {
  const { createWebhook, post } = await startTestGateway();
  const [one, other] = [await createWebhook(), await createWebhook()];
  const first = await post(one, [sale(0)], { key: "k" });
  const second = await post(other, [sale(1)], { key: "k" });
  expect([first.status, second.status]).toEqual([202, 202]);
  expect(second.body.batch_id).not.toBe(first.body.batch_id);
});

test("a key survives a restart", async () => {
  const gateway = await startTestGateway();
  const webhook = await gateway.createWebhook();
  const first = await gateway.post(webhook, [sale(0)], { key: "k" });
  await gateway.restart();
  expect(told(await gateway.post(webhook, [sale(0)], { key: "k" }))).toEqual(told(first));
});
