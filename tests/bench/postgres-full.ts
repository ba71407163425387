import postgres, { type Sql } from "postgres";
import { openPostgresStore } from "../../core/store/postgres/store.ts";
import { createVault } from "../../core/vault/vault.ts";
import { startPostgres } from "../setup/postgres.ts";
import { ms, quantile, ratio, whole } from "./figures.ts";
import { against, compare, type Shape } from "./measure.ts";
import { atEnd } from "./servers/scratch.ts";
import { type Product, startProduct } from "./servers/start.ts";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const LARGE = { rowsPerRequest: 1000, connections: 8, seconds: 6 } as const satisfies Shape;
const SMALL = { rowsPerRequest: 1, connections: 64, seconds: 6 } as const satisfies Shape;
const COUNTERS = 1000;
const ROWS_PER_BATCH = 100;
const ROWS_PER_FILE = 2000;
const DAY_SECONDS = 86_400;
/** What is stored lies in the weeks that have a partition of their own. */
const SPAN_SECONDS = 12 * 7 * DAY_SECONDS;
const PURGED_AFTER_DAYS = 50;
const READS = 300;

/**
 * The intake, what is read and the purge on a PostgreSQL database that holds ten million settled conversions (BENCH_STORED),
 * against one that holds none.
 */
export async function benchPostgresFull(): Promise<void> {
  const stored = Number(process.env.BENCH_STORED ?? 10_000_000);
  const server = await startPostgres({ fsync: "on", shared_buffers: "512MB", max_wal_size: "4GB" });
  const kept = atEnd(() => process.kill(server.pid, "SIGKILL"));
  const key = crypto.getRandomValues(new Uint8Array(32));
  const startOn = (url: string) => () =>
    startProduct({ env: { DATABASE_URL: url, GATEWAY_SECRET_KEY: Buffer.from(key).toString("base64") } });
  const full = await server.createDatabase();
  await found(full, key);
  await tellFill(full, stored);
  const empty = await server.createDatabase();
  const contestants = { full: { start: startOn(full) }, empty: { start: startOn(empty) } };

  for (const [title, shape] of [
    ["A thousand conversions a request, 8 connections", LARGE],
    ["One conversion a request, 64 connections", SMALL],
  ] as const) {
    console.log(`\n${title}`);
    const runs = await compare(contestants, shape, ROUNDS);
    console.log(`full / empty (median of ${ROUNDS} rounds): ${against(runs.full, runs.empty)}`);
  }

  console.log(`\nReads, one after the other (p95 of ${READS})`);
  const took = { full: await timeReads(startOn(full)), empty: await timeReads(startOn(empty)) };
  for (const [name, ofFull] of took.full) {
    const ofEmpty = took.empty.get(name) ?? Number.NaN;
    console.log(`  ${name}: full ${ms(ofFull)}, empty ${ms(ofEmpty)}, full / empty ${ratio(ofFull, ofEmpty)}`);
  }

  await tellPurge(full, key);
  await server.stop();
  kept();
}

const foundingOf = (key: Uint8Array) => ({
  uuid: crypto.randomUUID(),
  workspaceUuid: crypto.randomUUID(),
  vaultCheck: createVault(key).check(),
  now: Date.now(),
});

async function found(url: string, key: Uint8Array): Promise<void> {
  const store = await openPostgresStore(url, foundingOf(key), { connections: 2 });
  await store.close();
}

async function tellFill(url: string, rows: number): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const started = performance.now();
  await fill(sql, rows);
  const [size] = await sql`select pg_database_size(current_database())::float8 as bytes`;
  console.log(
    `${whole(rows)} conversions stored in ${whole((performance.now() - started) / 1000)} s, ${whole(Number(size?.bytes) / 2 ** 20)} MB`,
  );
  await sql.end();
}

/** Conversions of a thousand webhooks that Metrika has settled, with their batches and files. */
async function fill(sql: Sql, rows: number): Promise<void> {
  const now = Date.now();
  const from = Math.floor(now / 1000) - SPAN_SECONDS;
  const [batches, files] = [Math.ceil(rows / ROWS_PER_BATCH), Math.ceil(rows / ROWS_PER_FILE)];
  const secondOf = (part: string, of: number) => `${from} + (${part})::bigint * ${SPAN_SECONDS} / ${of}`;
  await sql`insert into gateway.credentials (id, uuid, workspace_id, sealed_token, token_hash, login, created_at, updated_at)
    values (1000001, 'stored', 1, 'sealed', 'stored', 'stored', ${now}, ${now})`;
  await sql`insert into gateway.sources (id, uuid, workspace_id, plugin, name, counter_id, credential_id, config, options, config_version,
      time_zone, time_zone_from, default_currency, default_currency_from, language, is_active, created_at, updated_at)
    select 1000000 + i, 'stored ' || i, 1, 'webhook-offline', 'Shop', i, 1000001, '{}',
      '{"dedupeBy":"exact","identifiers":"all","createMissingGoals":false,"allowPersonalUserId":false,"uncertainPolicy":"resend"}',
      1, 'Europe/Moscow', 'default', 'RUB', 'default', 'ru', 1, ${now}, ${now} from generate_series(1, ${COUNTERS}::int) i`;
  await sql.unsafe(`insert into gateway.uploads (id, uuid, workspace_id, counter_id, credential_id, currency, state, rows, bytes, ripe_at,
      not_before, next_attempt_at, source_quantity, line_quantity, linked_quantity, created_at, sent_at, settled_at, updated_at)
    select i, 'stored ' || i, 1, 1 + i % ${COUNTERS}, 1000001, 'RUB', 'completed', ${ROWS_PER_FILE}, 100000, 0, 0, 0,
      ${ROWS_PER_FILE}, ${ROWS_PER_FILE}, ${ROWS_PER_FILE}, t, t, t, t
    from generate_series(1, ${files}) i, lateral (select (${secondOf("i", files)}) * 1000 as t) at`);
  await sql.unsafe(`insert into gateway.batches (id, source_id, received, duplicates, rejected, sealed, first_conversion_id,
      last_conversion_id, created_at, updated_at)
    select b, 1000001 + b % ${COUNTERS}, ${ROWS_PER_BATCH}, 0, 0, 1, (b - 1) * ${ROWS_PER_BATCH} + 1, b * ${ROWS_PER_BATCH}, t, t
    from generate_series(1, ${batches}) b, lateral (select (${secondOf("b", batches)}) * 1000 as t) at`);
  await sql.unsafe(`insert into gateway.batch_uploads (batch_id, upload_id, rows, duplicates)
    select b, 1 + (b - 1) * ${ROWS_PER_BATCH} / ${ROWS_PER_FILE}, ${ROWS_PER_BATCH}, 0 from generate_series(1, ${batches}) b`);
  await sql.unsafe(`insert into gateway.conversions (id, batch_id, row, source_id, workspace_id, counter_id, date_time, target, client_id,
      price, currency, upload_id)
    select i, b, (i - 1) % ${ROWS_PER_BATCH}, 1000001 + b % ${COUNTERS}, 1, 1 + b % ${COUNTERS}, ${secondOf("i", rows)}, 'purchase',
      (1600000000000000 + i)::text, '100', 'RUB', 1 + (i - 1) / ${ROWS_PER_FILE}
    from generate_series(1, ${rows}) i, lateral (select 1 + (i - 1) / ${ROWS_PER_BATCH} as b) of_batch`);
  await sql.unsafe(`select setval('gateway.batch_ids', ${batches + 1000}), setval('gateway.conversion_ids', ${rows + 20_000}),
    setval(pg_get_serial_sequence('gateway.uploads', 'id'), ${files + 1000})`);
  await sql`vacuum analyze`;
}

/** The 95th percentile of what some reads take, in milliseconds, by what is read. */
async function timeReads(start: () => Promise<Product>): Promise<ReadonlyMap<string, number>> {
  const product = await start();
  const {
    port,
    senders: [sender],
  } = product;
  const address = `http://127.0.0.1:${port}`;
  const posted = await fetch(address + sender.path, {
    method: "POST",
    headers: { "content-type": "application/json", ...sender.headers },
    body: JSON.stringify({
      conversions: [{ client_id: "1700000000123456789", target: "purchase", date_time: Math.floor(Date.now() / 1000) }],
    }),
  });
  const { batch_id } = (await posted.json()) as { batch_id: string };
  const read = { headers: sender.headers };
  const reads = {
    "a batch's status": () => fetch(`${address}${sender.path}/status?batch_id=${batch_id}`, read),
    "a repeat of a conversion": () =>
      fetch(address + sender.path, {
        method: "POST",
        headers: { "content-type": "application/json", ...sender.headers },
        body: JSON.stringify({
          conversions: [
            { client_id: "1700000000123456789", target: "purchase", date_time: Math.floor(Date.now() / 1000) - 60 },
          ],
        }),
      }),
  };
  const p95 = new Map<string, number>();
  for (const [name, ask] of Object.entries(reads)) {
    const times: number[] = [];
    for (let i = 0; i < READS; i++) {
      const started = performance.now();
      const answer = await ask();
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`${name}: answered ${answer.status}`);
      times.push(performance.now() - started);
    }
    p95.set(
      name,
      quantile(
        times.sort((a, b) => a - b),
        0.95,
      ),
    );
  }
  await product.stop();
  return p95;
}

async function tellPurge(url: string, key: Uint8Array): Promise<void> {
  const store = await openPostgresStore(url, foundingOf(key), { connections: 2 });
  const started = performance.now();
  const gone = await store.maintenance.turnWeeks(Date.now(), Date.now() - PURGED_AFTER_DAYS * DAY_SECONDS * 1000);
  console.log(
    `\n${whole(gone)} conversions older than ${PURGED_AFTER_DAYS} days went with their weeks in ${ms(performance.now() - started)}`,
  );
  await store.close();
}
