import { expect, test } from "bun:test";
import type { Gateway } from "../../gateway/gateway.ts";
import { configureLogging } from "../../gateway/logging.ts";
import { type Answer, SECOND, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";
import { differenceOf, whole } from "../setup/ledger.ts";
import { until } from "../setup/process.ts";

/** What SQLite says when the disk is full or fails, or when another program holds the file for too long. */
const faults = ["SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_READ", "SQLITE_BUSY", "SQLITE_CANTOPEN"] as const;
/** How long after the return of the database the gateway may need. */
const RECOVERY_MS = 5000;

/** Only bun:sqlite itself can make a SQLiteError; it knows one by its name. */
const sqliteError = (code: string): Error =>
  Object.assign(new Error(`${code} on demand`), { name: "SQLiteError", code });

/** Puts a failing method in place of some of a port's own; they are looked up anew with each call. */
function fail(port: object, methods: readonly string[], code: string): () => void {
  const kept = { ...port };
  const failing = async () => {
    throw sqliteError(code);
  };
  for (const name of methods) Object.assign(port, { [name]: failing });
  return () => void Object.assign(port, kept);
}

/** The database answers nothing any more, until what is returned is called. */
function loseDatabase({ store }: Gateway, code: string): () => void {
  const { apiKeys, credentials, sources, intake, batches, planning, uploads, goals, maintenance } = store;
  const ports = [apiKeys, credentials, sources, intake, batches, planning, uploads, goals, maintenance];
  const returns = ports.map((port) => fail(port, Object.keys(port), code));
  return () => {
    for (const bringBack of returns) bringBack();
  };
}

/** What the gateway logs from now on: warnings and errors, one object each. */
function loggedBy({ clock }: TestGateway): readonly Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  configureLogging({
    level: "warning",
    format: "json",
    write: (line) => lines.push(JSON.parse(line)),
    clock: clock.now,
  });
  return lines;
}

const seen = ({ status, body, headers }: Answer) => [status, body.code, headers.get("retry-after")];
const REFUSED = [503, "storage_unavailable", "2"];

for (const code of faults) {
  test(`while the database answers ${code} senders are told to come back, and five seconds after its return all is well`, async () => {
    const rig = await startTestGateway({ env: { UPLOAD_LINGER_SECONDS: "0" } });
    const webhook = await rig.createWebhook();
    const unknown = await rig.createWebhook();
    const lines = loggedBy(rig);
    const told: object[] = [sale(0)];
    const { body } = await rig.post(webhook, told);
    rig.gateway.worker.start();
    await until("the first sale is at Metrika", () => rig.simulator.ledger.total === 1 || null);
    expect((await rig.post(webhook, [sale(1)])).status).toBe(202);
    told.push(sale(1));

    const bringBack = loseDatabase(rig.gateway, code);
    const later = [sale(2), sale(3), sale(4)];
    const answers = [
      await rig.post(webhook, [sale(2)]),
      await rig.post(webhook, [sale(3)], { key: "one-key" }),
      await rig.post(unknown, [sale(4)]),
      await rig.post(webhook, [sale(2)], { mode: "dry_run" }),
      await rig.request("GET", "/readyz"),
      await rig.request("GET", `${webhook.path}/status?batch_id=${body.batch_id}`, {
        headers: { "x-webhook-secret": webhook.secret },
      }),
      await rig.manage("GET", `/v1/webhooks/${webhook.id}`),
    ];
    expect(answers.map(seen)).toEqual(answers.map(() => REFUSED));
    await until(
      "delivery has met the fault",
      () => lines.some(({ category }) => /delivery/.test(String(category))) || null,
    );
    for (let i = 0; i < 30; i++) expect(seen(await rig.post(webhook, later))).toEqual(REFUSED);

    bringBack();
    expect((await rig.post(webhook, later)).body).toMatchObject({ accepted_count: 3, duplicate_count: 0 });
    told.push(...later);
    await until("everything is at Metrika", () => rig.simulator.ledger.total === 5 || null, RECOVERY_MS);
    await rig.gateway.worker.stop(SECOND);
    configureLogging({ level: "fatal", write: () => {} });

    expect(differenceOf(rig.simulator, told)).toEqual(whole);
    // The clock has stood still: each cause was told once, by intake and by delivery.
    const causes = lines.map(({ category, message }) => `${category} ${String(message).replace(/Request \S+/, "")}`);
    expect(new Set(causes).size).toBe(causes.length);
    expect(causes.filter((cause) => cause.startsWith("metrika-gateway.http"))).toHaveLength(1);
    expect(causes.filter((cause) => !cause.includes(code))).toEqual([]);
  });
}

test("a failing database is told of once a second, however many senders meet it", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  const lines = loggedBy(rig);
  const bringBack = fail(rig.gateway.store.intake, ["commit"], "SQLITE_FULL");
  for (let tenth = 0; tenth < 100; tenth++) {
    expect(seen(await rig.post(webhook, [sale(0)]))).toEqual(REFUSED);
    rig.advance(SECOND / 10);
  }
  bringBack();
  configureLogging({ level: "fatal", write: () => {} });
  const told = lines.filter(({ message }) => String(message).includes("SQLITE_FULL"));
  expect(told.length).toBeGreaterThanOrEqual(9);
  expect(told.length).toBeLessThanOrEqual(10);
});

test("a large request that met the fault in its middle leaves nothing behind, and is taken whole when it comes again", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  const large = Array.from({ length: 4200 }, (_, n) => sale(0, { client_id: String(1_764_000_000_000 + n) }));
  const { intake } = rig.gateway.store;
  const { commit } = intake;
  let commits = 0;
  const bringBack = fail(intake, ["discard"], "SQLITE_FULL");
  Object.assign(intake, {
    commit: async (...group: Parameters<typeof commit>) => {
      if (++commits === 2) throw sqliteError("SQLITE_FULL");
      return commit(...group);
    },
  });
  expect(seen(await rig.post(webhook, large))).toEqual(REFUSED);
  // The first part stands there still, since it could not be taken away; nobody may see or send it.
  expect(await rig.sql("select id from conversions")).toHaveLength(2000);
  await rig.work();
  expect(rig.simulator.ledger.total).toBe(0);
  bringBack();

  expect((await rig.post(webhook, large)).body).toMatchObject({ accepted_count: 4200, duplicate_count: 0 });
  await rig.settle();
  expect(differenceOf(rig.simulator, large)).toEqual(whole);
  expect(await rig.sql("select id from batches")).toHaveLength(1);
});

test("what others told while a large request was cut off does not wait for the next sender to come", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  const large = Array.from({ length: 4200 }, (_, n) => sale(0, { client_id: String(1_764_000_000_000 + n) }));
  const { intake } = rig.gateway.store;
  const { commit } = intake;
  const bringBack = fail(intake, ["discard"], "SQLITE_FULL");
  Object.assign(intake, {
    commit: async (...[group]: Parameters<typeof commit>) => {
      if (group.some(({ batchId }) => batchId !== null)) throw sqliteError("SQLITE_FULL");
      return commit(group);
    },
  });
  const cutOff = rig.post(webhook, large);
  await until("its first part is written", async () => (await rig.sql("select id from batches")).length === 1 || null);
  expect((await rig.post(webhook, [sale(1)])).status).toBe(202);
  expect(seen(await cutOff)).toEqual(REFUSED);

  bringBack();
  rig.gateway.worker.start();
  await until("the small one is at Metrika", () => rig.simulator.ledger.total === 1 || null, RECOVERY_MS);
  await rig.gateway.worker.stop(SECOND);
  expect(differenceOf(rig.simulator, [sale(1)])).toEqual(whole);
});

test("a deletion with discard that broke off can be asked for again, and nothing is sent", async () => {
  const rig = await startTestGateway();
  const webhook = await rig.createWebhook();
  await rig.post(webhook, [sale(0)]);
  const bringBack = fail(rig.gateway.store.withdrawals, ["cancel"], "SQLITE_FULL");
  const remove = () => rig.manage("DELETE", `/v1/webhooks/${webhook.id}?discard=true`);
  expect((await remove()).status).toBe(503);
  bringBack();
  expect((await remove()).status).toBe(204);
  await rig.settle();
  expect(rig.simulator.ledger.total).toBe(0);
});
