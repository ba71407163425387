import { type PostgresServer, startPostgres } from "../setup/postgres.ts";
import { aDayAgo, newConversion, toBody } from "./conversions.ts";
import { latencies, median, whole } from "./figures.ts";
import { against, type Contestant, compare, measure, type Shape, type Traffic } from "./measure.ts";
import { startProcess } from "./servers/process.ts";
import { atEnd } from "./servers/scratch.ts";
import { type BenchServer, startPostgresCeiling, startProduct } from "./servers/start.ts";

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const LARGE = { rowsPerRequest: 1000, connections: 8, seconds: 6 } as const satisfies Shape;
const SMALL = { rowsPerRequest: 1, connections: 64, seconds: 6 } as const satisfies Shape;

/** Nine of ten conversions were told before, anywhere among those that this server was told. */
const repeats: Traffic = ([sender], rowsPerRequest) => {
  const from = aDayAgo();
  let told = 0;
  let turn = 0;
  const next = () => (turn++ % 10 === 0 || told === 0 ? told++ : Math.floor(Math.random() * told));
  return () => ({
    sender,
    body: toBody(Array.from({ length: rowsPerRequest }, () => newConversion(next(), from))),
  });
};

/**
 * The intake on PostgreSQL with fsync: large bodies against what the server itself takes, single posts against bare Hono with a
 * group commit and with a commit for each request.
 */
export async function benchIntakePostgres(): Promise<void> {
  const postgres = await startPostgres({ fsync: "on", shared_buffers: "256MB" });
  const kept = atEnd(() => process.kill(postgres.pid, "SIGKILL"));
  const product = () => onNewDatabase(postgres, (url) => startProduct({ env: onPostgres(url) }));

  console.log("A thousand conversions a request, 8 connections");
  const ratios: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const bare = await bareInserts(postgres);
    const server = await product();
    const result = await measure(server, LARGE);
    await server.stop();
    const rate = result.requestsPerSecond * LARGE.rowsPerRequest;
    ratios.push(rate / bare);
    console.log(
      `round ${round}: bare insert ${whole(bare)}, product ${whole(rate)} conversions/s, ${latencies(result)}`,
    );
  }
  console.log(`product / bare insert (median of ${ROUNDS} rounds): ${median(ratios).toFixed(2)}`);
  await compareProduct("A thousand conversions a request, new and nine of ten repeated", LARGE, {
    product: { start: product },
    repeats: { start: product, traffic: repeats },
  });
  const small = await compareProduct("One conversion a request, 64 connections", SMALL, {
    group: { start: () => onNewDatabase(postgres, (url) => startPostgresCeiling(url, "group")) },
    each: { start: () => onNewDatabase(postgres, (url) => startPostgresCeiling(url, "each")) },
    product: { start: product },
    repeats: { start: product, traffic: repeats },
  });
  for (const name of ["group", "each"] as const)
    console.log(`product / ${name} (median of ${ROUNDS} rounds): ${against(small.product, small[name])}`);
  await postgres.stop();
  kept();
}

async function compareProduct<Name extends string>(
  title: string,
  shape: Shape,
  contestants: Readonly<Record<Name | "product" | "repeats", Contestant>>,
) {
  console.log(`\n${title}`);
  const rounds = await compare(contestants, shape, ROUNDS);
  console.log(`repeats / product (median of ${ROUNDS} rounds): ${against(rounds.repeats, rounds.product)}`);
  return rounds;
}

const onPostgres = (url: string) => ({
  DATABASE_URL: url,
  GATEWAY_SECRET_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64"),
});

async function onNewDatabase(
  postgres: PostgresServer,
  start: (url: string) => Promise<BenchServer>,
): Promise<BenchServer> {
  const url = await postgres.createDatabase();
  const server = await start(url);
  return { ...server, stop: () => server.stop().then(() => postgres.dropDatabase(url)) };
}

/** Conversions a second that PostgreSQL takes from a bare script. */
async function bareInserts(postgres: PostgresServer): Promise<number> {
  const url = await postgres.createDatabase();
  const { connections, rowsPerRequest, seconds } = LARGE;
  const script = [process.execPath, "tests/bench/servers/bare-insert.ts", url];
  const writer = await startProcess([...script, ...[connections, rowsPerRequest, seconds].map(String)], {}, /READY/);
  writer.nudge();
  while (!/DONE \d+/.test(writer.said())) await Bun.sleep(50);
  const rate = Number(/DONE (\d+)/.exec(writer.said())?.[1]);
  await writer.stop();
  await postgres.dropDatabase(url);
  return rate;
}
