import { expect, test } from "bun:test";
import { parse } from "csv-parse/sync";
import { sale, startTestGateway } from "../setup/gateway.ts";

const FIXTURES = `${import.meta.dir}/../fixtures`;
const golden = (name: string) => Bun.file(`${FIXTURES}/${name}.csv`).text();

/** One row of each kind in roubles, the same in dollars, and rows that name several visitors or no price at all. */
const mixed = [
  { client_id: "1764012345678901234", target: "purchase", date_time: "2026-11-23T13:00:00+03:00", price: 1500 },
  { user_id: "crm-1002", target: "purchase", date_time: "2026-11-23T10:00:01Z", price: "0.10", currency: "USD" },
  { yclid: "17640456789012345678", target: "lead", date_time: 1795424402, price: "2490.50", currency: "RUB" },
  { purchase_id: "order-5001", target: "call", date_time: "2026-11-23T10:00:03Z", price: 99, currency: "USD" },
  {
    purchase_id: 'заказ "5", повторный',
    target: "purchase",
    date_time: "2026-11-23 13:00:04",
    price: 7,
    currency: "RUB",
  },
  { client_id: "1764023456789012345", target: "lead", date_time: "2026-11-23T10:00:05Z", currency: "USD", price: 0 },
  {
    client_id: "1764067890123456789",
    user_id: "crm-1006",
    yclid: "9007199254740993",
    purchase_id: "order-5002",
    target: "purchase",
    date_time: "2026-11-23T10:00:06Z",
    price: "12345678901234.56",
    currency: "RUB",
  },
  { user_id: "crm-1001", target: "call", date_time: "2026-11-23T10:00:07Z" },
  { target: "purchase", date_time: "2026-11-23T10:00:08Z", price: 1, currency: "RUB" },
];

/** Short of quota, rows of every kind share a file. */
const shared = { env: { UPLOAD_LINGER_SECONDS: "0" }, settings: { keepCsv: true }, rules: { maxLanes: 0 } };

test("each target and kind of identifier has a file of its own in each currency, so that Metrika's sums say how it matched", async () => {
  const rig = await startTestGateway({ env: { UPLOAD_LINGER_SECONDS: "0" }, settings: { keepCsv: true } });
  const webhook = await rig.createWebhook();
  await rig.post(webhook, mixed);
  await rig.settle();
  const files = rig.simulator.ledger.files.map(
    ({ csv }) => parse(csv ?? "", { columns: true }) as Record<string, string>[],
  );
  const kinds = files.map((rows) => {
    const [row = {}] = rows;
    const identifier = ["ClientId", "Yclid", "UserId", "PurchaseId"].find((name) => row[name] !== "");
    return `${identifier} ${row.Target} ${row.Currency}: ${rows.length}`;
  });
  expect(kinds.sort()).toEqual([
    "ClientId lead USD: 1",
    "ClientId purchase RUB: 2",
    "PurchaseId call USD: 1",
    "PurchaseId purchase RUB: 1",
    "UserId call : 1",
    "UserId purchase USD: 1",
    "Yclid lead RUB: 1",
  ]);
  expect(rig.simulator.ledger.total).toBe(8);
});

test("where files are shared, two currencies become one file each, every cell in its own column", async () => {
  const rig = await startTestGateway(shared);
  const webhook = await rig.createWebhook();

  const { status, body } = await rig.post(webhook, mixed);
  await rig.settle();

  expect({ status, refused: body.rejections.map(({ index, code }) => ({ index, code })) }).toEqual({
    status: 202,
    refused: [{ index: 8, code: "no_identifier" }],
  });
  const files = rig.simulator.ledger.files.map(({ csv }) => csv ?? "").sort((a, b) => b.length - a.length);
  expect(files).toEqual([await golden("mixed-rub"), await golden("mixed-usd")]);
  expect(rig.simulator.ledger.total).toBe(8);
});

test("with the strongest identifier alone the other columns stay empty", async () => {
  const rig = await startTestGateway(shared);
  const webhook = await rig.createWebhook({ identifiers: "best" });
  await rig.post(webhook, mixed);
  await rig.settle();
  const files = rig.simulator.ledger.files.map(({ csv }) => csv ?? "").sort((a, b) => b.length - a.length);
  expect(files).toEqual([await golden("mixed-rub-best"), await golden("mixed-usd")]);
});

test("the golden files hold one identifier column each for rows of one kind, and only the currency of their name", async () => {
  const read = async (name: string): Promise<Record<string, string>[]> =>
    parse(await golden(name), { columns: true, bom: false });
  const roubles = await read("mixed-rub");
  expect(roubles.map((row) => row.Currency)).toEqual(["RUB", "RUB", "RUB", "RUB", ""]);
  expect(roubles[2]).toMatchObject({ ClientId: "", UserId: "", Yclid: "", PurchaseId: 'заказ "5", повторный' });
  expect(roubles[3]).toMatchObject({ Yclid: "9007199254740993", Price: "12345678901234.56" });
  expect((await read("mixed-usd")).map((row) => row.Currency)).toEqual(["USD", "USD", "USD"]);
  const best = await read("mixed-rub-best");
  const filled = ({ ClientId, UserId, Yclid, PurchaseId }: Record<string, string>) =>
    [ClientId, UserId, Yclid, PurchaseId].filter((cell) => cell !== "").length;
  expect(best.map(filled)).toEqual([1, 1, 1, 1, 1]);
});

test("two counters never share a file", async () => {
  const rig = await startTestGateway({ env: { UPLOAD_LINGER_SECONDS: "0" }, settings: { keepCsv: true } });
  rig.simulator.addCounter({ id: 777, name: "Second", ownerLogin: "demo-shop" });
  rig.simulator.addGoal(777, "purchase");
  await rig.post(await rig.createWebhook(), [sale(0)]);
  await rig.post(await rig.createWebhook({ counter_id: 777 }), [sale(0)]);
  await rig.settle();
  const files = rig.simulator.ledger.files.map(({ counterId, sourceQuantity }) => `${counterId}: ${sourceQuantity}`);
  expect(files.sort()).toEqual(["12345678: 1", "777: 1"]);
});
