import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import postgres from "postgres";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { CopyDamagedError, RefusedError } from "../../core/store/database-errors.ts";
import { type MoveProgress, moveToPostgres } from "../../core/store/move/move.ts";
import { movedTables } from "../../core/store/move/tables.ts";
import { openPostgres } from "../../core/store/postgres/open.ts";
import { resumeRestoredPostgres } from "../../core/store/postgres/resume-restored.ts";
import { openSqlite } from "../../core/store/sqlite/open.ts";
import { restoreSqlite } from "../../core/store/sqlite/restore.ts";
import customWebhook from "../../plugins/custom-webhook/index.ts";
import webhookOffline from "../../plugins/webhook-offline/index.ts";
import { begin, connectByProgram, seedAccounts } from "../setup/accounts.ts";
import { describePostgres } from "../setup/describe-postgres.ts";
import { databaseFile, MINUTE, SECOND, START, sale, startTestGateway, type TestGateway } from "../setup/gateway.ts";
import { anna } from "../setup/identity.ts";
import { pollingPlugin } from "../setup/polling-plugin.ts";
import { createTeller, tellingPlugin } from "../setup/telling-plugin.ts";

setDefaultTimeout(60_000);

const silence: MoveProgress = { begin() {}, advance() {}, end() {} };

/** A move of the gateway's database, which stops the gateway first. */
async function move({ gateway, config, clock }: TestGateway, to: string, progress: MoveProgress = silence) {
  await gateway.close(0);
  return moveToPostgres({
    ...{ from: databaseFile(config), to, now: clock.now(), progress },
    approve: async () => {},
  });
}

/** Breaks a move off behind the first whole page, which is one of conversions. */
function breakingOff(): MoveProgress {
  return {
    ...silence,
    advance(rows) {
      if (rows === 5000) throw new Error("The connection is gone");
    },
  };
}

/** A gateway of which every table but those of rare cases holds something, in every state of a file that rests. */
async function startFull(): Promise<TestGateway> {
  const gateway = await startTestGateway({
    ...{ store: "sqlite", env: { SIGN_UP: "open" }, seed: seedAccounts },
    plugins: [
      webhookOffline,
      customWebhook,
      tellingPlugin,
      pollingPlugin((source) => source.emit([sale(9)]).then(() => [])),
    ],
  });
  const { createWebhook, manage, post, settle, work, advance, simulator } = gateway;
  await signUp(gateway);
  await connectAccount(gateway);
  const webhook = await createWebhook({ description: 'A "quoted" name, with \\ and a line\nbreak' });
  const once = await createWebhook({ name: "По покупкам", dedupe_by: "purchase" });
  await post(webhook, [sale(0), sale(0), sale(1), { target: "purchase" }], { key: "first" });
  await post(once, [sale(2, { purchase_id: "Заказ-1 ✓" })]);
  simulator.faults.add({ match: { operation: "upload" }, fault: { kind: "status", status: 400 } });
  await post(webhook, [sale(3, { target: "lead" })]);
  await settle();
  await manage("POST", "/v1/replays", { reason: "failed" });
  await post(webhook, [sale(1, { price: 0 }), sale(4, { target: "unknown_goal" })]);
  await settle();
  for (let i = 0; i < 2; i++) {
    const many = Array.from({ length: 4000 }, (_, n) => sale(5, { client_id: `${1_700_000_000 + i * 4000 + n}` }));
    expect((await post(webhook, many)).status).toBe(202);
  }
  await work();
  advance(MINUTE);
  await post(webhook, [sale(6), sale(6, { purchase_id: "of the same second" })]);
  await tellDeals(gateway);
  await keepRequests(gateway);
  return gateway;
}

/** A CRM's deals: one for another counter, one whose buyer is known by a contact alone. */
async function tellDeals(gateway: TestGateway): Promise<void> {
  const { tell } = await createTeller(gateway, { counters: [99], matchByContact: "md5", dedupeBy: "purchase" });
  await tell({ facts: [sale(7)], keys: ["deal:1"], counterId: 99 });
  const contacts = [{ phones: ["+7 999 555-11-11"], emails: [] }];
  await tell({ facts: [sale(7, { client_id: undefined })], keys: ["deal:2"], contacts });
}

/** A CRM whose requests are kept, one of them handled, and what else is kept of sources. */
async function keepRequests({ manage, request, work, gateway }: TestGateway): Promise<void> {
  const config = { mapping: { by: "expression", expression: "body" } };
  const source = { plugin: "custom-webhook", name: "Shop", counter_id: demo.counterId, token: demo.token, config };
  const { body } = await manage("POST", "/v1/sources", source);
  const sent = { headers: { "x-webhook-secret": body.secret }, body: sale(8) };
  await request("POST", `/sources/custom-webhook/${body.source_id}`, sent);
  await work();
  const polling = { plugin: "polling", name: "Shop", counter_id: demo.counterId, token: demo.token, config: {} };
  const polled = await manage("POST", "/v1/sources", polling);
  await manage("POST", `/v1/sources/${polled.body.source_id}/runs`, {});
  await work();
  const { store } = gateway;
  const record = await store.sources.findByUuid(String(body.source_id));
  await store.sourceState.set(record?.id ?? 0, "cursor", "sealed", Date.parse(START));
}

/** Somebody who is signed in, mistyped once, was given a recovery link, and may come into the first workspace. */
async function signUp({ request, gateway }: TestGateway): Promise<void> {
  const operator = { headers: { authorization: `Bearer ${gateway.operatorToken}` } };
  await request("POST", "/auth/v1/signup", { body: anna });
  await request("POST", "/auth/v1/token?grant_type=password", { body: { ...anna, password: "a mistyped password" } });
  const [user] = (await request("GET", "/v1/users", operator)).body.data;
  await request("POST", `/v1/users/${user?.user_id}/recovery-links`, operator);
  await request("POST", "/v1/invitations", { ...operator, body: { email: anna.email, role: "editor" } });
}

/** An account that is connected, and another connection under way. */
async function connectAccount(gateway: TestGateway): Promise<void> {
  const { clientId: client_id, clientSecret: client_secret } = demo.application;
  await gateway.manage("PUT", "/v1/oauth-application", { client_id, client_secret });
  const { status, body } = await connectByProgram(gateway);
  expect(status).toBe(200);
  const attached = { account_id: body.account_id, counter_id: demo.counterId };
  expect((await gateway.manage("POST", "/v1/counters", attached)).status).toBe(201);
  await begin(gateway);
}

/** All rows of a table on both sides, as texts in one order, JSON with its keys in order. */
async function bothSides(file: string, url: string, { name, columns, json }: (typeof movedTables)[number]) {
  const text = (row: Record<string, unknown>, parse: boolean) =>
    columns
      .map((column) => {
        const value = row[column];
        if (!json.has(column) || value === null) return String(value);
        const members = Object.entries((parse ? JSON.parse(String(value)) : value) as object);
        return members.map(([key, member]) => `${key}=${JSON.stringify(member)}`).sort();
      })
      .join("|");
  const sqlite = new Database(file, { readonly: true });
  const here = sqlite.query<Record<string, unknown>, []>(`select * from ${name}`).all();
  sqlite.close();
  const sql = postgres(url, { max: 1 });
  const there = await sql.unsafe(`select * from gateway.${name}`);
  await sql.end();
  return {
    here: here.map((row) => text(row, true)).sort(),
    there: there.map((row) => text(row, false)).sort(),
  };
}

describePostgres("move", (server) => {
  test("every row of every table stands in PostgreSQL afterwards, and new ids come behind the old", async () => {
    const gateway = await startFull();
    const to = await server().createDatabase();
    const file = databaseFile(gateway.config);

    const { tables, wasDone } = await move(gateway, to);

    expect(wasDone).toBe(false);
    const empty: string[] = [];
    for (const table of movedTables) {
      const { here, there } = await bothSides(file, to, table);
      expect({ table: table.name, rows: there }).toEqual({ table: table.name, rows: here });
      expect(tables).toContainEqual({ name: table.name, rows: here.length });
      if (here.length === 0) empty.push(table.name);
    }
    expect(empty).toEqual([]);
    const { driver, close } = await openPostgres(to);
    const [next] = await driver.sql`select
      (select nextval('gateway.conversion_ids') > max(id) from gateway.conversions) as conversion,
      (select nextval('gateway.batch_ids') > max(id) from gateway.batches) as batch,
      (select nextval(pg_get_serial_sequence('gateway.uploads', 'id')) > max(id) from gateway.uploads) as upload,
      (select jsonb_typeof(options) from gateway.sources limit 1) as options`;
    await close();
    expect(next).toEqual({ conversion: true, batch: true, upload: true, options: "object" });
  });

  test("broken off, a move goes on where it was; until it has ended no gateway starts on PostgreSQL", async () => {
    const gateway = await startFull();
    const to = await server().createDatabase();
    await expect(move(gateway, to, breakingOff())).rejects.toThrow("The connection is gone");
    await expect(openPostgres(to)).rejects.toThrow("is unfinished");

    let before = 0;
    const resumed = await move(gateway, to, {
      ...silence,
      begin: (part, done) => {
        if (part === "moving") before = done;
      },
    });

    expect(before).toBeGreaterThanOrEqual(5000);
    expect(resumed.tables.find(({ name }) => name === "conversions")?.rows).toBeGreaterThan(8000);
    await (await openPostgres(to)).close();
  });

  test("what differs at the end is named, PostgreSQL stays closed and SQLite open", async () => {
    const gateway = await startFull();
    const to = await server().createDatabase();
    await expect(move(gateway, to, breakingOff())).rejects.toThrow("The connection is gone");
    const sql = postgres(to, { max: 1 });
    await sql`update gateway.conversions set price = '1' where id = (select min(id) from gateway.conversions)`;
    await sql.end();

    const failed = await move(gateway, to).catch((error: unknown) => error);

    expect(failed).toBeInstanceOf(CopyDamagedError);
    expect((failed as Error).message).toContain("conversions (SQLite: ");
    await expect(openPostgres(to)).rejects.toThrow("is unfinished");
    await gateway.restart();
    expect(await gateway.gateway.store.uploads.countByState()).toMatchObject({ completed: expect.any(Number) });
  });

  test("a database that was moved takes no gateway any more, unless its copy is restored; a move that was done is done", async () => {
    const gateway = await startTestGateway({ store: "sqlite" });
    await gateway.createWebhook();
    const to = await server().createDatabase();
    await move(gateway, to);

    await expect(gateway.restart()).rejects.toThrow("was moved to PostgreSQL at");
    await expect(move(gateway, to)).rejects.toThrow("was moved to PostgreSQL at");

    const back = `${gateway.config.dataFolder}/back.db`;
    restoreSqlite({ from: databaseFile(gateway.config), to: back, replace: false, now: gateway.clock.now() });
    openSqlite(back).close();

    const sqlite = new Database(databaseFile(gateway.config));
    sqlite.exec("delete from watermarks where name = 'moved_to_postgres_at'");
    sqlite.close();
    expect(await move(gateway, to)).toMatchObject({ wasDone: true });
  });

  test("after pg_restore files that may have been sent are looked up, filling ones have new ids, and ids go on far behind", async () => {
    const gateway = await startTestGateway({ store: "sqlite" });
    const { createWebhook, post, settle, work, simulator } = gateway;
    const [webhook, held] = [await createWebhook(), await createWebhook({ uncertain_policy: "hold" })];
    await post(webhook, [sale(9)]);
    await settle();
    simulator.faults.add({ match: { operation: "upload" }, fault: { kind: "unreachable" } });
    await post(webhook, [sale(0)]);
    await work();
    gateway.advance(6 * MINUTE);
    await work();
    await post(webhook, [sale(1)]);
    await post(held, [sale(2)]);
    await work();
    const to = await server().createDatabase();
    await move(gateway, to);
    const { driver, close } = await openPostgres(to);
    const read = () => driver.sql`select id, uuid, state, uncertain_policy as policy from gateway.uploads order by id`;
    const before = await read();
    expect(before.map(({ state, policy }) => `${state} ${policy}`)).toEqual([
      ...["completed resend", "planned resend", "filling resend", "filling hold"],
    ]);

    const resumed = await resumeRestoredPostgres(driver, gateway.clock.now());

    const after = await read();
    const [ids] = await driver.sql`select nextval('gateway.batch_ids') - max(id) as gap from gateway.batches`;
    await close();
    expect(resumed).toEqual({ lookedUp: 2, renamed: 1 });
    expect(after.map(({ state }) => state)).toEqual(["completed", "uncertain", "filling", "uncertain"]);
    expect(after.filter(({ uuid }, i) => uuid !== before[i]?.uuid).map(({ state }) => state)).toEqual(["filling"]);
    expect(Number(ids?.gap)).toBeGreaterThan(99_999_999_999);
  });

  test("a target with another installation in it, whole or half, is refused and keeps what it has", async () => {
    const [first, second] = [await startTestGateway({ store: "sqlite" }), await startTestGateway({ store: "sqlite" })];
    await first.createWebhook();
    await second.createWebhook();
    const to = await server().createDatabase();
    await expect(
      move(first, to, {
        ...silence,
        advance() {
          throw new Error("The connection is gone");
        },
      }),
    ).rejects.toThrow("The connection is gone");

    await expect(move(second, to)).rejects.toThrow("A move of another installation");
    await move(first, to);
    const refused = await move(second, to).catch((error: unknown) => error);

    expect(refused).toBeInstanceOf(RefusedError);
    expect((refused as Error).message).toContain("drop schema gateway cascade");
    second.advance(SECOND);
    await second.restart();
  });
});
