import { afterEach, expect, test } from "bun:test";
import { defaultOptions } from "../sources/default-options.ts";
import { openSqliteStore } from "../store/sqlite/store.ts";
import type { SourceRecord, Store } from "../store/store.ts";
import { createVault } from "../vault/vault.ts";
import { createAccept, IdempotencyKeyReusedError } from "./accept.ts";
import { type Committer, createCommitter, OverloadedError } from "./committer.ts";
import { createHalfWritten } from "./half-written.ts";
import { createKnownTargets } from "./known-targets.ts";
import { openRejection, type Receipt } from "./receipt.ts";

const NOW = Date.parse("2026-11-23T12:00:00Z");
const vault = createVault(new Uint8Array(32));
const normal = { mode: "normal", idempotency: null } as const;

const opened: Store[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

const sale = (visitor: number, change: Record<string, unknown> = {}) => ({
  ...{ client_id: String(visitor), target: "purchase", date_time: "2026-11-23T14:00:00+03:00", price: 100 },
  ...change,
});
const nameless = sale(1, { client_id: undefined });

/** The door over a real store; `through` may stand between it and the committer. */
async function door(through: (committer: Committer) => Committer = (committer) => committer) {
  const founding = { uuid: crypto.randomUUID(), workspaceUuid: crypto.randomUUID(), vaultCheck: "", now: NOW };
  const store = openSqliteStore(":memory:", founding);
  opened.push(store);
  const { workspaceId } = store.installation;
  const sealed = { sealedToken: "", tokenHash: "", now: NOW };
  const credential = await store.credentials.create({ uuid: crypto.randomUUID(), workspaceId, ...sealed });
  const source = await store.sources.create({
    ...{ uuid: crypto.randomUUID(), workspaceId, plugin: "webhook-offline", name: "Shop", description: null },
    ...{ counterId: 100, credentialId: credential.id, config: {}, sealedConfig: null, configVersion: 1 },
    options: defaultOptions,
    ...{ timeZone: "Europe/Moscow", timeZoneFrom: "default", defaultCurrency: "RUB", defaultCurrencyFrom: "default" },
    ...{
      language: "ru",
      secretHash: null,
      sealedSecret: null,
      isActive: true,
      deliveryPaused: false,
      schedule: null,
      nextRunAt: null,
      createdAt: NOW,
      updatedAt: NOW,
    },
  });
  const committer = through(createCommitter(store.intake, 1_000_000, () => {}));
  const targets = createKnownTargets(store.goals, () => NOW);
  const deps = {
    store,
    committer,
    vault,
    targets,
    halfWritten: createHalfWritten(store.intake),
    now: () => NOW,
    newUuid: () => crypto.randomUUID(),
    rejectedKeptMs: 1000,
  };
  return { store, source, accept: createAccept(deps) };
}

const batchesOf = async (store: Store, source: SourceRecord) =>
  (await store.batches.list({ sourceId: source.id, before: null, limit: 100 })).rows;

test("good rows are accepted beside bad ones, and every row stands in the receipt once", async () => {
  const { store, source, accept } = await door();
  const receipt = await accept(source, [sale(1), nameless, sale(1), sale(2, { date_time: "2026-11-23" })], normal);
  expect(receipt).toMatchObject({ received: 4, accepted: 1, duplicates: [{ row: 2 }], repeated: false });
  expect(receipt.rejections.map(({ row, findings: [{ code }] }) => [row, code])).toEqual([
    [1, "no_identifier"],
    [3, "date_only"],
  ]);
  const [batch] = await batchesOf(store, source);
  expect(batch).toMatchObject({ uuid: receipt.batchUuid, total: 4, duplicates: 1, rejected: 2 });
});

test("a request of bad rows only has a batch under which they can be read", async () => {
  const { store, source, accept } = await door();
  const { batchUuid, accepted } = await accept(source, [nameless], normal);
  expect(accepted).toBe(0);
  expect(await store.batches.findByUuid(String(batchUuid))).toMatchObject({ total: 1, rejected: 1, status: "error" });
});

test("what was received in a refused row is stored sealed only", async () => {
  const { store, source, accept } = await door();
  await accept(source, [sale(1, { client_id: "secret visitor", price: "x" })], normal);
  const [batch] = await batchesOf(store, source);
  const [refused] = await store.batches.rejectedOf(batch?.id ?? 0);
  expect(JSON.stringify(refused)).not.toContain("secret");
  expect(vault.open(refused?.sealed ?? "", `rejected:${source.uuid}:0`)).toContain("secret visitor");
});

test("a strict request with one bad row stores nothing", async () => {
  const { store, source, accept } = await door();
  const receipt = await accept(source, [sale(1), nameless], { ...normal, mode: "strict" });
  expect(receipt).toMatchObject({ batchUuid: null, accepted: 0, received: 2, rejections: [{ row: 1 }] });
  expect(await batchesOf(store, source)).toEqual([]);
  expect(await accept(source, [sale(1)], { ...normal, mode: "strict" })).toMatchObject({ accepted: 1 });
});

test("a dry run tells what would be stored, and stores nothing", async () => {
  const { store, source, accept } = await door();
  await accept(source, [sale(1)], normal);
  const receipt = await accept(source, [sale(1), sale(2), nameless], { ...normal, mode: "dry_run" });
  expect(receipt).toMatchObject({ batchUuid: null, accepted: 1, duplicates: [{ row: 0 }], rejections: [{ row: 2 }] });
  expect(receipt.conversions).toMatchObject([{ row: 1, conversion: { clientId: "2", price: "100" } }]);
  expect(await batchesOf(store, source)).toHaveLength(1);
  expect(await accept(source, [sale(2)], normal)).toMatchObject({ accepted: 1, duplicates: [] });
});

test("a large request comes in slices and is one batch", async () => {
  const sizes: number[] = [];
  const { store, source, accept } = await door((inner) => ({
    add(slice) {
      sizes.push(slice.rows.length);
      return inner.add(slice);
    },
  }));
  const rows = Array.from({ length: 4500 }, (_, i) => (i % 1500 === 7 ? nameless : sale(i)));
  rows.push(sale(1));
  const receipt = await accept(source, rows, normal);
  expect(sizes).toEqual([2000, 2000, 498]);
  expect(receipt).toMatchObject({ received: 4501, accepted: 4497, duplicates: [{ row: 4500 }] });
  expect(receipt.rejections.map(({ row }) => row)).toEqual([7, 1507, 3007]);
  const [batch, ...others] = await batchesOf(store, source);
  expect(others).toEqual([]);
  expect(batch).toMatchObject({ uuid: receipt.batchUuid, total: 4501, duplicates: 1, rejected: 3 });
});

test("warnings of all slices are kept with the batch, in the order of the rows", async () => {
  const { store, source, accept } = await door();
  const rows = Array.from({ length: 2100 }, (_, i) => sale(i, i === 5 || i === 2050 ? { target: "1234567" } : {}));
  const { warnings } = await accept(source, rows, normal);
  expect(warnings.map(({ row, code }) => `${row} ${code}`)).toEqual(["5 target_is_number", "2050 target_is_number"]);
  const [batch] = await batchesOf(store, source);
  expect(batch?.warnings).toEqual(warnings);
});

test("a large request that breaks off leaves nothing and holds nobody up", async () => {
  let calls = 0;
  const { store, source, accept } = await door((inner) => ({
    add: (slice) => (++calls === 2 ? Promise.reject(new OverloadedError("full")) : inner.add(slice)),
  }));
  const rows = Array.from({ length: 2500 }, (_, i) => sale(i));
  await expect(accept(source, rows, normal)).rejects.toThrow(OverloadedError);
  expect(await batchesOf(store, source)).toEqual([]);
  expect(await accept(source, [sale(1)], normal)).toMatchObject({ accepted: 1, duplicates: [] });
  expect(await store.planning.readNew(10)).toHaveLength(1);
});

test("what could not be taken back while the database was gone is taken back with the next request", async () => {
  let calls = 0;
  const { store, source, accept } = await door((inner) => ({
    add: (slice) => (++calls === 2 ? Promise.reject(new OverloadedError("full")) : inner.add(slice)),
  }));
  const { discard } = store.intake;
  Object.assign(store.intake, { discard: () => Promise.reject(new Error("disk full")) });
  const rows = Array.from({ length: 2500 }, (_, i) => sale(i));
  await expect(accept(source, rows, normal)).rejects.toThrow(OverloadedError);
  expect(await accept(source, [sale(9000)], normal)).toMatchObject({ accepted: 1 });
  expect(await store.planning.readNew(10)).toEqual([]);
  Object.assign(store.intake, { discard });
  expect(await accept(source, [sale(9001)], normal)).toMatchObject({ accepted: 1 });
  expect(await store.planning.readNew(10)).toHaveLength(2);
});

test("a repeated idempotency key rebuilds the first answer", async () => {
  const { store, source, accept } = await door();
  const keyed = { ...normal, idempotency: { key: "k", bodyHash: "h" } };
  const rows = [sale(1), sale(1), nameless, sale(3, { target: "1234567" })];
  const first = await accept(source, rows, keyed);
  const again = await accept(source, rows, keyed);
  expect(again).toEqual({ ...first, repeated: true });
  expect(await batchesOf(store, source)).toHaveLength(1);
});

test("an idempotency key with another body is refused", async () => {
  const { source, accept } = await door();
  await accept(source, [sale(1)], { ...normal, idempotency: { key: "k", bodyHash: "h" } });
  const other = accept(source, [sale(2)], { ...normal, idempotency: { key: "k", bodyHash: "another" } });
  await expect(other).rejects.toThrow(IdempotencyKeyReusedError);
});

test("of two requests with one idempotency key at once, the later waits and is answered as the first", async () => {
  const { store, source, accept } = await door();
  const keyed = { ...normal, idempotency: { key: "k", bodyHash: "h" } };
  const [first, second] = await Promise.all([accept(source, [sale(1)], keyed), accept(source, [sale(1)], keyed)]);
  expect(first).toMatchObject({ accepted: 1, repeated: false });
  expect(second).toEqual({ ...first, repeated: true });
  expect(await batchesOf(store, source)).toHaveLength(1);
});

test("a dry run neither uses nor keeps an idempotency key", async () => {
  const { source, accept } = await door();
  const keyed = { idempotency: { key: "k", bodyHash: "h" } };
  await accept(source, [sale(1)], { ...keyed, mode: "dry_run" });
  expect(await accept(source, [sale(1)], { ...keyed, mode: "normal" })).toMatchObject({ accepted: 1, repeated: false });
});

test("two hundred identical requests at one instant store one conversion", async () => {
  const { source, accept } = await door();
  const receipts = await Promise.all(Array.from({ length: 200 }, () => accept(source, [sale(1)], normal)));
  expect(receipts.filter(({ accepted }) => accepted === 1)).toHaveLength(1);
  const originals = receipts.flatMap(({ duplicates }) => duplicates.map(({ conversionId }) => conversionId));
  expect(originals).toHaveLength(199);
  expect(new Set(originals).size).toBe(1);
});

test("an empty request has an empty batch", async () => {
  const { source, accept } = await door();
  expect(await accept(source, [], normal)).toMatchObject({ received: 0, accepted: 0, duplicates: [], rejections: [] });
});

test("where a source dedupes by purchase, a given key takes the place of the purchase_id", async () => {
  const { source, accept } = await door();
  const crm = { ...source, options: { ...source.options, dedupeBy: "purchase" } as const };
  const of = (minute: number, more = {}) => sale(1, { date_time: `2026-11-23T14:0${minute}:00+03:00`, ...more });
  await accept(crm, [of(0, { purchase_id: "p" })], { ...normal, keys: ["deal 1"] });
  const told = [of(1, { purchase_id: "q" }), of(2, { purchase_id: "p" }), of(3, { purchase_id: "deal 1" })];
  const receipt = await accept(crm, told, { ...normal, keys: ["deal 1", "deal 2", null] });
  expect(receipt).toMatchObject({ accepted: 2, duplicates: [{ row: 0 }] });
});

test("a row whose key is too long is refused for it, beside the others", async () => {
  const { source, accept } = await door();
  const crm = { ...source, options: { ...source.options, dedupeBy: "purchase" } as const };
  const keys = ["k".repeat(500), "k".repeat(501), "k".repeat(501)];
  const receipt = await accept(crm, [sale(1), sale(2), nameless], { ...normal, keys });
  expect(receipt.accepted).toBe(1);
  expect(
    receipt.rejections.map(({ row, findings }) => [row, ...findings.map(({ code, field }) => [code, field])]),
  ).toEqual([
    [1, ["too_long", "key"]],
    [2, ["no_identifier", "client_id"], ["too_long", "key"]],
  ]);
});

test("where a source dedupes by all fields, given keys mean nothing", async () => {
  const { source, accept } = await door();
  const later = sale(1, { date_time: "2026-11-23T14:01:00+03:00" });
  expect(await accept(source, [sale(1), later], { ...normal, keys: ["deal", "deal"] })).toMatchObject({ accepted: 2 });
});

const matching = (source: SourceRecord): SourceRecord => ({
  ...source,
  options: { ...source.options, matchByContact: "md5" },
});
const anna = { phones: ["+7 999 555-11-11"], emails: [] };
const codesOf = ({ rejections }: Receipt) => rejections.map(({ findings: [{ code }] }) => code);

test("a sale without an identifier whose buyer can be reached is refused as kept by contact, and its row is withheld", async () => {
  const { store, source, accept } = await door();
  const told = [{ ...nameless, comment: "call Anna" }, nameless, sale(2)];
  const receipt = await accept(matching(source), told, { ...normal, contacts: [anna, null, anna] });
  expect(receipt).toMatchObject({ received: 3, accepted: 1, duplicates: [] });
  expect(codesOf(receipt)).toEqual(["kept_by_contact", "no_identifier"]);
  const [batch] = await batchesOf(store, source);
  const refused = await store.batches.rejectedOf(batch?.id ?? 0);
  const received = refused.map((row) => openRejection(vault, source.uuid, row).received);
  expect(received).toEqual([null, JSON.stringify(nameless)]);
});

test("a row with another fault, or with a contact that cannot be read, is not kept by contact", async () => {
  const { source, accept } = await door();
  const told = [{ ...nameless, price: "x" }, nameless, { ...nameless, client_id: "abc" }];
  const contacts = [anna, { phones: ["none"], emails: ["none"] }, anna];
  const receipt = await accept(matching(source), told, { ...normal, contacts });
  expect(codesOf(receipt)).toEqual(["no_identifier", "no_identifier", "client_id_format"]);
});

test("a source that does not match by contact does not look at contacts", async () => {
  const { store, source, accept } = await door();
  expect(codesOf(await accept(source, [nameless], { ...normal, contacts: [anna] }))).toEqual(["no_identifier"]);
  const day = Math.floor(NOW / 86_400_000);
  expect(await store.unidentifiedSales.daysOf(source.id, day, day)).toEqual([{ day, refused: 1, byContact: 0 }]);
});

test("a strict request keeps nothing, a dry run says what would be kept", async () => {
  const { store, source, accept } = await door();
  const crm = matching(source);
  const strict = await accept(crm, [sale(1), nameless], { ...normal, mode: "strict", contacts: [null, anna] });
  expect([strict.batchUuid, codesOf(strict)]).toEqual([null, ["no_identifier"]]);
  const dry = await accept(crm, [sale(1), nameless], { ...normal, mode: "dry_run", contacts: [null, anna] });
  expect([dry.accepted, codesOf(dry)]).toEqual([1, ["kept_by_contact"]]);
  const day = Math.floor(NOW / 86_400_000);
  expect(await store.unidentifiedSales.daysOf(source.id, day, day)).toEqual([]);
});

test("sales alike that name nobody are several in one request and repeats in the next, in requests of any size", async () => {
  const { store, source, accept } = await door();
  const day = Math.floor(NOW / 86_400_000);
  const refused = async () => (await store.unidentifiedSales.daysOf(source.id, day, day))[0]?.refused;
  await accept(source, [nameless, nameless], normal);
  expect(await refused()).toBe(2);
  await accept(source, [nameless, nameless, sale(1)], normal);
  expect(await refused()).toBe(2);
  await accept(source, Array(4500).fill(nameless), normal);
  expect(await refused()).toBe(4500);
  await accept(source, [{ ...nameless, price: 7 }], normal);
  expect(await refused()).toBe(4501);
});
