import { expect, test } from "bun:test";
import { type FindingCode, findingSentences } from "../../core/conversion/findings.ts";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { type ProblemCode, problemCatalogue } from "../../core/plugin/problem-catalogue.ts";
import { type Answer, codesOf, sale, startTestGateway, type TestGateway, type TestWebhook } from "../setup/gateway.ts";
import { createTeller, tellingPlugin } from "../setup/telling-plugin.ts";

/** A row as it may come, the code it meets, and words that must stand in the two sentences: the value and the mend. */
interface Case {
  readonly code: FindingCode;
  readonly row: unknown;
  readonly english: readonly string[];
  readonly russian: readonly string[];
}

const refusals: readonly Case[] = [
  { code: "not_an_object", row: 42, english: ["“42”", "in braces"], russian: ["«42»", "в фигурных скобках"] },
  {
    code: "no_identifier",
    row: { target: "purchase", date_time: 1795428000 },
    english: ["client_id, yclid, user_id, purchase_id"],
    russian: ["client_id, yclid, user_id, purchase_id"],
  },
  {
    code: "no_identifier",
    row: { clientId: "1", target: "purchase", date_time: 1795428000 },
    english: ["rename the field (clientId → client_id)"],
    russian: ["переименуйте поле (clientId → client_id)"],
  },
  {
    code: "client_id_format",
    row: sale(0, { client_id: "1772 125 921" }),
    english: ["“1772 125 921”", 'Format(Number, "NG=0")', "Excel", "JSON"],
    russian: ["«1772 125 921»", 'Формат(Число, "ЧГ=0")', "Excel", "JSON"],
  },
  {
    code: "client_id_format",
    row: sale(0, { client_id: "1772\u00a0125\u00a0921" }),
    english: ["non-breaking spaces", 'Format(Number, "NG=0")'],
    russian: ["неразрывные пробелы", 'Формат(Число, "ЧГ=0")'],
  },
  {
    code: "client_id_format",
    row: sale(0, { client_id: "1.77E+18" }),
    english: ["“1.77E+18”", "exponent", "Excel"],
    russian: ["«1.77E+18»", "показателем степени", "Excel"],
  },
  {
    code: "yclid_format",
    row: sale(0, { yclid: "abc" }),
    english: ["“abc”", "the parameter yclid"],
    russian: ["«abc»", "из параметра yclid"],
  },
  {
    code: "identifier_format",
    row: sale(0, { user_id: " crm-1" }),
    english: ["Field user_id", "a space; remove it"],
    russian: ["Поле user_id", "пробел; уберите его"],
  },
  {
    code: "user_id_looks_personal",
    row: sale(0, { user_id: "ivan.petrov@example.com" }),
    english: ["“i…@example.com”", "your own customer number"],
    russian: ["«i…@example.com»", "внутренний номер клиента"],
  },
  {
    code: "user_id_looks_personal",
    row: sale(0, { user_id: "+7 916 123-45-67" }),
    english: ["“+7…67”", "allow_personal_user_id"],
    russian: ["«+7…67»", "allow_personal_user_id"],
  },
  {
    code: "too_long",
    row: sale(0, { purchase_id: "9".repeat(300) }),
    english: ["of length 300", "limit is 256"],
    russian: ["длиной 300", "предел 256"],
  },
  {
    code: "control_character",
    row: sale(0, { purchase_id: "a\u0000b" }),
    english: ["U+0000", "Remove it"],
    russian: ["U+0000", "Удалите его"],
  },
  {
    code: "not_unicode",
    row: sale(0, { purchase_id: "half \ud83d" }),
    english: ["half a character", "UTF-8"],
    russian: ["половину символа", "UTF-8"],
  },
  {
    code: "target_missing",
    row: sale(0, { target: " " }),
    english: ["for example purchase"],
    russian: ["например purchase"],
  },
  {
    code: "target_format",
    row: sale(0, { target: "purchase " }),
    english: ["“purchase ”", "remove it"],
    russian: ["«purchase »", "уберите его"],
  },
  {
    code: "date_time_missing",
    row: sale(0, { date_time: null }),
    english: ["2026-07-01T12:34:56+03:00"],
    russian: ["2026-07-01T12:34:56+03:00"],
  },
  {
    code: "date_time_format",
    row: sale(0, { date_time: "01.07.2026 9:05:00" }),
    english: ["“01.07.2026 9:05:00”", "2026-07-01T09:05:00"],
    russian: ["«01.07.2026 9:05:00»", "2026-07-01T09:05:00"],
  },
  {
    code: "date_time_format",
    row: sale(0, { date_time: "2026-02-30T12:00:00" }),
    english: ["“2026-02-30T12:00:00”", "no such date"],
    russian: ["«2026-02-30T12:00:00»", "такой даты"],
  },
  {
    code: "date_only",
    row: sale(0, { date_time: "2026-11-20" }),
    english: ["“2026-11-20”", "2026-11-20T12:34:56"],
    russian: ["«2026-11-20»", "2026-11-20T12:34:56"],
  },
  {
    code: "date_time_milliseconds",
    row: sale(0, { date_time: 1795428000000 }),
    english: ["“1795428000000”", "Send 1795428000"],
    russian: ["«1795428000000»", "Передайте 1795428000"],
  },
  {
    code: "date_time_too_early",
    row: sale(0, { date_time: "1999-12-31T23:59:59Z" }),
    english: ["“1999-12-31T23:59:59Z”", "Check the year"],
    russian: ["«1999-12-31T23:59:59Z»", "Проверьте год"],
  },
  {
    // Noon in Greenwich is three in the afternoon in Moscow: the offset was left out as Z.
    code: "date_time_in_future",
    row: sale(0, { date_time: "2026-11-23T14:59:00Z" }),
    english: ["“2026-11-23T14:59:00Z”", "2 h 59 min", "UTC+03:00", "2026-11-23T14:59:00+03:00"],
    russian: ["«2026-11-23T14:59:00Z»", "2 ч 59 мин", "UTC+03:00", "2026-11-23T14:59:00+03:00"],
  },
  {
    code: "price_format",
    row: sale(0, { price: "12 500,50" }),
    english: ["“12 500,50”", "12500.50"],
    russian: ["«12 500,50»", "12500.50"],
  },
  {
    code: "price_negative",
    row: sale(0, { price: -100 }),
    english: ["“-100”", "price: 0"],
    russian: ["«-100»", "price: 0"],
  },
  {
    code: "currency_unknown",
    row: sale(0, { currency: "руб." }),
    english: ["“руб.”", "send RUB"],
    russian: ["«руб.»", "укажите RUB"],
  },
];

const warnings: readonly Case[] = [
  {
    code: "client_id_google",
    row: sale(0, { client_id: "1234567890.1234567890" }),
    english: ["“1234567890.1234567890”", "_ym_uid"],
    russian: ["«1234567890.1234567890»", "_ym_uid"],
  },
  {
    code: "target_is_number",
    row: sale(0, { target: 535000001 }),
    english: ["“535000001”", "in the settings of the goal"],
    russian: ["«535000001»", "в настройках цели"],
  },
  {
    code: "target_characters",
    row: sale(0, { target: "a&b" }),
    english: ["“a&b”", "contains &"],
    russian: ["«a&b»", "символы &"],
  },
  {
    code: "too_old",
    row: sale(0, { date_time: "2026-10-01T10:00:00Z" }),
    english: ["53 days ago", "within the 21 days"],
    russian: ["53 дн. назад", "за 21 день"],
  },
  {
    code: "unknown_field",
    row: sale(0, { orderId: "1" }),
    english: ["orderId", "perhaps purchase_id was meant"],
    russian: ["orderId", "возможно, имелось в виду purchase_id"],
  },
];

async function postInBoth(
  { post }: TestGateway,
  webhook: TestWebhook,
  row: unknown,
): Promise<readonly [Answer, Answer]> {
  const english = await post(webhook, [row], { language: "en-GB,en;q=0.9", mode: "dry_run" });
  const russian = await post(webhook, [row], { language: "ru", mode: "dry_run" });
  return [english, russian];
}

for (const { code, row, english, russian } of refusals) {
  test(`${code} refuses ${JSON.stringify(row).slice(0, 90)} in both languages, with the value and the mend`, async () => {
    const gateway = await startTestGateway();
    const [en, ru] = await postInBoth(gateway, await gateway.createWebhook(), row);
    expect([en.body.rejections[0]?.code, ru.body.rejections[0]?.code]).toEqual([code, code]);
    for (const words of english) expect(en.body.rejections[0]?.message).toContain(words);
    for (const words of russian) expect(ru.body.rejections[0]?.message).toContain(words);
  });
}

test("date_time_gap refuses an hour that daylight saving skipped, in both languages", async () => {
  const gateway = await startTestGateway();
  const webhook = await gateway.createWebhook({ time_zone: "Europe/Berlin" });
  const [en, ru] = await postInBoth(gateway, webhook, sale(0, { date_time: "2026-03-29T02:30:00" }));
  expect(en.body.rejections[0]).toMatchObject({
    code: "date_time_gap",
    message: expect.stringContaining("2026-03-29T02:30:00+01:00"),
  });
  expect(ru.body.rejections[0]?.message).toContain("часовом поясе Europe/Berlin");
});

for (const { code, row, english, russian } of warnings) {
  test(`${code} warns of ${JSON.stringify(row).slice(0, 90)} in both languages and takes the row`, async () => {
    const gateway = await startTestGateway();
    const [en, ru] = await postInBoth(gateway, await gateway.createWebhook(), row);
    expect([en.body.accepted_count, en.body.warnings[0]?.code, ru.body.warnings[0]?.code]).toEqual([1, code, code]);
    for (const words of english) expect(en.body.warnings[0]?.message).toContain(words);
    for (const words of russian) expect(ru.body.warnings[0]?.message).toContain(words);
  });
}

test("same_purchase_again warns of a known purchase at another time, in both languages", async () => {
  const gateway = await startTestGateway();
  const webhook = await gateway.createWebhook();
  await gateway.post(webhook, [sale(0, { purchase_id: "order-1" })]);
  const again = sale(0, { purchase_id: "order-1", date_time: "2026-11-23T11:00:00Z" });
  const [en, ru] = await postInBoth(gateway, webhook, again);
  expect([en.body.accepted_count, en.body.warnings[0]?.code]).toEqual([1, "same_purchase_again"]);
  expect(en.body.warnings[0]?.message).toContain(
    "“order-1” was already sent for this target with the time 2026-11-23T10:00:00Z",
  );
  expect(ru.body.warnings[0]?.message).toContain(
    "«order-1» с этой целью уже передана со временем 2026-11-23T10:00:00Z",
  );
});

test("two rows of one request that tell the same purchase at two times are warned of as well", async () => {
  const gateway = await startTestGateway();
  const webhook = await gateway.createWebhook();
  const { body } = await gateway.post(webhook, [
    sale(0, { purchase_id: "order-1" }),
    sale(0, { purchase_id: "order-1", date_time: "2026-11-23T11:00:00Z" }),
  ]);
  expect(body.accepted_count).toBe(2);
  expect(body.warnings.map(({ index, code }) => [index, code])).toEqual([[1, "same_purchase_again"]]);
});

test("goal_not_found warns of a target that the counter did not have and names the nearest, in both languages", async () => {
  const gateway = await startTestGateway();
  const [en, ru] = await postInBoth(gateway, await gateway.createWebhook(), sale(0, { target: "purchse" }));
  expect([en.body.accepted_count, en.body.warnings[0]?.code]).toEqual([1, "goal_not_found"]);
  expect(en.body.warnings[0]?.message).toContain("the nearest is “purchase”");
  expect(ru.body.warnings[0]?.message).toContain("ближайшая — «purchase»");
});

test("goal_not_found_no_match warns where the counter has no goal at all, in both languages", async () => {
  const gateway = await startTestGateway({
    seed(simulator) {
      simulator.addToken(demo.token, { login: demo.login });
      simulator.addCounter({ id: demo.counterId, name: demo.counterName, site: demo.site, ownerLogin: demo.login });
    },
  });
  const [en, ru] = await postInBoth(gateway, await gateway.createWebhook(), sale(0));
  expect([en.body.accepted_count, en.body.warnings[0]?.code]).toEqual([1, "goal_not_found_no_match"]);
  expect(en.body.warnings[0]?.message).toContain("identifier “purchase”");
  expect(ru.body.warnings[0]?.message).toContain("идентификатором «purchase»");
});

test("stale_revision warns of a late retry that tells an older price, in both languages", async () => {
  const gateway = await startTestGateway();
  const webhook = await gateway.createWebhook();
  await gateway.post(webhook, [sale(0, { price: 100 })]);
  await gateway.post(webhook, [sale(0, { price: 200 })]);
  const [en, ru] = await postInBoth(gateway, webhook, sale(0, { price: 100 }));
  expect([en.body.duplicate_count, en.body.warnings[0]?.code]).toEqual([1, "stale_revision"]);
  expect(en.body.warnings[0]?.message).toContain("again in 10 minutes");
  expect(ru.body.warnings[0]?.message).toContain("снова через 10 минут");
});

test("without Accept-Language a sender is answered in the webhook's language", async () => {
  const { createWebhook, post } = await startTestGateway();
  const english = await post(await createWebhook({ language: "en" }), [{}]);
  const russian = await post(await createWebhook(), [{}]);
  expect(english.body.detail).toContain("All rows of the request were refused");
  expect(russian.body.detail).toContain("Отклонены все строки запроса");
  expect([english.headers.get("content-language"), russian.headers.get("content-language")]).toEqual(["en", "ru"]);
});

test("a sale that is kept by its buyer's contact is told so in both languages", async () => {
  const gateway = await startTestGateway({ plugins: [tellingPlugin] });
  const { tell } = await createTeller(gateway, { matchByContact: "md5" });
  const facts = [sale(0, { client_id: undefined })];
  const told = { facts, contacts: [{ phones: ["89995551111"], emails: [] }] };
  const [en, ru] = [await tell(told, "en"), await tell(told, "ru")];
  expect(codesOf(en.body.rejections)).toEqual(["kept_by_contact"]);
  expect(en.body.rejections[0]?.message).toContain("kept under the MD5");
  expect(ru.body.rejections[0]?.message).toContain("сохранена под MD5");
});

test("every code that a row can meet at intake is shown by a request above", () => {
  const shown = new Set<FindingCode>([...refusals, ...warnings].map(({ code }) => code));
  for (const code of [
    "date_time_gap",
    "same_purchase_again",
    "stale_revision",
    "goal_not_found",
    "goal_not_found_no_match",
    "kept_by_contact",
  ] as const)
    shown.add(code);
  expect([...shown].sort()).toEqual((Object.keys(findingSentences) as FindingCode[]).sort());
});

/** Requests that a webhook's sender can get wrong, by the problem each is answered with. */
const problems: readonly (readonly [ProblemCode, (gateway: TestGateway, webhook: TestWebhook) => Promise<Answer>])[] = [
  ["malformed_json", ({ post }, webhook) => post(webhook, [], { body: '{"conversions":[},]}' })],
  [
    "invalid_encoding",
    ({ post }, webhook) => post(webhook, [], { body: new Uint8Array([0x7b, 0x22, 0xcf, 0xf0, 0x22]) }),
  ],
  ["conversions_missing", ({ post }, webhook) => post(webhook, [], { body: [sale(0)] })],
  ["conversions_empty", ({ post }, webhook) => post(webhook, [])],
  ["all_rejected", ({ post }, webhook) => post(webhook, [{}])],
  ["strict_rejected", ({ post }, webhook) => post(webhook, [{}], { mode: "strict" })],
  ["mode_unknown", ({ post }, webhook) => post(webhook, [sale(0)], { mode: "STRICT" })],
  ["idempotency_key_format", ({ post }, webhook) => post(webhook, [sale(0)], { key: "two words" })],
  ["secret_missing", ({ request }, { path }) => request("POST", path, { body: { conversions: [] } })],
  ["secret_wrong", ({ post }, webhook) => post({ ...webhook, secret: "x" }, [sale(0)])],
  ["too_many_conversions", ({ post }, webhook) => post(webhook, [sale(0), sale(1), sale(2), sale(3)])],
  ["body_too_large", ({ post }, webhook) => post(webhook, [], { body: `{"conversions":["${"x".repeat(3000)}"]}` })],
  [
    "unsupported_media_type",
    ({ post }, webhook) =>
      post(webhook, [], { body: "a=1", headers: { "content-type": "application/x-www-form-urlencoded" } }),
  ],
  [
    "unsupported_content_encoding",
    ({ post }, webhook) => post(webhook, [sale(0)], { headers: { "content-encoding": "br" } }),
  ],
  ["compression_damaged", ({ post }, webhook) => post(webhook, [sale(0)], { headers: { "content-encoding": "gzip" } })],
  ["not_found", ({ request }) => request("GET", "/webhook/other")],
  ["method_not_allowed", ({ request }) => request("PUT", "/healthz")],
  ["unauthorized", ({ request }) => request("GET", "/v1/webhooks")],
  ["api_key_invalid", ({ request }) => request("GET", "/v1/webhooks", { headers: { authorization: "Bearer mgw_x" } })],
  ["invalid_field", ({ manage }) => manage("GET", "/v1/webhooks?limit=0")],
];

for (const [code, ask] of problems) {
  test(`${code} is a problem document in the sender's language`, async () => {
    const gateway = await startTestGateway({ env: { MAX_REQUEST_CONVERSIONS: "3", MAX_REQUEST_BYTES: "2048" } });
    const speaking = (language: string): TestGateway => ({
      ...gateway,
      request: (method, path, options) =>
        gateway.request(method, path, { ...options, headers: { ...options?.headers, "accept-language": language } }),
      manage: (method, path, body) => gateway.manage(method, path, body, { "accept-language": language }),
      post: (webhook, conversions, options) => gateway.post(webhook, conversions, { ...options, language }),
    });
    const webhook = await gateway.createWebhook();
    const { status, title } = problemCatalogue[code];
    for (const language of ["en", "ru"] as const) {
      const answer = await ask(speaking(language), webhook);
      expect(answer.status).toBe(status);
      expect(answer.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
      expect(answer.headers.get("content-language")).toBe(language);
      expect(answer.body).toMatchObject({
        ...{ code, status, title: title[language], type: `urn:metrika-gateway:problem:${code}` },
        request_id: answer.headers.get("x-request-id"),
      });
      expect(answer.body.detail).not.toMatch(/\{\w+\}/);
    }
  });
}
