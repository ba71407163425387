import { afterEach, beforeEach, expect, test } from "bun:test";
import { createAccept, IdempotencyKeyReusedError } from "../../../core/intake/accept.ts";
import { createCommitter } from "../../../core/intake/committer.ts";
import { createHalfWritten } from "../../../core/intake/half-written.ts";
import { createKnownTargets } from "../../../core/intake/known-targets.ts";
import type { SliceResult, Store } from "../../../core/store/store.ts";
import { createVault } from "../../../core/vault/vault.ts";
import { describePostgres } from "../../setup/describe-postgres.ts";
import { until } from "../../setup/process.ts";
import { DAY, LINGER_MS, SOLD_AT, START, sale, World } from "../store/world.ts";
import { type Gateways, openGateways } from "./gateways.ts";

const dearer = sale(1, { price: "200" });

describePostgres("the intake of gateways that share a PostgreSQL", (server) => {
  let gateways: Gateways;
  /** The first gateway's. */
  let world: World;
  beforeEach(async () => {
    gateways = await openGateways(server(), 3);
    world = new World(gateways.stores[0]!);
    await world.addSource();
  });
  afterEach(() => gateways.close());

  const storeOf = (nth: number): Store => gateways.stores[nth % 3]!;
  const commit = async (nth: number, slice: Parameters<Store["intake"]["commit"]>[0][number]) => {
    const [result] = await storeOf(nth).intake.commit([slice]);
    return result as SliceResult;
  };
  const count = async (table: string) => {
    const [row] = await gateways.sql.unsafe(`select count(*) as n from gateway.${table}`);
    return Number(row?.n);
  };

  test("of two hundred tellings of one fact at the same instant one is new, and all name it", async () => {
    const results = await Promise.all(Array.from({ length: 200 }, (_, n) => commit(n, world.slice([sale(1)]))));
    const firsts = results.filter(({ accepted }) => accepted === 1);
    expect(firsts).toHaveLength(1);
    const [row] = await world.rowsOf(firsts[0]!.batchId);
    const repeats = results.flatMap(({ duplicates }) => duplicates);
    expect(repeats).toHaveLength(199);
    expect(new Set(repeats.map((d) => d.conversionId))).toEqual(new Set([row!.conversionId!]));
    expect(await count("conversions")).toBe(1);
    expect(await world.place()).toBe(1);
    const [upload] = await world.uploads();
    for (const { batchId } of results)
      expect(await world.store.batches.uploadsOf(batchId)).toMatchObject([{ uuid: upload!.uuid }]);
  });

  test("groups that tell the same facts in opposite order are all written, each fact once", async () => {
    const sales = Array.from({ length: 400 }, (_, visitor) => sale(visitor));
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, n) => commit(n, world.slice(n % 2 === 0 ? sales : sales.toReversed()))),
    );
    expect(results.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(400);
    expect(await count("conversions")).toBe(400);
    expect(await count("duplicates")).toBe(11 * 400);
  });

  test("a purchase that gateways tell at once, each at another time, is one fact", async () => {
    const options = { ...world.source.options, dedupeBy: "purchase" } as const;
    const crm = await world.addSource({ options, counterId: 7 });
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, n) => {
        const told = [`deal ${n % 3}`, `deal ${(n + 1) % 3}`].map((purchaseId) =>
          sale(1, { purchaseId, dateTime: SOLD_AT - n }),
        );
        return commit(n, world.slice(told, { source: crm }));
      }),
    );
    expect(await count("conversions")).toBe(3);
    expect(results.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(3);
    expect(await gateways.sql`select conversion_id from gateway.source_keys order by 1`).toMatchObject(
      await gateways.sql`select id as conversion_id from gateway.conversions order by 1`,
    );
  });

  test("corrections that gateways tell at once are revisions one after the other, and the last one stands", async () => {
    const first = await world.receive([sale(1)]);
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, n) => commit(n, world.slice([sale(1, { price: String(1000 + n) })]))),
    );
    expect(results.every(({ accepted }) => accepted === 1)).toBe(true);
    const [fact] = await gateways.sql`select revision, price, batch_id from gateway.conversions`;
    expect(fact?.revision).toBe(20);
    const revisions = await gateways.sql`select revision, batch_id from gateway.conversion_revisions order by revision`;
    expect(revisions.map((r) => Number(r.revision))).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(new Set([...revisions.map((r) => Number(r.batch_id)), Number(fact?.batch_id)])).toEqual(
      new Set([first, ...results].map(({ batchId }) => batchId)),
    );
    const upload = await world.deliverTo("completed");
    expect(await world.linesOf(upload)).toEqual([`1: ${fact?.price}`]);
    for (const { batchId } of [first, ...results]) expect(await world.batch(batchId)).toMatchObject({ processed: 1 });
  });

  test("repeats and corrections that come in beside the planner all reach the file of their fact, or the next one", async () => {
    const visitors = Array.from({ length: 40 }, (_, visitor) => visitor);
    const batches = [await world.receive(visitors.map((visitor) => sale(visitor)))];
    const telling = async (nth: number) => {
      for (let round = 0; round < 6; round++) {
        const price = nth === 0 ? "100" : String(100 + round);
        batches.push(await commit(nth, world.slice(visitors.map((visitor) => sale(visitor, { price })))));
      }
    };
    const planning = async () => {
      for (let round = 0; round < 6; round++) {
        await world.place();
        world.now += LINGER_MS;
        await world.seal();
      }
    };
    await Promise.all([telling(0), telling(1), telling(2), planning()]);
    for (let round = 0; round < 8; round++) {
      for (const upload of await world.uploads())
        if (upload.state === "planned") await world.advance(upload, "completed");
      await world.place();
      world.now += LINGER_MS;
      await world.seal();
    }
    for (const { batchId } of batches) {
      const { status, total, processed } = await world.batch(batchId);
      expect({ status, processed }).toEqual({ status: "completed", processed: total });
    }
    expect(await gateways.sql`select * from gateway.duplicates where upload_id is null`).toHaveLength(0);
    const sums =
      await gateways.sql`select u.rows, (select sum(rows) from gateway.upload_groups g where g.upload_id = u.id) as groups
      from gateway.uploads u`;
    for (const { rows, groups } of sums) expect(groups).toBe(rows);
  });

  test("a file is not sealed while a correction enters it", async () => {
    await world.receive([sale(1)]);
    await world.place();
    world.now += LINGER_MS;
    const [correcting, sealing] = await gateways.sql.begin(async (tx) => {
      // The correction has been decided and cannot end: it has yet to write its batch.
      await tx`lock table gateway.batches in share mode`;
      const correcting = commit(1, world.slice([dearer]));
      await until("the correction waits", async () => {
        const [waiting] = await tx`select count(*) as n from pg_stat_activity
          where wait_event_type = 'Lock' and datname = current_database()`;
        return Number(waiting?.n) > 0;
      });
      const sealing = world.seal();
      expect(await Promise.race([sealing, Bun.sleep(100)])).toBeUndefined();
      return [correcting.then(() => "corrected"), sealing];
    });
    expect([await correcting, await sealing]).toEqual(["corrected", 1]);
    const [upload] = await world.uploads();
    expect(await world.linesOf(upload!)).toEqual(["1: 200"]);
  });

  test("half of a batch is never left when it is taken away while its next part is written", async () => {
    for (let round = 0; round < 10; round++) {
      const { batchId } = await world.begin([sale(round)], { received: 2 });
      const part = { ...world.slice([sale(1000 + round)], { received: 2 }, 1), batchId };
      const [written] = await Promise.allSettled([commit(0, part), storeOf(1).intake.discard(batchId)]);
      const found = await world.store.batches.get(batchId);
      if (written!.status === "fulfilled") expect(found).toMatchObject({ total: 2 });
      else expect(found).toBeNull();
    }
    const orphans = await gateways.sql`select c.id from gateway.conversions c
      where not exists (select from gateway.batches b where b.id = c.batch_id)`;
    expect(orphans).toHaveLength(0);
  });

  test("an idempotency key that gateways are given at once has one batch, and each sender gets its answer", async () => {
    const doors = gateways.stores.map((store) => {
      const deps = {
        store,
        committer: createCommitter(store.intake, 1_000_000, () => {}),
        vault: createVault(new Uint8Array(32)),
        targets: createKnownTargets(store.goals, () => START),
        halfWritten: createHalfWritten(store.intake),
        now: () => START,
        newUuid: () => crypto.randomUUID(),
        rejectedKeptMs: DAY,
      };
      return createAccept(deps);
    });
    const body = (rows: number) =>
      Array.from({ length: rows }, (_, n) => ({
        ...{
          client_id: String(n + 1),
          target: "purchase",
          date_time: new Date(SOLD_AT * 1000).toISOString(),
          price: 100,
        },
      }));
    for (const [key, rows] of [
      ["small", 3],
      ["large", 4500],
    ] as const) {
      const options = { mode: "normal", idempotency: { key, bodyHash: `hash of ${key}` } } as const;
      const receipts = await Promise.all(doors.map((accept) => accept(world.source, body(rows), options)));
      expect(new Set(receipts.map(({ batchUuid }) => batchUuid)).size).toBe(1);
      expect(receipts.filter(({ repeated }) => !repeated)).toHaveLength(1);
      const other = { ...options, idempotency: { key, bodyHash: "another" } };
      await expect(doors[1]!(world.source, body(rows), other)).rejects.toThrow(IdempotencyKeyReusedError);
    }
    expect(await count("batches")).toBe(2);
    expect(await count("conversions")).toBe(4500);
    expect(await gateways.sql`select id from gateway.batches where sealed = 0`).toHaveLength(0);
  });

  test("ids and batches of gateways never meet", async () => {
    const sales = (from: number) => Array.from({ length: 50 }, (_, n) => sale(from + n));
    const results = await Promise.all(Array.from({ length: 60 }, (_, n) => commit(n, world.slice(sales(1000 * n)))));
    expect(new Set(results.map(({ batchId }) => batchId)).size).toBe(60);
    const [ids] = await gateways.sql`select count(*) as rows, count(distinct id) as ids from gateway.conversions`;
    expect(ids).toMatchObject({ rows: 3000, ids: 3000 });
    for (const { batchId } of results) expect(await world.rowsOf(batchId)).toHaveLength(50);
  });

  test("a statement that nobody waits for and that fails takes its whole transaction with it", async () => {
    const purchaseTwice = world.slice([sale(1), dearer], { rejected: [] });
    const rejected = { row: 0, code: "no_identifier", field: "client_id", sealed: null };
    const again = world.slice([sale(1)], { rejected: [rejected, rejected] });
    await expect(storeOf(1).intake.commit([purchaseTwice, again])).rejects.toThrow();
    for (const table of ["batches", "conversions", "conversion_revisions", "duplicates", "rejected_rows"])
      expect(await count(table)).toBe(0);
  });
});
