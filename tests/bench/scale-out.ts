import postgres from "postgres";
import { newMasterKey } from "../setup/cluster.ts";
import { type PostgresServer, startPostgres } from "../setup/postgres.ts";
import { until } from "../setup/process.ts";
import { aDayAgo } from "./conversions.ts";
import { latencies, ratio, whole } from "./figures.ts";
import { compareLedger } from "./ledger.ts";
import { allAccepted } from "./measure.ts";
import { startProcess } from "./servers/process.ts";
import { scratchFolder } from "./servers/scratch.ts";
import { createWebhook, startSimulator } from "./servers/start.ts";
import { startSender } from "./servers/start-sender.ts";

const ROWS_PER_REQUEST = 1000;
/** Over all gateways, however many there are: the same crowd meets one or four. */
const CONNECTIONS = { large: 8, small: 64 } as const;
const SMALL_SECONDS = 6;
/** Beyond the numbers of the large posts. */
const FIRST_SINGLE = 100_000_000;
const NUMBERS_OF_A_SENDER = 10_000_000;
const PATIENCE_MS = 1_800_000;
const SIZES = [1, 2, 4] as const;

/** What so many gateways did. */
interface Figures {
  /** Conversions a second, posted by the thousand. */
  readonly intake: number;
  /** Conversions a second from the first post until Metrika has settled the last. */
  readonly drain: number;
  /** Posts of one conversion a second. */
  readonly singles: number;
}

/** One, two and four gateways that do everything, on one PostgreSQL: what they take and deliver together. */
export async function benchScaleOut(): Promise<void> {
  const requests = Math.ceil(Number(process.env.BENCH_ROWS ?? 200_000) / ROWS_PER_REQUEST);
  const server = await startPostgres({ fsync: "on", shared_buffers: "512MB", max_wal_size: "4GB" });
  try {
    let alone: Figures | null = null;
    for (const size of SIZES) {
      const figures = await measure(server, size, Math.ceil(requests / size));
      alone ??= figures;
      const against = (figure: keyof Figures) =>
        `${whole(figures[figure])}/s (${ratio(figures[figure], alone?.[figure] ?? 0)})`;
      console.log(
        `${size} gateway${size === 1 ? "" : "s"}: conversions taken ${against("intake")}, delivered ${against("drain")}, single posts ${against("singles")}`,
      );
    }
  } finally {
    await server.stop();
  }
}

async function measure(server: PostgresServer, size: number, requestsEach: number): Promise<Figures> {
  const databaseUrl = await server.createDatabase();
  const simulator = await startSimulator({ visitors: "any", processingMs: 1000 });
  const key = newMasterKey();
  const gateways = await Promise.all(Array.from({ length: size }, () => startMember(databaseUrl, simulator.url, key)));
  const [first] = gateways;
  if (first === undefined) throw new Error("A cluster needs a gateway.");
  const sender = await createWebhook(first.folder, first.port);
  const fromSecond = aDayAgo();
  const send = (
    count: number,
    what: Pick<Parameters<typeof startSender>[0], "rowsPerRequest" | "seconds" | "requests">,
  ) =>
    Promise.all(
      gateways.map(async ({ port }, n) => {
        const firstNumber = (what.rowsPerRequest === 1 ? FIRST_SINGLE : 0) + n * NUMBERS_OF_A_SENDER;
        const connections = Math.ceil(count / size);
        const { result } = await startSender({ ...{ port, sender, connections, fromSecond, firstNumber }, ...what });
        return { ...allAccepted(await result), firstNumber };
      }),
    );

  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const large = await send(CONNECTIONS.large, { rowsPerRequest: ROWS_PER_REQUEST, requests: requestsEach });
  const posted = seconds();
  const rows = requestsEach * ROWS_PER_REQUEST * size;
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  const settled = (wanted: number) =>
    until(
      `${wanted} rows are settled`,
      async () => {
        const [done] =
          await sql`select coalesce(sum(rows), 0)::int as rows from gateway.uploads where state = 'completed'`;
        return done?.rows >= wanted || null;
      },
      PATIENCE_MS,
    );
  await settled(rows);
  const drained = seconds();
  const singles = await send(CONNECTIONS.small, { rowsPerRequest: 1, seconds: SMALL_SECONDS });
  const single = singles.reduce((sum, { requests }) => sum + requests, 0);
  await settled(rows + single);
  for (const result of singles) console.log(`  single posts to one of ${size}: ${latencies(result)}`);
  await compareLedger(simulator.url, fromSecond, [
    ...large.map(({ firstNumber }) => ({ firstNumber, rows: requestsEach * ROWS_PER_REQUEST })),
    ...singles.map(({ firstNumber, requests }) => ({ firstNumber, rows: requests })),
  ]);
  await sql.end();
  for (const { stop } of gateways) await stop();
  await simulator.stop();
  await server.dropDatabase(databaseUrl);
  return {
    intake: rows / posted,
    drain: rows / drained,
    singles: singles.reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0),
  };
}

async function startMember(databaseUrl: string, metrikaUrl: string, key: string) {
  const folder = await scratchFolder();
  const gateway = await startProcess(
    [process.execPath, "gateway/main.ts"],
    {
      ...{ PORT: "0", HOST: "127.0.0.1", LOG_LEVEL: "info" },
      ...{ DATABASE_URL: databaseUrl, DATA_FOLDER: folder.path, GATEWAY_SECRET_KEY: key },
      ...{ METRIKA_API_URL: metrikaUrl, YANDEX_LOGIN_URL: metrikaUrl },
      // The product's own waiting is made short, so that its work is what is measured.
      ...{ UPLOAD_LINGER_SECONDS: "1", POLL_INTERVAL_SECONDS: "1", METRIKA_DAILY_REQUESTS: "1000000" },
    },
    /listens on http:\/\/[\d.]+:(\d+)/,
  );
  return {
    port: gateway.port,
    folder: folder.path,
    async stop() {
      await gateway.stop();
      await folder.remove();
    },
  };
}
