import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Conversion } from "../../../core/conversion/conversion.ts";
import type { Store } from "../../../core/store/store.ts";
import { describePostgres } from "../../setup/describe-postgres.ts";
import { sale, World } from "../store/world.ts";
import { type Gateways, openGateways } from "./gateways.ts";

const order = (purchaseId: string, change: Partial<Conversion> = {}) => sale(1, { purchaseId, ...change });

/** Several gateways plan on one database, of which one at a time may. */
describePostgres("several gateways that plan on one PostgreSQL", (server) => {
  let gateways: Gateways;
  let worlds: readonly [World, World];
  beforeEach(async () => {
    gateways = await openGateways(server(), 2);
    const [first, second] = gateways.stores.map((store) => new World(store)) as [World, World];
    await first.addSource();
    worlds = [first, second];
  });
  afterEach(() => gateways.close());

  const expireLease = () => gateways.sql`update gateway.leases set expires_at = 0`;
  const take = (store: Store, holder: string) => store.leases.take("housekeeping", holder, 60_000);
  /** What a gateway's planner does with all rows that it sees: null where it may not. */
  const placeAs = async (world: World, holder: string) => {
    const [first] = worlds;
    const rows = await world.store.planning.readNew(1000);
    const placements = rows.map((row) => first.intoFile(row));
    const limits = {
      maxRows: 1000,
      maxBytes: 1_000_000,
      maxLanes: 30,
      joinedForMs: 86_400_000,
      keysExpireAt: first.now,
    };
    return world.store.planning.place(placements, { ...limits, now: first.now, holder, newUuid: () => first.uuid() });
  };
  const sentTimes = async () => {
    const rows = await gateways.sql`select purchase_id, date_time - coalesce(sent_time, date_time) as back
      from gateway.conversions where upload_id is not null order by purchase_id`;
    return Object.fromEntries(rows.map(({ purchase_id, back }) => [purchase_id, back]));
  };

  test("of gateways that ask for a lease at once one gets it, and keeps it", async () => {
    const holders = Array.from({ length: 12 }, (_, i) => ({ store: gateways.stores[i % 2] as Store, name: `h${i}` }));
    const taken = await Promise.all(holders.map(({ store, name }) => take(store, name)));
    expect(taken.filter(Boolean)).toHaveLength(1);
    const again = await Promise.all(holders.map(({ store, name }) => take(store, name)));
    expect(again).toEqual(taken);
  });

  test("a lease that was given back or has run out is another's", async () => {
    const [a, b] = gateways.stores as [Store, Store];
    expect(await take(a, "a")).toBe(true);
    expect(await take(b, "b")).toBe(false);
    await b.leases.release("housekeeping", "b");
    expect(await take(b, "b")).toBe(false);
    await a.leases.release("housekeeping", "a");
    expect(await take(b, "b")).toBe(true);
    await expireLease();
    expect(await take(a, "a")).toBe(true);
    expect(await take(b, "b")).toBe(false);
  });

  test("a gateway that lost the lease while it stood still places nothing, and the other one places it all", async () => {
    const [a, b] = worlds;
    await a.receive([sale(1), sale(2)]);
    await take(a.store, "a");
    await expireLease();
    expect(await placeAs(a, "a")).toBeNull();
    await take(b.store, "b");
    expect(await placeAs(a, "a")).toBeNull();
    expect(await a.uploads()).toEqual([]);
    expect(await a.store.planning.readNew(10)).toHaveLength(2);
    expect(await placeAs(b, "b")).toEqual({ rows: 2, sharedSeconds: 0 });
    expect(await a.uploads()).toMatchObject([{ rows: 2 }]);
  });

  test("while a page is being placed nobody takes the lease, however long ago it ended", async () => {
    const [, b] = gateways.stores as [Store, Store];
    await take(b, "a");
    await expireLease();
    let taking: Promise<boolean> | undefined;
    await gateways.sql.begin(async (tx) => {
      // As placing does.
      await tx`select term from gateway.leases for share`;
      taking = take(b, "b");
      expect(await Promise.race([taking, Bun.sleep(50).then(() => "waits")])).toBe("waits");
    });
    expect(await taking).toBe(true);
  });

  test("what one gateway gave out while it had the lease, the other knows, and the first again after that", async () => {
    const [a, b] = worlds;
    await a.receive([order("a"), order("b")]);
    await take(a.store, "a");
    await placeAs(a, "a");
    await a.store.leases.release("housekeeping", "a");
    await a.receive([order("c")]);
    await take(b.store, "b");
    await placeAs(b, "b");
    await b.store.leases.release("housekeeping", "b");
    await a.receive([order("d")]);
    await take(a.store, "a");
    await placeAs(a, "a");
    expect(await sentTimes()).toEqual({ a: 0, b: 1, c: 2, d: 3 });
  });

  test("a second is free again once another gateway has taken its sale out of the file", async () => {
    const [a, b] = worlds;
    const { batchId } = await a.receive([order("a")]);
    await a.receive([order("b")]);
    await take(a.store, "a");
    await placeAs(a, "a");
    await b.store.withdrawals.cancel({ of: { batchId }, cursor: null, limit: 10, now: a.now });
    await a.receive([order("c")]);
    await placeAs(a, "a");
    expect(await sentTimes()).toEqual({ b: 1, c: 0 });
  });

  test("rows whose ids are lower than those placed last are found all the same", async () => {
    const [a, b] = worlds;
    // Each gateway has a block of ids of its own.
    await a.receive([sale(1)]);
    await b.commit(a.slice([sale(2)]));
    await take(a.store, "a");
    expect((await placeAs(a, "a"))?.rows).toBe(2);
    await a.receive([sale(3)]);
    await b.commit(a.slice([sale(4)]));
    await a.receive([sale(5)]);
    expect((await placeAs(a, "a"))?.rows).toBe(3);
    expect(await a.store.planning.readNew(10)).toEqual([]);
  });

  test("what is repeated and corrected while it is being placed is counted as if one had come after the other", async () => {
    const [a, b] = worlds;
    const sales = Array.from({ length: 300 }, (_, i) => sale(i));
    await a.receive(sales);
    const tellAgain = async () => {
      for (let i = 0; i < sales.length; i += 10) {
        const some = sales.slice(i, i + 10);
        await b.commit(a.slice(some.toReversed()));
        await b.commit(a.slice(some.filter((_, n) => n % 3 === 0).map((one) => ({ ...one, price: "7" }))));
      }
    };
    const placeAll = async () => {
      for (let rows = await a.store.planning.readNew(20); rows.length > 0; rows = await a.store.planning.readNew(20))
        await a.placeRows(rows);
    };
    // The end of the list is told again first, while the planner begins at its start.
    await Promise.all([placeAll(), tellAgain(), tellAgain()]);
    await a.place();
    expect([...(await gateways.sql`select id from gateway.conversions where upload_id is null`)]).toEqual([]);
    // Each repeat stands in the file of the revision that it repeats.
    const strays =
      await gateways.sql`select d.batch_id, d.row from gateway.duplicates d join gateway.conversions c on c.id = d.conversion_id
      left join gateway.conversion_revisions r on r.conversion_id = d.conversion_id and r.revision = d.revision
      where d.upload_id is distinct from coalesce(r.upload_id, c.upload_id)`;
    expect([...strays]).toEqual([]);
    const counted = await gateways.sql`select upload_id, sum(rows) as rows, sum(duplicates) as duplicates
      from gateway.batch_uploads group by 1 order by 1`;
    const standing = await gateways.sql`select u.id as upload_id,
        (select count(*) from gateway.conversions c where c.upload_id = u.id)
        + (select count(*) from gateway.conversion_revisions r where r.upload_id = u.id) as rows,
        (select count(*) from gateway.duplicates d where d.upload_id = u.id) as duplicates,
        (select sum(rows) from gateway.upload_groups g where g.upload_id = u.id) - u.rows as difference
      from gateway.uploads u order by 1`;
    expect([...standing]).toEqual([...counted].map((entry) => ({ ...entry, difference: 0 })));
    expect((await a.uploads()).reduce((sum, { rows }) => sum + rows, 0)).toBe(sales.length);
  }, 60_000);
});
