import { expect, test } from "bun:test";
import fc from "fast-check";
import { codesOf, sale, startTestGateway } from "../setup/gateway.ts";

const row =
  '{"client_id":"1764012345678901234","target":"purchase","date_time":"2026-11-23T10:00:00Z","price":1500,"currency":"RUB"}';

test("whitespace, order of fields, Unicode escapes and a byte order mark change nothing: it is the same conversion", async () => {
  const { createWebhook, post, sql } = await startTestGateway();
  const webhook = await createWebhook();
  expect((await post(webhook, [], { body: `{"conversions":[${row}]}` })).body).toMatchObject({ accepted_count: 1 });
  const spellings = [
    `\n\t { "conversions" :\r\n [ ${row.replaceAll(",", " ,\n")} ] }\n\n`,
    '{"conversions":[{"currency":"RUB","price":1500,"date_time":"2026-11-23T10:00:00Z","target":"purchase","client_id":"1764012345678901234"}]}',
    `{"\\u0063onversions":[${row.replace("purchase", "\\u0070urchase").replace('"client_id"', '"\\u0063lient_id"')}]}`,
    `{"conversions":[${row.replace("1500", "1500.00")}]}`,
    `{"conversions":[${row.replace('"1764012345678901234"', "1764012345678901234")}]}`,
    `\ufeff{"conversions":[${row}]}`,
  ];
  for (const body of spellings) {
    const answer = await post(webhook, [], { body });
    expect([answer.status, answer.body.duplicate_count, answer.body.rejections]).toEqual([202, 1, []]);
  }
  expect(await sql("select count(*) as n from conversions")).toEqual([{ n: 1 }]);
});

test("of a field that stands twice the last one counts, on both ways through the parser", async () => {
  const { createWebhook, post } = await startTestGateway();
  const webhook = await createWebhook();
  const twice = (id: string) =>
    `{"conversions":[{"client_id":"1","client_id":${id},"target":"a","target":"b","date_time":1795428000}]}`;
  const short = await post(webhook, [], { body: twice("22"), mode: "dry_run" });
  const long = await post(webhook, [], { body: twice("1764012345678901234"), mode: "dry_run" });
  expect(short.body.conversions).toMatchObject([{ client_id: "22", target: "b" }]);
  expect(long.body.conversions).toMatchObject([{ client_id: "1764012345678901234", target: "b" }]);
});

test("prototype keys are fields like any other unknown one, and lend a row nothing", async () => {
  const { createWebhook, post, request } = await startTestGateway();
  const webhook = await createWebhook();
  const identity = '{"client_id":"1764012345678901234"}';
  const rest = '"target":"purchase","date_time":1795428000';
  const body = `{"conversions":[
    {"__proto__":${identity},${rest}},
    {"constructor":{"prototype":${identity}},${rest}},
    {"prototype":${identity},"toString":1,"hasOwnProperty":1,"valueOf":null,"user_id":"u1",${rest}},
    {"__proto__":null,"user_id":"u2",${rest}},
    {"user_id":"__proto__","purchase_id":"constructor","target":"__proto__","date_time":1795428000},
    {"user_id":90071992547409931,"__proto__":{"price":1},${rest}}]}`;
  const answer = await post(webhook, [], { body });
  expect(answer.status).toBe(202);
  expect(answer.body.rejections.map(({ index, code }) => [index, code])).toEqual([
    [0, "no_identifier"],
    [1, "no_identifier"],
  ]);
  expect(answer.body).toMatchObject({ accepted_count: 4 });
  expect(new Set(codesOf(answer.body.warnings))).toEqual(new Set(["unknown_field", "goal_not_found"]));
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>).client_id).toBeUndefined();
  const status = await request("GET", `${webhook.path}/status?batch_id=${answer.body.batch_id}`, {
    headers: { "x-webhook-secret": webhook.secret },
  });
  expect(status.status).toBe(200);
});

test("prototype keys in a management request are unknown fields", async () => {
  const { createWebhook, manage } = await startTestGateway();
  const webhook = await createWebhook();
  const body = '{"name":"x","__proto__":{"is_active":false},"constructor":1}';
  const answer = await manage("PATCH", `/v1/webhooks/${webhook.id}`, body);
  expect(answer.status).toBe(422);
  expect(answer.body.errors.map(({ field, code }) => [field, code])).toEqual([
    ["__proto__", "unknown_field"],
    ["constructor", "unknown_field"],
  ]);
  expect((await manage("GET", `/v1/webhooks/${webhook.id}`)).body).toMatchObject({ name: "CRM", is_active: true });
});

test("for every JSON value sent as a body, the answer is a refusal in the documented shape, and the gateway lives", async () => {
  const { createWebhook, post } = await startTestGateway();
  const webhook = await createWebhook();
  const body = fc.oneof(
    fc.json(),
    fc.json().map((json) => `{"conversions":${json}}`),
    fc.json().map((json) => `{"conversions":[${json}]}`),
    fc
      .record(Object.fromEntries(Object.keys(sale(0)).map((name) => [name, fc.jsonValue()])))
      .map((row) => JSON.stringify({ conversions: [row] })),
    fc.string(),
  );
  await fc.assert(
    fc.asyncProperty(body, async (text) => {
      const answer = await post(webhook, [], { body: text, language: "en" });
      expect([202, 400, 422]).toContain(answer.status);
      if (answer.status === 202) return;
      expect(Object.keys(answer.body)).toEqual(
        expect.arrayContaining(["type", "title", "status", "code", "request_id"]),
      );
      expect(answer.body.detail).not.toMatch(/\{[a-z_]+\}/);
    }),
    { numRuns: 300 },
  );
  expect((await post(webhook, [sale(0)])).status).toBe(202);
});
