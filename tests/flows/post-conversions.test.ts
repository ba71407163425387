import { expect, test } from "bun:test";
import { demo, exampleVisitor } from "../../core/metrika/simulator/demo-data.ts";
import { codesOf, DAY, SECOND, START, sale, startTestGateway } from "../setup/gateway.ts";

/** Byte for byte as the specification prints it. */
const SPECIFIED =
  '{"conversions":[{"client_id":"1234567890.1234567890","target":"purchase","date_time":"2025-07-01T12:34:56","price":1500,"currency":"RUB","purchase_id":"order123"}]}';

test("the specification's example is accepted as it stands and counted in Metrika once", async () => {
  const { createWebhook, post, status, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const answer = await post(webhook, [], { body: SPECIFIED });
  expect(answer.status).toBe(202);
  expect(answer.body).toMatchObject({ status: "accepted", accepted_count: 1, duplicate_count: 0, rejected_count: 0 });
  expect(codesOf(answer.body.warnings)).toEqual(["client_id_google", "too_old"]);
  await settle();
  const dateTime = Date.parse("2025-07-01T12:34:56+03:00") / 1000;
  expect(simulator.ledger.conversions()).toMatchObject([
    { identifier: exampleVisitor.clientId, target: "purchase", dateTime, price: "1500", currency: "RUB" },
  ]);
  expect(await status(webhook, answer.body.batch_id)).toMatchObject({ status: "completed", total: 1, processed: 1 });
});

test("good rows are accepted beside bad ones, and the bad ones are told by their index", async () => {
  const { createWebhook, post, status, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const rows = [sale(0), { ...sale(1), price: "1 000,00" }, sale(2), "not a row", { target: "lead" }];
  const { status: code, body } = await post(webhook, rows);
  expect(code).toBe(202);
  expect(body).toMatchObject({ accepted_count: 2, duplicate_count: 0, rejected_count: 3 });
  expect(body.rejections.map(({ index, code }) => [index, code])).toEqual([
    [1, "price_format"],
    [3, "not_an_object"],
    [4, "no_identifier"],
  ]);
  await settle();
  expect(simulator.ledger.total).toBe(2);
  const told = await status(webhook, body.batch_id);
  expect(told).toMatchObject({ status: "completed", total: 5, accepted: 2, rejected: 3, processed: 2 });
  expect(told.rejections.map(({ index, code }) => [index, code])).toEqual(
    body.rejections.map(({ index, code }) => [index, code]),
  );
});

test("a row with several faults has all of them told at once", async () => {
  const { createWebhook, post } = await startTestGateway();
  const bad = { client_id: "12 345", target: "", date_time: "2026-13-45T00:00:00", price: -1, currency: "рублики" };
  const { body } = await post(await createWebhook(), [sale(0), bad], { language: "en" });
  const [rejection] = body.rejections as readonly ((typeof body.rejections)[number] & {
    more: readonly { code: string }[];
  })[];
  expect(rejection).toMatchObject({ index: 1, field: "client_id", code: "client_id_format" });
  expect(codesOf(rejection?.more ?? [])).toEqual([
    ...["target_missing", "date_time_format", "price_negative", "currency_unknown"],
  ]);
});

test("when every row is bad the answer is 422, and its batch keeps the refused rows readable", async () => {
  const { createWebhook, post, status, rows } = await startTestGateway();
  const webhook = await createWebhook();
  const {
    status: code,
    body,
    headers,
  } = await post(webhook, [{ target: "purchase" }, sale(0, { date_time: "вчера" })], {
    language: "ru",
  });
  expect(code).toBe(422);
  expect(headers.get("content-type")).toStartWith("application/problem+json");
  expect(body).toMatchObject({ code: "all_rejected", accepted_count: 0, rejected_count: 2, status: 422 });
  expect(await status(webhook, body.batch_id, "ru")).toMatchObject({
    ...{ status: "error", total: 2, accepted: 0, rejected: 2, processed: 0, linked: null, next_attempt_at: null },
    rejections: body.rejections,
    errors: ["Отклонено строк: 2. Причина каждой указана в rejections."],
  });
  expect(await rows(body.batch_id, "ru")).toMatchObject([
    { index: 0, kind: "rejected", status: "error", detail: "rejected", conversion: null },
    { index: 1, kind: "rejected", message: body.rejections[1]?.message, rejection: body.rejections[1] },
  ]);
});

test("a request of nothing but repeats is accepted, names their originals and follows their fate", async () => {
  const { createWebhook, post, rows, status, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const first = await post(webhook, [sale(0), sale(1)]);
  const again = await post(webhook, [sale(1), sale(0), sale(0)]);
  expect(again.status).toBe(202);
  expect(again.body).toMatchObject({ accepted_count: 0, duplicate_count: 3, rejected_count: 0 });
  const ids = (await rows(first.body.batch_id)).map((row) => row.conversion_id);
  expect(again.body.duplicates).toEqual([
    { index: 0, conversion_id: ids[1] },
    { index: 1, conversion_id: ids[0] },
    { index: 2, conversion_id: ids[0] },
  ]);
  await settle();
  expect(await status(webhook, again.body.batch_id)).toMatchObject({
    status: "completed",
    duplicates: 3,
    processed: 3,
  });
  expect(simulator.ledger.rows).toBe(2);
});

test("a repeat within one request is a duplicate too", async () => {
  const { createWebhook, post, settle, simulator } = await startTestGateway();
  const { body } = await post(await createWebhook(), [sale(0), sale(0, { price: "1500.00" })]);
  expect(body).toMatchObject({ accepted_count: 1, duplicate_count: 1 });
  await settle();
  expect(simulator.ledger.rows).toBe(1);
});

test("mode=strict refuses the whole request for one bad row and stores nothing", async () => {
  const { createWebhook, post, sql } = await startTestGateway();
  const webhook = await createWebhook();
  const { status, body } = await post(webhook, [sale(0), { target: "purchase" }], { mode: "strict" });
  expect(status).toBe(422);
  expect(body).toMatchObject({ code: "strict_rejected", batch_id: null, accepted_count: 0, rejected_count: 1 });
  expect(codesOf(body.rejections)).toEqual(["no_identifier"]);
  expect(
    await sql("select 1 from batches union all select 1 from conversions union all select 1 from rejected_rows"),
  ).toEqual([]);
  expect((await post(webhook, [sale(0)], { mode: "strict" })).status).toBe(202);
});

test("mode=dry_run shows rows, warnings and the CSV, and stores nothing", async () => {
  const { createWebhook, post, sql, settle, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  await post(webhook, [sale(0)]);
  const tables = ["batches", "conversions", "duplicates", "rejected_rows", "idempotency", "source_keys"];
  const stored = () => sql(`select ${tables.map((table) => `(select count(*) from ${table}) as ${table}`)}`);
  const before = await stored();
  const rows = [
    sale(0),
    sale(1, { price: "99.90", purchase_id: 'a "quoted", one' }),
    { target: "purchase" },
    sale(2, { clientId: "1" }),
  ];
  const { status, body } = await post(webhook, rows, { mode: "dry_run", language: "en", key: "dry" });
  expect(status).toBe(200);
  expect(body).toMatchObject({ status: "dry_run", accepted_count: 2, duplicate_count: 1, rejected_count: 1 });
  expect(body.conversions).toMatchObject([
    { index: 1, date_time: "2026-11-23T10:00:00Z", price: "99.9", currency: "RUB" },
    { index: 3, client_id: "1764034567890123456", target: "purchase", yclid: null },
  ]);
  expect(codesOf(body.warnings)).toEqual(["unknown_field"]);
  expect(codesOf(body.rejections)).toEqual(["no_identifier"]);
  const second = Date.parse("2026-11-23T10:00:00Z") / 1000;
  expect(body.csv).toBe(
    "ClientId,UserId,Yclid,PurchaseId,Target,DateTime,Price,Currency\n" +
      `1764023456789012345,,,"a ""quoted"", one",purchase,${second},99.9,RUB\n` +
      `1764034567890123456,,,,purchase,${second},1500,RUB\n`,
  );
  expect(await stored()).toEqual(before);
  await settle();
  expect(simulator.ledger.rows).toBe(1);
});

test("an unknown mode is refused by name", async () => {
  const { createWebhook, post } = await startTestGateway();
  const { status, body } = await post(await createWebhook(), [sale(0)], { mode: "dryrun" });
  expect([status, body.code]).toEqual([400, "mode_unknown"]);
  expect(body.detail).toContain("dryrun");
});

test("an identifier sent as a JSON number of many digits reaches Metrika digit for digit", async () => {
  const { createWebhook, post, settle, simulator } = await startTestGateway({
    settings: { keepCsv: true },
    rules: { maxLanes: 0 },
  });
  const body = `{"conversions":[
    {"client_id":1772125921407675467,"target":"purchase","date_time":1795428000},
    {"yclid": 17465234987234598721, "target":"purchase","date_time":1795428000},
    {"user_id":90071992547409931,"purchase_id":123456789012345678901234567890,"target":"purchase","date_time":1795428000}]}`;
  expect((await post(await createWebhook(), [], { body })).body).toMatchObject({ accepted_count: 3 });
  await settle();
  const [, ...lines] = simulator.ledger.files[0]?.csv?.trim().split("\n") ?? [];
  expect(lines).toEqual([
    "1772125921407675467,,,,purchase,1795428000,,",
    ",,17465234987234598721,,purchase,1795428000,,",
    ",90071992547409931,,123456789012345678901234567890,purchase,1795428000,,",
  ]);
});

test("an identifier sent as a fraction is refused, however it is written", async () => {
  const { createWebhook, post } = await startTestGateway();
  const body = `{"conversions":[
    {"client_id":1772125921.5,"target":"a","date_time":1795428000},
    {"yclid":1.77E+18,"target":"a","date_time":1795428000},
    {"user_id":1772125921407675467.25,"target":"a","date_time":1795428000},
    {"purchase_id":0.1,"target":"a","date_time":1795428000}]}`;
  const answer = await post(await createWebhook(), [], { body });
  expect(answer.status).toBe(422);
  expect(codesOf(answer.body.rejections)).toEqual([
    ...["client_id_format", "yclid_format", "identifier_format", "identifier_format"],
  ]);
});

test("a time without an offset is read in the webhook's zone, one with an offset by it, Unix seconds as UTC", async () => {
  const { createWebhook, post } = await startTestGateway();
  const webhook = await createWebhook({ time_zone: "Asia/Yekaterinburg" });
  const times = [
    ...["2026-11-23T14:00:00", "2026-11-23 14:00", "2026-11-23T14:00:00+05:00", "2026-11-23T09:00:00Z"],
    ...[1795424400, "1795424400", "2026-11-23T09:00:00.999Z"],
  ];
  const rows = times.map((date_time, i) => ({ user_id: `u${i}`, target: "purchase", date_time }));
  const { body } = await post(webhook, rows, { mode: "dry_run" });
  expect(body.conversions.map((c) => c.date_time)).toEqual(times.map(() => "2026-11-23T09:00:00Z"));
});

test("impossible dates, dates without a time and hours skipped by daylight saving are refused", async () => {
  const { createWebhook, post } = await startTestGateway();
  const webhook = await createWebhook({ time_zone: "Europe/Berlin" });
  const times = ["2026-02-30T12:00:00", "2026-11-20", "20.11.2026", "2026-03-29T02:30:00", "1795428000000", "25:00"];
  const { body } = await post(
    webhook,
    times.map((date_time) => sale(0, { date_time })),
  );
  expect(codesOf(body.rejections)).toEqual([
    ...["date_time_format", "date_only", "date_only", "date_time_gap", "date_time_milliseconds", "date_time_format"],
  ]);
});

test("an hour that daylight saving repeats means its earlier instant", async () => {
  const { createWebhook, post } = await startTestGateway();
  const webhook = await createWebhook({ time_zone: "Europe/Berlin" });
  const { body } = await post(webhook, [sale(0, { date_time: "2026-10-25T02:30:00" })], { mode: "dry_run" });
  expect(body.conversions[0]?.date_time).toBe("2026-10-25T00:30:00Z");
});

test("a time up to 15 seconds ahead is accepted, and its file is held until it is past", async () => {
  const { createWebhook, post, status, work, advance, simulator } = await startTestGateway();
  const webhook = await createWebhook();
  const ahead = new Date(Date.parse(START) + 15 * SECOND).toISOString();
  const { body } = await post(webhook, [sale(0, { date_time: ahead })]);
  expect(body).toMatchObject({ accepted_count: 1, rejected_count: 0 });
  await work();
  advance(15 * SECOND);
  await work();
  expect(simulator.ledger.files).toHaveLength(0);
  expect((await status(webhook, body.batch_id)).status).toBe("pending");
  advance(SECOND);
  await work();
  expect(simulator.ledger.files).toMatchObject([{ sourceQuantity: 1, lineQuantity: 1 }]);
});

test("a time 16 seconds ahead is refused", async () => {
  const { createWebhook, post } = await startTestGateway();
  const ahead = new Date(Date.parse(START) + 16 * SECOND).toISOString();
  const { status, body } = await post(await createWebhook(), [sale(0, { date_time: ahead })]);
  expect([status, ...codesOf(body.rejections)]).toEqual([422, "date_time_in_future"]);
});

test("a price stays exact to its last digit, and the webhook's currency stands where a price has none", async () => {
  const { createWebhook, post, settle, simulator } = await startTestGateway({
    settings: { keepCsv: true },
    rules: { maxLanes: 0 },
  });
  const webhook = await createWebhook({ default_currency: "kzt" });
  const body = `{"conversions":[
    {"user_id":"a","target":"purchase","date_time":1795428000,"price":0.1},
    {"user_id":"b","target":"purchase","date_time":1795428000,"price":"0.30000000000000000001"},
    {"user_id":"c","target":"purchase","date_time":1795428000,"price":12345678901234.000000000000000055},
    {"user_id":"d","target":"purchase","date_time":1795428000,"price":1500.00},
    {"user_id":"e","target":"purchase","date_time":1795428000,"price":0},
    {"user_id":"f","target":"purchase","date_time":1795428000}]}`;
  expect((await post(webhook, [], { body })).body).toMatchObject({ accepted_count: 6 });
  await settle();
  const [, ...lines] = simulator.ledger.files[0]?.csv?.trim().split("\n") ?? [];
  expect(lines.map((line) => line.split(",").slice(6).join(" "))).toEqual([
    ...["0.1 KZT", "0.30000000000000000001 KZT", "12345678901234.000000000000000055 KZT", "1500 KZT", "0 KZT", " "],
  ]);
});

test("each identifier stands in its own column, and one file holds one currency", async () => {
  const { createWebhook, post, settle, simulator } = await startTestGateway({
    settings: { keepCsv: true },
    rules: { maxLanes: 0 },
  });
  const rows = [
    { client_id: "1", target: "purchase", date_time: 1795428000, price: 1, currency: "RUB" },
    { yclid: "2", target: "lead", date_time: 1795428000, price: 2, currency: "usd" },
    { user_id: "3", target: "call", date_time: 1795428000 },
    { purchase_id: "4", target: "purchase", date_time: 1795428000, price: 4, currency: "USD" },
  ];
  await post(await createWebhook(), rows);
  await settle();
  const header = "ClientId,UserId,Yclid,PurchaseId,Target,DateTime,Price,Currency\n";
  expect(simulator.ledger.files.map((file) => file.csv).sort()).toEqual([
    `${header},,2,,lead,1795428000,2,USD\n,,,4,purchase,1795428000,4,USD\n`,
    `${header}1,,,,purchase,1795428000,1,RUB\n,3,,,call,1795428000,,\n`,
  ]);
});

test('identifiers: "best" sends only the strongest identifier of a row', async () => {
  const { createWebhook, post, settle, simulator } = await startTestGateway({
    settings: { keepCsv: true },
    rules: { maxLanes: 0 },
  });
  const webhook = await createWebhook({ identifiers: "best" });
  const weaker = { user_id: "crm-1", purchase_id: "deal-1", target: "purchase", date_time: 1795428000 };
  await post(webhook, [{ client_id: "11", yclid: "22", ...weaker }, { yclid: "22", ...weaker }, weaker]);
  await settle();
  const [, ...lines] = simulator.ledger.files[0]?.csv?.trim().split("\n") ?? [];
  expect(lines).toEqual([
    ...["11,,,,purchase,1795428000,,", ",,22,,purchase,1795428000,,", ",crm-1,,,purchase,1795428000,,"],
  ]);
});

test("two webhooks of one counter share its facts, each with its own batches", async () => {
  const { createWebhook, post, status, settle, simulator } = await startTestGateway();
  const [shop, calls] = [await createWebhook({ name: "Shop" }), await createWebhook({ name: "Calls" })];
  const first = await post(shop, [sale(0)]);
  const second = await post(calls, [sale(0), sale(1)]);
  expect(second.body).toMatchObject({ accepted_count: 1, duplicate_count: 1 });
  await settle();
  expect(simulator.ledger.rows).toBe(2);
  expect(await status(shop, first.body.batch_id)).toMatchObject({ status: "completed", processed: 1 });
  expect(await status(calls, second.body.batch_id)).toMatchObject({ status: "completed", processed: 2 });
});

test("the same sale on two counters is two facts", async () => {
  const { createWebhook, post, settle, simulator } = await startTestGateway();
  simulator.addCounter({ id: 222, name: "Branch", ownerLogin: demo.login });
  simulator.addGoal(222, "purchase");
  await post(await createWebhook(), [sale(0)]);
  const { body } = await post(await createWebhook({ counter_id: 222 }), [sale(0)]);
  expect(body).toMatchObject({ accepted_count: 1, duplicate_count: 0 });
  await settle();
  expect(simulator.ledger.total).toBe(2);
});

test("what was accepted survives a restart and is counted once", async () => {
  const gateway = await startTestGateway();
  const webhook = await gateway.createWebhook();
  const { body } = await gateway.post(webhook, [sale(0)]);
  await gateway.restart();
  expect((await gateway.post(webhook, [sale(0)])).body).toMatchObject({ duplicate_count: 1 });
  gateway.advance(DAY);
  await gateway.settle();
  await gateway.restart();
  expect(await gateway.status(webhook, body.batch_id)).toMatchObject({ status: "completed", linked: 1 });
  expect(gateway.simulator.ledger.rows).toBe(1);
});
