import { afterEach, beforeEach, expect, test } from "bun:test";
import { describePostgres } from "../../../tests/setup/describe-postgres.ts";
import type { MaintenanceStore } from "../store.ts";
import { createMaintenance } from "./maintenance.ts";
import { type OpenPostgres, openPostgres } from "./open.ts";
import { tableOf, WEEK, weeksOf } from "./partitions.ts";

const DAY = 86_400_000;
const RETENTION = 45 * DAY;

describePostgres("House-keeping on PostgreSQL", (postgres) => {
  let opened: OpenPostgres;
  let keep: MaintenanceStore;
  let now: number;
  let url: string;
  beforeEach(async () => {
    url = await postgres().createDatabase();
    opened = await openPostgres(url, 4);
    keep = createMaintenance(opened.driver);
    now = opened.shared.now();
  });
  afterEach(async () => {
    await opened.close();
    await postgres().dropDatabase(url);
  });

  const ask = (text: string) => opened.driver.sql.unsafe(text);
  const weekOf = (daysAgo: number) => Math.floor((now - daysAgo * DAY) / 1000 / WEEK) * WEEK;
  const dayOf = (daysAgo: number) => Math.floor((now - daysAgo * DAY) / 1000);
  const idsLeft = async () => (await ask("select id from gateway.conversions order by id")).map(({ id }) => Number(id));

  /** A file that was settled at once, or still is on its way. */
  async function upload(id: number, state: "completed" | "failed" | "processing"): Promise<void> {
    const settled = state === "processing" ? "null" : now - 30 * DAY;
    await ask(`insert into gateway.uploads (id, uuid, workspace_id, counter_id, credential_id, currency, state, ripe_at, not_before, next_attempt_at, created_at, settled_at, updated_at)
      values (${id}, 'upload ${id}', 1, 100, 1, 'RUB', '${state}', 0, 0, 0, 0, ${settled}, 0)`);
  }

  interface Place {
    readonly upload?: number;
    readonly setAside?: string;
    /** When it arrived; else on the day on which it happened. */
    readonly arrived?: number;
  }

  /** A fact in a batch of its own. */
  async function fact(id: number, daysAgo: number, { upload, setAside, arrived = daysAgo }: Place): Promise<void> {
    await ask(`insert into gateway.batches (id, source_id, received, duplicates, rejected, sealed, first_conversion_id, last_conversion_id, created_at, updated_at)
      values (${id}, 1, 1, 0, 0, 1, ${id}, ${id}, ${now - arrived * DAY}, 0);
      insert into gateway.conversions (id, batch_id, row, source_id, workspace_id, counter_id, date_time, target, client_id, upload_id, set_aside)
      values (${id}, ${id}, 0, 1, 1, 100, ${dayOf(daysAgo)}, 'purchase', '${id}', ${upload ?? "null"}, ${setAside ? `'${setAside}'` : "null"});
      insert into gateway.source_keys (key_hash, conversion_id, expires_at) values ('key ${id}', ${id}, ${now + DAY})`);
  }

  const keysLeft = async () =>
    (await ask("select conversion_id as id, upload_id from gateway.source_keys order by 1")).map(
      ({ id, upload_id }) => ({ id, upload_id }),
    );

  test("weeks whose facts all are settled and old go whole, and what Metrika counted stays known by its key", async () => {
    await upload(1, "completed");
    await upload(2, "failed");
    await fact(1, 100, { upload: 1 });
    await fact(2, 100, { upload: 2 });
    await fact(3, 100, { setAside: "cancelled" });
    await fact(4, 92, { upload: 1 });
    await fact(5, 30, { upload: 1 });
    await ask(`update gateway.conversions set revision = 1 where id = 1;
      insert into gateway.conversion_revisions (conversion_id, revision, batch_id, row, currency, replaced_at) values (1, 0, 9, 0, 'RUB', 0), (5, 0, 9, 0, 'RUB', 0)`);
    expect(await keep.turnWeeks(now, now - RETENTION)).toBe(4);
    expect(await idsLeft()).toEqual([5]);
    expect(await keysLeft()).toEqual([
      { id: 1, upload_id: 1 },
      { id: 4, upload_id: 1 },
      { id: 5, upload_id: null },
    ]);
    expect(await ask("select conversion_id from gateway.conversion_revisions")).toMatchObject([{ conversion_id: 5 }]);
  });

  test("weeks that are empty are dropped, and a fact of such a week that comes later is kept with the older ones", async () => {
    const before = await weeksOf(opened.driver.sql);
    await upload(1, "processing");
    await fact(1, 80, { upload: 1 });
    await keep.turnWeeks(now, now - RETENTION);
    const weeks = await weeksOf(opened.driver.sql);
    expect(weeks[0]).toBe(weekOf(80));
    expect(weeks).toEqual(before.filter((week) => week >= weekOf(80)));
    await fact(2, 90, { arrived: 0 });
    await fact(3, 80, { arrived: 0 });
    expect(await ask("select id from gateway.conversions_before")).toMatchObject([{ id: 2 }]);
    expect(await ask(`select id from ${tableOf(weekOf(80))} order by id`)).toMatchObject([{ id: 1 }, { id: 3 }]);
  });

  test.each([
    ["on its way", { upload: 3 }],
    ["new", {}],
    ["waiting", { setAside: "waiting_goal" }],
    ["young", { upload: 1, arrived: 2 }],
    ["cancelled, but young", { setAside: "cancelled", arrived: 2 }],
  ] as const)(
    "a fact that is %s keeps its week, and settled ones beside it are deleted by themselves",
    async (_, place) => {
      await upload(1, "completed");
      await upload(3, "processing");
      await fact(1, 90, { upload: 1 });
      await fact(2, 90, place);
      expect(await keep.turnWeeks(now, now - RETENTION)).toBe(0);
      expect(await keep.purgeSettled(now - RETENTION, 10)).toBe(1);
      expect(await idsLeft()).toEqual([2]);
    },
  );

  test("a file that was settled while its week was looked at keeps the week for another night", async () => {
    await upload(1, "completed");
    await ask(`update gateway.uploads set settled_at = ${now}`);
    await fact(1, 90, { upload: 1 });
    expect(await keep.turnWeeks(now, now - RETENTION)).toBe(0);
    expect(await keep.turnWeeks(now + DAY, now - RETENTION)).toBe(1);
  });

  test("a week that somebody reads for long is left for another night", async () => {
    await upload(1, "completed");
    await fact(1, 90, { upload: 1 });
    const { promise: read, resolve: leave } = Promise.withResolvers<void>();
    const { promise: reads, resolve: begun } = Promise.withResolvers<void>();
    const reader = opened.driver.sql.begin(async (tx) => {
      await tx`select count(*) from gateway.conversions`;
      begun();
      await read;
    });
    await reads;
    const gone = await keep.turnWeeks(now, now - RETENTION);
    leave();
    await reader;
    expect(gone).toBe(0);
    expect(await idsLeft()).toEqual([1]);
    expect(await keep.turnWeeks(now, now - RETENTION)).toBe(1);
  });

  test("settled facts of several weeks are deleted in full portions, whatever stays between them", async () => {
    await upload(1, "completed");
    await upload(3, "processing");
    // Ids do not rise with time.
    for (let i = 0; i < 12; i++) await fact(100 - i, 120 - 6 * i, { upload: i % 3 === 1 ? 3 : 1 });
    expect(await keep.purgeSettled(now - RETENTION, 3)).toBe(3);
    expect(await keep.purgeSettled(now - RETENTION, 3)).toBe(3);
    expect(await keep.purgeSettled(now - RETENTION, 3)).toBe(2);
    expect(await keep.purgeSettled(now - RETENTION, 3)).toBe(0);
    expect(await idsLeft()).toEqual([90, 93, 96, 99]);
    await ask("update gateway.uploads set state = 'completed'");
    expect(await keep.purgeSettled(now - RETENTION, 10)).toBe(4);
  });

  test("a fact that is corrected just when it would be deleted stays", async () => {
    await upload(1, "completed");
    for (const id of [1, 2, 3]) await fact(id, 60, { upload: 1 });
    const { promise: told, resolve: commit } = Promise.withResolvers<void>();
    const { promise: locked, resolve: begun } = Promise.withResolvers<void>();
    const correction = opened.driver.sql.begin(async (tx) => {
      await tx`update gateway.conversions set upload_id = null, set_aside = 'requeued', revision = 1 where id = 2`;
      begun();
      await told;
    });
    await locked;
    const purged = keep.purgeSettled(now - RETENTION, 10);
    const waits = () =>
      ask("select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()");
    while ((await waits()).length === 0) await Bun.sleep(5);
    commit();
    await correction;
    expect(await purged).toBe(2);
    expect(await idsLeft()).toEqual([2]);
  });

  test("there is always room for the weeks to come, made while others write", async () => {
    const { promise: told, resolve: commit } = Promise.withResolvers<void>();
    const { promise: written, resolve: begun } = Promise.withResolvers<void>();
    const writer = opened.driver.sql.begin(async (tx) => {
      await tx.unsafe("update gateway.conversions set row = 1 where false");
      begun();
      await told;
    });
    await written;
    const later = now + 100 * DAY;
    await Promise.all([keep.turnWeeks(later, 0), createMaintenance(opened.driver).turnWeeks(later, 0)]);
    commit();
    await writer;
    await fact(1, -150, {});
    expect(await idsLeft()).toEqual([1]);
    const open = await ask(
      "select relname from pg_class where relname ~ '^conversions_\\d+$' and relkind = 'r' and not relrowsecurity",
    );
    expect([...open]).toEqual([]);
  });
});
