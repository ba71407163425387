import { expect, test } from "bun:test";
import { DAY, HOUR, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";

const stranger = (n: number, more = {}) => sale(0, { client_id: `99900${n}`, ...more });

async function rates({ manage }: TestGateway, query = "", language = "en") {
  const answer = await manage("GET", `/v1/match-rates${query}`, undefined, { "accept-language": language });
  expect(answer.status).toBe(200);
  return answer.body.data;
}

/** Rows of three kinds, some of which Metrika can link. */
async function deliver(rig: TestGateway) {
  const webhook = await rig.createWebhook();
  const rows = [sale(0), sale(1), sale(2), stranger(1), stranger(2, { target: "lead" }), sale(3, { target: "lead" })];
  await rig.post(webhook, [...rows, { user_id: "nobody", target: "purchase", date_time: "2026-11-23T10:00:00Z" }]);
  return webhook;
}

test("files of one kind of rows give exact rates, told in the reader's language", async () => {
  const rig = await startTestGateway();
  await deliver(rig);
  await rig.settle();
  const whole = { webhook_id: null, counter_id: 12345678, rows_unknown: 0, rows_open: 0, linkage: "exact" };
  expect(await rates(rig)).toEqual([
    {
      ...{ ...whole, target: "purchase", identifier: "client_id", rows: 4, linked_min: 3, linked_max: 3 },
      ...{ rate: 0.75, rate_min: 0.75, rate_max: 0.75, message: "3 of 4 linked (75 %)" },
    },
    {
      ...{ ...whole, target: "lead", identifier: "client_id", rows: 2, linked_min: 1, linked_max: 1 },
      ...{ rate: 0.5, rate_min: 0.5, rate_max: 0.5, message: "1 of 2 linked (50 %)" },
    },
    {
      ...{ ...whole, target: "purchase", identifier: "user_id", rows: 1, linked_min: 0, linked_max: 0 },
      ...{ rate: 0, rate_min: 0, rate_max: 0, message: "0 of 1 linked (0 %)" },
    },
  ]);
  expect((await rates(rig, "", "ru")).map(({ message }) => message)).toEqual([
    "привязано 3 из 4 (75 %)",
    "привязано 1 из 2 (50 %)",
    "привязано 0 из 1 (0 %)",
  ]);
});

test("where kinds of rows share a file, only the whole is exact and the rest a range", async () => {
  const rig = await startTestGateway({ rules: { maxLanes: 0 } });
  await deliver(rig);
  await rig.settle();
  expect(rig.simulator.ledger.files.length).toBeLessThan(3);
  const [purchase] = await rates(rig, "?by=target");
  expect(purchase).toMatchObject({ linkage: "range", rate: null, rate_min: 0.4, rate_max: 0.8, identifier: null });
  expect(purchase?.message).toBe("between 2 and 4 of 5 linked");
  expect(await rates(rig, "?by=counter")).toMatchObject([{ rows: 7, linkage: "exact", linked_min: 4 }]);
});

test("before Metrika has finished there is no rate, only rows that are open", async () => {
  const rig = await startTestGateway();
  await deliver(rig);
  await rig.work();
  expect(await rates(rig, "?by=counter", "ru")).toMatchObject([
    { rows: 0, rows_open: 7, linkage: "unknown", rate: null, rate_min: null, rate_max: null, message: "нет данных" },
  ]);
});

test("rates are narrowed by webhook, counter, target, identifier and the time at which files were finished", async () => {
  const rig = await startTestGateway();
  const webhook = await deliver(rig);
  await rig.settle();
  const until = new Date(rig.clock.now() + 1).toISOString();
  rig.advance(DAY);
  const other = await rig.createWebhook({ name: "Shop" });
  await rig.post(other, [sale(4), sale(5, { target: "lead" })]);
  await rig.settle();

  const rowsOf = async (query: string) => (await rates(rig, query)).map(({ rows }) => rows);
  expect(await rowsOf("?by=counter")).toEqual([9]);
  expect(await rowsOf(`?by=counter&webhook_id=${other.id}`)).toEqual([2]);
  expect(await rowsOf("?by=counter&target=lead")).toEqual([3]);
  expect(await rowsOf("?by=target&identifier=user_id")).toEqual([1]);
  expect(await rowsOf("?by=counter&counter_id=7")).toEqual([]);
  expect(await rowsOf(`?by=counter&to=${until}`)).toEqual([7]);
  expect(await rowsOf(`?by=counter&from=${until}`)).toEqual([2]);
  expect(await rates(rig, "?by=webhook,target")).toMatchObject([
    { webhook_id: webhook.id, target: "purchase", rows: 5 },
    { webhook_id: webhook.id, target: "lead", rows: 2 },
    { target: "lead", rows: 1 },
    { target: "purchase", rows: 1 },
  ]);
  // What is open now can be finished only later than a period that has ended.
  await rig.post(other, [sale(5, { date_time: "2026-11-23T11:00:00Z" })]);
  await rig.work();
  expect(await rates(rig, `?by=counter&to=${until}`)).toMatchObject([{ rows_open: 0 }]);
  const later = new Date(rig.clock.now() + HOUR).toISOString();
  expect(await rates(rig, `?by=counter&to=${later}`)).toMatchObject([{ rows_open: 1 }]);
});

test("a correction is a row of its own file, and a refused file counts nowhere", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  await rig.post(webhook, [sale(0)]);
  await rig.settle();
  await rig.post(webhook, [sale(0, { price: 1 })]);
  await rig.settle();
  rig.simulator.faults.add({ match: { operation: "upload" }, fault: { kind: "status", status: 400 } });
  await rig.post(webhook, [sale(1)]);
  await rig.settle();
  expect(await rates(rig)).toMatchObject([{ rows: 2, linked_min: 2, rows_open: 0, rows_unknown: 0 }]);
});

test("many keys come in pages", async () => {
  const rig = await startTestGateway();
  await deliver(rig);
  await rig.settle();
  const first = (await rig.manage("GET", "/v1/match-rates?limit=2")).body;
  const second = (await rig.manage("GET", `/v1/match-rates?limit=2&cursor=${first.next_cursor}`)).body;
  expect(first.data.map(({ rows }) => rows)).toEqual([4, 2]);
  expect(second).toMatchObject({ data: [{ rows: 1 }], next_cursor: null });
});

test.each([
  ["by=targets", "by", "not_one_of"],
  ["by=", "by", "not_one_of"],
  ["from=yesterday", "from", "bad_format"],
  ["identifier=email", "identifier", "not_one_of"],
  ["limit=1001", "limit", "too_large"],
  ["cursor=zz", "cursor", "bad_format"],
])("the query %s is refused with its field", async (query, field, code) => {
  const { manage } = await startTestGateway();
  const { status, body } = await manage("GET", `/v1/match-rates?${query}`);
  expect({ status, errors: body.errors }).toMatchObject({ status: 422, errors: [{ field, code }] });
});

test("the rates of a webhook that is not one's own are not found", async () => {
  const { manage } = await startTestGateway();
  const answer = await manage("GET", `/v1/match-rates?webhook_id=${crypto.randomUUID()}`);
  expect(answer).toMatchObject({ status: 404, body: { code: "not_found" } });
});
