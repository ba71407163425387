import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { backUpSqlite } from "../../core/store/sqlite/backup.ts";
import { restoreSqlite } from "../../core/store/sqlite/restore.ts";
import { previousKeysFile } from "../../core/vault/key-file.ts";
import { parseMasterKey } from "../../core/vault/master-key.ts";
import { createVault } from "../../core/vault/vault.ts";
import { KEY_ROTATIONS, ROTATION_STEPS } from "../../gateway/routes/key-rotations.ts";
import {
  DAY,
  databaseFile,
  SECOND,
  sale,
  startTestGateway,
  type TestGateway,
  type TestWebhook,
} from "../setup/gateway.ts";
import { beginRotation, rotateKey, sealingKeys, stepRotation } from "../setup/key-rotation.ts";

// Each start on PostgreSQL takes a second on a busy machine.
setDefaultTimeout(60_000);

const newKey = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");
const idOf = (key: string) => createVault(parseMasterKey(key, "the key")).keyId;
const refused = { target: "purchase", note: "no identifier" };

/** A webhook that knows a sale by purchase, a request by its key, and holds a refused row. */
async function startKnown(gateway: TestGateway) {
  const webhook = await gateway.createWebhook({ dedupe_by: "purchase" });
  const rows = [sale(0, { purchase_id: "order-1" }), sale(1, { purchase_id: "order-2" }), refused];
  const { body } = await gateway.post(webhook, rows, { key: "request-1" });
  expect(body).toMatchObject({ accepted_count: 2, rejected_count: 1 });
  return { webhook, batchId: body.batch_id, rows };
}

/** What was posted before is known as before, and what was refused before can still be read. */
async function expectKnown(gateway: TestGateway, { webhook, batchId, rows }: Awaited<ReturnType<typeof startKnown>>) {
  const later = sale(0, { purchase_id: "order-1", date_time: "2026-11-23T11:00:00Z" });
  expect((await gateway.post(webhook, [later])).body).toMatchObject({ accepted_count: 0, duplicate_count: 1 });
  const again = await gateway.post(webhook, rows, { key: "request-1" });
  expect(again.body).toMatchObject({ batch_id: batchId, accepted_count: 2, rejected_count: 1 });
  expect((await gateway.rows(batchId)).at(2)).toMatchObject({ received: JSON.stringify(refused) });
}

/** Rows that are refused and kept sealed. */
async function postRefused({ post, sql }: TestGateway, webhook: TestWebhook, rows: number): Promise<void> {
  await post(
    webhook,
    Array.from({ length: rows }, () => refused),
  );
  const [kept] = await sql<{ n: number }>("select count(sealed) as n from rejected_rows");
  expect(Number(kept?.n)).toBeGreaterThanOrEqual(rows);
}

async function refusal(start: () => Promise<unknown>): Promise<string> {
  const error = await start().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error("The gateway started");
  return error.message;
}

test("a gateway that serves gets a new key in its file, and nothing is left under the former one", async () => {
  const gateway = await startTestGateway({ store: "sqlite" });
  const { config, post, work, settle, restart, simulator } = gateway;
  const known = await startKnown(gateway);
  const former = await readFile(config.masterKeyFile, "utf8");
  let visitor = 2;
  const end = await rotateKey(gateway, async () => {
    expect((await post(known.webhook, [sale(visitor++), refused])).status).toBe(202);
    await work();
  });
  expect(end).toMatchObject({ phase: "done", unreadable: [], previous_key_ids: [] });
  const present = await readFile(config.masterKeyFile, "utf8");
  expect(present).not.toBe(former);
  expect(existsSync(previousKeysFile(config.masterKeyFile))).toBe(false);
  expect(Object.keys(await sealingKeys(gateway))).toEqual([idOf(present)]);
  await expectKnown(gateway, known);
  await restart();
  await expectKnown(gateway, known);
  await settle();
  expect(simulator.ledger.rows).toBe(visitor);
});

test("after a change the former key is refused with a sentence that says what is wanted", async () => {
  const gateway = await startTestGateway({ store: "sqlite" });
  const { config, restart } = gateway;
  const former = await readFile(config.masterKeyFile, "utf8");
  await rotateKey(gateway);
  const present = await readFile(config.masterKeyFile, "utf8");
  await writeFile(config.masterKeyFile, former);
  const message = await refusal(restart);
  expect(message).toContain("sealed with when its key was last changed (rotate-key). Give the key that was made then");
  for (const key of [former.trim(), present.trim()]) expect(message).not.toContain(key);
  await writeFile(config.masterKeyFile, present);
  await restart();
});

test("a change that was broken off by the gateway's end goes on with the same key when it is asked for again", async () => {
  const gateway = await startTestGateway({ store: "sqlite" });
  const known = await startKnown(gateway);
  await postRefused(gateway, known.webhook, 5000);
  const keyId = await beginRotation(gateway);
  expect(await stepRotation(gateway, keyId)).toMatchObject({ phase: "resealing" });
  expect(Object.keys(await sealingKeys(gateway))).toHaveLength(2);
  await gateway.restart();
  await expectKnown(gateway, known);
  expect(await beginRotation(gateway)).toBe(keyId);
  expect(await rotateKey(gateway)).toMatchObject({ phase: "done" });
  expect(Object.keys(await sealingKeys(gateway))).toEqual([keyId]);
  await gateway.restart();
  await expectKnown(gateway, known);
});

test("two commands at once end with one new key", async () => {
  const gateway = await startTestGateway({ store: "sqlite" });
  const known = await startKnown(gateway);
  await postRefused(gateway, known.webhook, 5000);
  const ends = await Promise.all([rotateKey(gateway), rotateKey(gateway)]);
  expect(ends.map(({ phase }) => phase)).toEqual(["done", "done"]);
  expect(Object.keys(await sealingKeys(gateway))).toHaveLength(1);
  await expectKnown(gateway, known);
});

test("what a request had sealed with the former key and writes late is sealed again before that key goes", async () => {
  const gateway = await startTestGateway({ store: "sqlite" });
  const known = await startKnown(gateway);
  const [late] = await gateway.sql<{ sealed: string; id: number }>(
    "select id, sealed_token as sealed from credentials",
  );
  if (!late) throw new Error("There is no token.");
  let isLate = true;
  const end = await rotateKey(gateway, async ({ phase }) => {
    if (phase !== "settling" || !isLate) return;
    isLate = false;
    await gateway.gateway.store.credentials.replaceToken(late.id, late.sealed, "hash", gateway.clock.now());
  });
  expect([isLate, end.phase]).toEqual([false, "done"]);
  expect(Object.keys(await sealingKeys(gateway))).toHaveLength(1);
  await gateway.restart();
  await gateway.settle();
  expect(gateway.simulator.ledger.rows).toBe(2);
  await expectKnown(gateway, known);
});

test("while a text cannot be opened the former key stays, and the change ends once it is gone", async () => {
  const gateway = await startTestGateway({ store: "sqlite" });
  const known = await startKnown(gateway);
  const { credentials } = gateway.gateway.store;
  const [{ id, sealed } = { id: 0, sealed: "" }] = await gateway.sql<{ id: number; sealed: string }>(
    "select id, sealed_token as sealed from credentials",
  );
  await credentials.replaceToken(id, `${sealed}AAAA`, "hash", gateway.clock.now());
  const end = await rotateKey(gateway);
  expect(end).toMatchObject({ phase: "unreadable", unreadable: [{ column: "credentials.sealed_token", texts: 1 }] });
  expect(end.previous_key_ids).toHaveLength(1);
  expect(existsSync(previousKeysFile(gateway.config.masterKeyFile))).toBe(true);
  await credentials.replaceToken(id, sealed, "hash", gateway.clock.now());
  expect(await rotateKey(gateway)).toMatchObject({ phase: "done" });
  await gateway.restart();
  await expectKnown(gateway, known);
});

test("keys given by the environment are changed in steps, each of which leaves everything known", async () => {
  const [former, present] = [newKey(), newKey()];
  const gateway = await startTestGateway({ env: { GATEWAY_SECRET_KEY: former } });
  const { restart, settle, simulator } = gateway;
  const known = await startKnown(gateway);
  await restart({ GATEWAY_PREVIOUS_SECRET_KEYS: present });
  await expectKnown(gateway, known);
  await restart({ GATEWAY_SECRET_KEY: present, GATEWAY_PREVIOUS_SECRET_KEYS: former });
  await expectKnown(gateway, known);
  expect(await rotateKey(gateway)).toMatchObject({ phase: "done", previous_key_ids: [idOf(former)] });
  expect(Object.keys(await sealingKeys(gateway))).toEqual([idOf(present)]);
  await restart({ GATEWAY_SECRET_KEY: present });
  await expectKnown(gateway, known);
  expect(await rotateKey(gateway)).toMatchObject({ phase: "done", resealed: 0, previous_key_ids: [] });
  await settle();
  expect(simulator.ledger.rows).toBe(2);
  expect(await refusal(() => restart({ GATEWAY_SECRET_KEY: former }))).toContain("Give the key that was made then");
});

test("sealing again under keys of the environment can be broken off and repeated, and run twice at once", async () => {
  const [former, present] = [newKey(), newKey()];
  const gateway = await startTestGateway({ env: { GATEWAY_SECRET_KEY: former } });
  const known = await startKnown(gateway);
  await postRefused(gateway, known.webhook, 5000);
  const both = { GATEWAY_SECRET_KEY: present, GATEWAY_PREVIOUS_SECRET_KEYS: former };
  await gateway.restart(both);
  const keyId = await beginRotation(gateway);
  expect(await stepRotation(gateway, keyId)).toMatchObject({ phase: "resealing" });
  await gateway.restart();
  await expectKnown(gateway, known);
  const ends = await Promise.all([rotateKey(gateway), rotateKey(gateway)]);
  expect(ends.map(({ phase }) => phase)).toEqual(["done", "done"]);
  await gateway.restart({ GATEWAY_SECRET_KEY: present });
  await expectKnown(gateway, known);
});

test("a second change of the key leaves everything known too", async () => {
  const [first, second, third] = [newKey(), newKey(), newKey()];
  const gateway = await startTestGateway({ env: { GATEWAY_SECRET_KEY: first } });
  const known = await startKnown(gateway);
  for (const [former, present] of [
    [first, second],
    [second, third],
  ] as const) {
    await gateway.restart({ GATEWAY_SECRET_KEY: present, GATEWAY_PREVIOUS_SECRET_KEYS: former });
    expect(await rotateKey(gateway)).toMatchObject({ phase: "done" });
  }
  await gateway.restart({ GATEWAY_SECRET_KEY: third });
  expect(Object.keys(await sealingKeys(gateway))).toEqual([idOf(third)]);
  await expectKnown(gateway, known);
});

test("a backup from before the change starts with the former key beside the present one", async () => {
  const gateway = await startTestGateway({ store: "sqlite" });
  const { config, clock, advance, restart } = gateway;
  const known = await startKnown(gateway);
  const from = `${config.dataFolder}/backup.db`;
  backUpSqlite(databaseFile(config), from, clock.now());
  await copyFile(config.masterKeyFile, `${config.dataFolder}/copy.key`);
  await rotateKey(gateway);
  await gateway.gateway.close(0);
  advance(SECOND);
  restoreSqlite({ from, to: databaseFile(config), replace: true, now: clock.now() });
  expect(await refusal(restart)).toContain("is not the one this database was made with");
  const former = await readFile(`${config.dataFolder}/copy.key`, "utf8");
  await restart({ GATEWAY_PREVIOUS_SECRET_KEYS: former.trim() });
  await expectKnown(gateway, known);
  expect(await rotateKey(gateway)).toMatchObject({ phase: "done", previous_key_ids: [idOf(former)] });
  expect(Object.keys(await sealingKeys(gateway))).toEqual([idOf(await readFile(config.masterKeyFile, "utf8"))]);
  await gateway.settle();
});

test("nobody but the operator can change the key, and a key that is not the current one is left alone", async () => {
  const gateway = await startTestGateway();
  for (const path of [KEY_ROTATIONS, ROTATION_STEPS]) {
    expect((await gateway.manage("POST", path, { key_id: "AAAAAAAA" })).body.code).toBe("operator_only");
    expect((await gateway.request("POST", path, { body: { key_id: "AAAAAAAA" } })).body.code).toBe("unauthorized");
  }
  expect(await stepRotation(gateway, "AAAAAAAA")).toMatchObject({ phase: "superseded" });
});

test("refused rows that have expired do not hold a change up", async () => {
  const [former, present] = [newKey(), newKey()];
  const gateway = await startTestGateway({ env: { GATEWAY_SECRET_KEY: former } });
  const { webhook } = await startKnown(gateway);
  await postRefused(gateway, webhook, 300);
  gateway.advance(31 * DAY);
  await gateway.gateway.store.maintenance.purgeExpired(gateway.clock.now());
  await gateway.restart({ GATEWAY_SECRET_KEY: present, GATEWAY_PREVIOUS_SECRET_KEYS: former });
  expect(await rotateKey(gateway)).toMatchObject({ phase: "done", read: 1 });
  await gateway.settle();
});
