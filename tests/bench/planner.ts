import postgres, { type Sql } from "postgres";
import { openPostgresStore } from "../../core/store/postgres/store.ts";
import { createVault } from "../../core/vault/vault.ts";
import { until } from "../setup/process.ts";
import { ms, quantile, whole } from "./figures.ts";
import { type BenchPostgres, startBenchPostgres } from "./servers/postgres.ts";
import { type BenchProcess, startProcess } from "./servers/process.ts";
import { scratchFolder } from "./servers/scratch.ts";

const COUNTERS = 10_000;
/** Each with two hundred counters. */
const LOGINS = 50;
const WORKERS = 4;
/** A batch is one counter's; those that follow it are other counters'. */
const ROWS_PER_BATCH = 10;
/** Counters far from each other come one after the other. */
const STRIDE = 7919;
const SPAN_SECONDS = 20 * 86_400;
const IDLE_SECONDS = 20;
const LEASE_MS = 3_600_000;
const PATIENCE_MS_A_ROW = 0.6;
const LOOK_EACH_MS = 500;

/**
 * What it costs to plan a million rows (BENCH_ROWS) of ten thousand counters on PostgreSQL, of four workers that share it, and
 * what they cost when all these rows stand in files that are not ripe.
 */
export async function benchPlanner(): Promise<void> {
  const rows = Math.ceil(Number(process.env.BENCH_ROWS ?? 1_000_000) / ROWS_PER_BATCH) * ROWS_PER_BATCH;
  const database = await startBenchPostgres();
  const url = await database.server.createDatabase();
  const key = crypto.getRandomValues(new Uint8Array(32));
  const founding = {
    uuid: crypto.randomUUID(),
    workspaceUuid: crypto.randomUUID(),
    vaultCheck: createVault(key).check(),
  };
  const store = await openPostgresStore(url, { ...founding, now: Date.now() }, { connections: 2 });
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await fill(sql, rows);
  // While the benchmark itself keeps house nobody plans.
  await store.leases.take("housekeeping", "the benchmark", LEASE_MS);
  const folder = await scratchFolder();
  const workers = await Promise.all(
    Array.from({ length: WORKERS }, (_, n) => startWorker(url, key, `${folder.path}/${n}`)),
  );

  const told = await database.watch();
  const before = await cpuSeconds(database, workers);
  const started = performance.now();
  await store.leases.release("housekeeping", "the benchmark");
  await store.close();
  await until("all rows stand in files", () => areInFiles(sql, rows), 60_000 + rows * PATIENCE_MS_A_ROW);
  const seconds = (performance.now() - started) / 1000;
  const after = await cpuSeconds(database, workers);
  const used = (of: keyof typeof before) => `${(after[of] - before[of]).toFixed(1)} s`;
  console.log(
    `${whole(rows)} rows of ${whole(COUNTERS)} counters planned in ${seconds.toFixed(1)} s; processor time: workers ${used("workers")}, PostgreSQL ${used("postgres")}`,
  );
  tellStatements(await told());

  await sql`vacuum analyze`;
  await Bun.sleep(3000);
  await measureIdle(database, workers);
  await Promise.all(workers.map((worker) => worker.stop()));
  await sql.end();
  await database.server.stop();
  await folder.remove();
}

async function areInFiles(sql: Sql, rows: number): Promise<true | null> {
  await Bun.sleep(LOOK_EACH_MS);
  const [filling] = await sql`select sum(rows)::float8 as rows from gateway.uploads where state = 'filling'`;
  return Number(filling?.rows) >= rows ? true : null;
}

function startWorker(url: string, key: Uint8Array, dataFolder: string): Promise<BenchProcess> {
  const env = {
    ...{ PORT: "0", DATABASE_URL: url, DATA_FOLDER: dataFolder, GATEWAY_ROLE: "worker", LOG_LEVEL: "info" },
    GATEWAY_SECRET_KEY: Buffer.from(key).toString("base64"),
    // Nothing is ever sent: no file ripens.
    ...{
      UPLOAD_LINGER_SECONDS: "86400",
      METRIKA_API_URL: "http://127.0.0.1:9",
      YANDEX_LOGIN_URL: "http://127.0.0.1:9",
    },
  };
  return startProcess([process.execPath, "gateway/main.ts"], env, /listens on http:\/\/[\d.]+:(\d+)/);
}

/** Counters that have been in use for long, whose goals are known, and rows of theirs in whole batches. */
async function fill(sql: Sql, rows: number): Promise<void> {
  const now = Date.now();
  const fromSecond = Math.floor(now / 1000) - SPAN_SECONDS;
  const batches = rows / ROWS_PER_BATCH;
  await sql`insert into gateway.credentials (uuid, workspace_id, sealed_token, token_hash, login, created_at, updated_at)
    select 'credential ' || i, 1, 'sealed', 'hash ' || i, 'login ' || i, ${now}, ${now} from generate_series(1, ${LOGINS}::int) i`;
  await sql`insert into gateway.sources (uuid, workspace_id, plugin, name, counter_id, credential_id, config, options, config_version,
      time_zone, time_zone_from, default_currency, default_currency_from, language, is_active, created_at, updated_at)
    select 'source ' || i, 1, 'webhook-offline', 'Shop', i, 1 + i % ${LOGINS}::int, '{}',
      '{"dedupeBy":"exact","identifiers":"all","createMissingGoals":false,"allowPersonalUserId":false,"uncertainPolicy":"resend"}',
      1, 'Europe/Moscow', 'default', 'RUB', 'default', 'ru', 1, ${now}, ${now} from generate_series(1, ${COUNTERS}::int) i`;
  await sql`insert into gateway.counter_goals (workspace_id, counter_id, identifiers, fetched_at, attempted_at)
    select 1, i, '["purchase","lead"]', ${now}, ${now} from generate_series(1, ${COUNTERS}::int) i`;
  await sql`insert into gateway.uploads (uuid, workspace_id, counter_id, credential_id, currency, state, rows, bytes, ripe_at, not_before,
      next_attempt_at, created_at, sent_at, settled_at, updated_at)
    select 'earlier ' || i, 1, i, 1 + i % ${LOGINS}::int, 'RUB', 'completed', 1, 60, 0, 0, 0, 0, 0, 0, 0 from generate_series(1, ${COUNTERS}::int) i`;
  await sql`insert into gateway.batches (id, source_id, received, duplicates, rejected, sealed, first_conversion_id, last_conversion_id,
      created_at, updated_at)
    select b, 1 + b::bigint * ${STRIDE}::int % ${COUNTERS}::int, ${ROWS_PER_BATCH}::int, 0, 0, 1, (b - 1) * ${ROWS_PER_BATCH}::int + 1,
      b * ${ROWS_PER_BATCH}::int, ${now}, ${now} from generate_series(1, ${batches}::int) b`;
  await sql`insert into gateway.conversions (id, batch_id, row, source_id, workspace_id, counter_id, date_time, target, client_id, price, currency)
    select i, b.id, (i - 1) % ${ROWS_PER_BATCH}::int, b.source_id, 1, b.source_id, ${fromSecond}::bigint + i::bigint * ${SPAN_SECONDS}::int / ${rows}::int,
      'purchase', (1600000000000000 + i)::text, '100', 'RUB'
    from generate_series(1, ${rows}::int) i join gateway.batches b on b.id = 1 + (i - 1) / ${ROWS_PER_BATCH}::int`;
  await sql`select setval('gateway.batch_ids', ${batches + 1000}), setval('gateway.conversion_ids', ${rows + 20_000})`;
  await sql`vacuum analyze`;
}

function tellStatements(took: ReadonlyMap<string, readonly number[]>): void {
  const rising = (list: readonly number[]) => list.toSorted((a, b) => a - b);
  const all = rising([...took.values()].flat());
  console.log(
    `${whole(all.length)} statements: p95 ${ms(quantile(all, 0.95))}, p99 ${ms(quantile(all, 0.99))}, longest ${ms(all.at(-1) ?? 0)}`,
  );
  const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
  for (const [text, times] of [...took].sort(([, a], [, b]) => sum(b) - sum(a)).slice(0, 6)) {
    const own = rising(times);
    const figures = `${whole(own.length)} times, p50 ${ms(quantile(own, 0.5))}, p95 ${ms(quantile(own, 0.95))}, longest ${ms(own.at(-1) ?? 0)}`;
    console.log(`  ${figures}: ${text.slice(0, 60).trim()} …`);
  }
}

async function cpuSeconds(database: BenchPostgres, workers: readonly BenchProcess[]) {
  const each = await Promise.all(workers.map((worker) => worker.cpuSeconds()));
  return { workers: each.reduce((a, b) => a + b, 0), postgres: await database.cpuSeconds() };
}

async function measureIdle(database: BenchPostgres, workers: readonly BenchProcess[]): Promise<void> {
  const told = await database.watch();
  const before = await cpuSeconds(database, workers);
  await Bun.sleep(IDLE_SECONDS * 1000);
  const after = await cpuSeconds(database, workers);
  const share = (of: keyof typeof before) => (100 * (after[of] - before[of])) / IDLE_SECONDS;
  const asked = await told();
  const statements = [...asked.values()].flat().length / IDLE_SECONDS;
  console.log(
    `idle, nothing ripe: ${(share("workers") + share("postgres")).toFixed(1)} % of a core: ${WORKERS} workers ${share("workers").toFixed(1)} %, PostgreSQL ${share("postgres").toFixed(1)} %, ${whole(statements)} statements a second`,
  );
  tellStatements(asked);
}
