import { afterEach, expect, test } from "bun:test";
import { resetSync } from "@logtape/logtape";
import { configureLogging } from "../../gateway/logging.ts";
import { codesOf, DAY, MINUTE, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";
import { createTeller, tellingPlugin } from "../setup/telling-plugin.ts";

afterEach(() => resetSync());

const PHONE = "+7 (999) 555-11-11";
const EMAIL = "Mail@Yandex.ru";
const PHONE_MD5 = "f09f2c3d48f31e2a802944ade2e5aec5";
const EMAIL_MD5 = "3c56ff8fef0f6c65b36b2d25720fe276";
const anna = { phones: [PHONE], emails: [EMAIL] };
const nameless = (more: object = {}) => sale(0, { client_id: undefined, ...more });

async function startMatching() {
  const gateway = await startTestGateway({ plugins: [tellingPlugin] });
  return { gateway, ...(await createTeller(gateway, { matchByContact: "md5", dedupeBy: "purchase" })) };
}

const salesOf = ({ sql }: TestGateway) =>
  sql<Record<string, unknown>>(
    "select target, date_time, price, currency, phone_md5, email_md5 from contact_sales order by target, price",
  );

const countsOf = async ({ manage }: TestGateway, id: string, query = "") =>
  (await manage("GET", `/v1/sources/${id}/unidentified-sales${query}`)).body;

test("a deal whose buyer is known by contact alone is kept by its hashes, refused with a reason, and not sent", async () => {
  const { gateway, source, tell } = await startMatching();
  const { status, body } = await tell({ facts: [nameless()], keys: ["deal:7"], contacts: [anna] });
  expect(status).toBe(202);
  expect(body).toMatchObject({ accepted_count: 0, duplicate_count: 0, rejected_count: 1 });
  expect(codesOf(body.rejections)).toEqual(["kept_by_contact"]);
  expect(body.rejections[0]?.message).toContain("not sent as a conversion");
  await gateway.settle();
  expect(gateway.simulator.ledger.total).toBe(0);
  expect((await gateway.manage("GET", `/v1/batches/${body.batch_id}`)).body).toMatchObject({
    ...{ total: 1, accepted: 0, rejected: 1, processed: 0, status: "error" },
    rejections: [{ index: 0, code: "kept_by_contact" }],
  });
  expect(await gateway.rows(body.batch_id)).toMatchObject([{ kind: "rejected", received: null }]);
  const second = Date.parse("2026-11-23T10:00:00Z") / 1000;
  const sold = { target: "purchase", date_time: second, price: "1500", currency: "RUB" };
  expect(await salesOf(gateway)).toEqual([{ ...sold, phone_md5: PHONE_MD5, email_md5: EMAIL_MD5 }]);
  expect(await countsOf(gateway, source.uuid)).toMatchObject({ refused: 0, by_contact: 1, share: 1 });
});

test("told again it is the same sale, with another price it has that, and what was missing of its contact is filled in", async () => {
  const { gateway, source, tell } = await startMatching();
  const deal = { keys: ["deal:7"] };
  await tell({ ...deal, facts: [nameless()], contacts: [{ phones: [PHONE], emails: [] }] });
  const later = { date_time: "2026-11-23T11:00:00Z" };
  await tell({ ...deal, facts: [nameless(later)], contacts: [{ phones: ["+7 111 111-11-11"], emails: [EMAIL] }] });
  await tell({ ...deal, facts: [nameless({ ...later, price: 90 })], contacts: [anna] });
  expect(await salesOf(gateway)).toMatchObject([
    { date_time: Date.parse("2026-11-23T10:00:00Z") / 1000, price: "90", phone_md5: PHONE_MD5, email_md5: EMAIL_MD5 },
  ]);
  expect(await countsOf(gateway, source.uuid)).toMatchObject({ refused: 0, by_contact: 1 });
});

test("without a key a sale is known by target, second and contact", async () => {
  const { gateway, source, tell } = await startMatching();
  const bob = { phones: [], emails: ["bob@example.com"] };
  await tell({ facts: [nameless(), nameless(), nameless({ target: "lead" })], contacts: [anna, bob, anna] });
  await tell({ facts: [nameless({ price: 7 })], contacts: [anna] });
  expect((await salesOf(gateway)).map(({ target, price }) => [target, price])).toEqual([
    ["lead", "1500"],
    ["purchase", "1500"],
    ["purchase", "7"],
  ]);
  expect(await countsOf(gateway, source.uuid)).toMatchObject({ by_contact: 3 });
});

test("the same request by its idempotency key is answered alike and counted once", async () => {
  const { gateway, source, tell } = await startMatching();
  const told = {
    ...{ facts: [nameless()], contacts: [anna], keys: ["deal:7"] },
    idempotency: { key: "message 1", bodyHash: "hash" },
  };
  const first = await tell(told);
  expect((await tell(told)).body).toEqual(first.body);
  expect(await countsOf(gateway, source.uuid)).toMatchObject({ by_contact: 1 });
});

test("the contact stands nowhere: in no table, no log and no answer", async () => {
  const lines: string[] = [];
  configureLogging({ level: "trace", format: "json", write: (line) => void lines.push(line) });
  const { gateway, tell } = await startMatching();
  const told = { facts: [nameless({ comment: `call ${PHONE}` }), sale(1)], contacts: [anna, anna] };
  const { body, text } = await tell(told);
  const status = await gateway.manage("GET", `/v1/batches/${body.batch_id}`);
  await gateway.settle();
  const tables = ["contact_sales", "unidentified_facts", "batches", "conversions", "source_keys", "audit_events"];
  const rows = await Promise.all(tables.map((table) => gateway.sql(`select * from ${table}`)));
  // What is sealed of the refused row does not hold it either.
  const [sealed] = await gateway.sql<{ sealed: string }>("select sealed from rejected_rows");
  const opened = (await gateway.rows(body.batch_id))[0]?.received;
  expect([sealed?.sealed.startsWith("v1."), opened]).toEqual([true, null]);
  const everything = [text, status.text, ...lines, JSON.stringify(rows)].join("\n").toLowerCase();
  for (const part of ["555-11-11", "9995551111", "mail@yandex.ru"]) expect(everything).not.toContain(part);
});

test("a webhook's sales without an identifier are counted by day, with their share of all sales", async () => {
  const gateway = await startTestGateway();
  const webhook = await gateway.createWebhook();
  await gateway.post(webhook, [sale(0), sale(1), nameless()]);
  gateway.advance(DAY);
  await gateway.post(webhook, [nameless({ price: 7 }), sale(0), { ...nameless(), price: "x" }]);
  const { days, ...whole } = await countsOf(gateway, webhook.id, "?from=2026-11-22&to=2026-11-24");
  expect<object>(whole).toEqual({
    ...{ source_id: webhook.id, from: "2026-11-22", to: "2026-11-24" },
    ...{ refused: 2, by_contact: 0, accepted: 2, sales: 4, share: 0.5 },
  });
  expect(days).toEqual([
    { date: "2026-11-22", refused: 0, by_contact: 0, accepted: 0, sales: 0, share: null },
    { date: "2026-11-23", refused: 1, by_contact: 0, accepted: 2, sales: 3, share: 0.3333 },
    { date: "2026-11-24", refused: 1, by_contact: 0, accepted: 0, sales: 1, share: 1 },
  ]);
  const byDefault = await countsOf(gateway, webhook.id);
  expect(byDefault).toMatchObject({ from: "2026-10-26", to: "2026-11-24", sales: 4 });
});

test("days in the wrong order, too many of them and what is no date are refused", async () => {
  const gateway = await startTestGateway();
  const { id } = await gateway.createWebhook();
  const refusal = async (query: string) => {
    const { code, errors } = await countsOf(gateway, id, query);
    return [code, errors[0]?.field, errors[0]?.code];
  };
  expect(await refusal("?from=2026-11-24&to=2026-11-23")).toEqual(["invalid_field", "from", "too_large"]);
  expect(await refusal("?from=2026-01-01&to=2026-11-23")).toEqual(["invalid_field", "from", "too_small"]);
  expect(await refusal("?from=2026-02-30")).toEqual(["invalid_field", "from", "bad_format"]);
});

test("a deal that was told with an identifier first is not counted when it comes without one", async () => {
  const { gateway, source, tell } = await startMatching();
  await tell({ facts: [sale(0)], keys: ["deal:7"] });
  gateway.advance(MINUTE);
  await tell({ facts: [nameless()], keys: ["deal:7"], contacts: [null] });
  expect(await countsOf(gateway, source.uuid)).toMatchObject({ refused: 0, by_contact: 0, accepted: 1, share: 0 });
});
