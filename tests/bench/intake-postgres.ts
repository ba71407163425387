import { type PostgresServer, startPostgres } from "../setup/postgres.ts";
import { aDayAgo, newConversion, toBody } from "./conversions.ts";
import { median, whole } from "./figures.ts";
import { against, type Contestant, compare, type Shape, type Traffic } from "./measure.ts";
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
  const postgres = await startPostgres({ fsync: "on", shared_buffers: "256MB", max_wal_size: "4GB" });
  const kept = atEnd(() => process.kill(postgres.pid, "SIGKILL"));
  const product = (role: "intake" | "all") => () =>
    onNewDatabase(postgres, (url) => startProduct({ env: { ...onPostgres(url), GATEWAY_ROLE: role } }));
  const ceiling = (commits: "group" | "each") => () =>
    onNewDatabase(postgres, (url) => startPostgresCeiling(url, commits));
  const products = {
    intake: { start: product("intake") },
    all: { start: product("all") },
    repeats: { start: product("intake"), traffic: repeats },
  } satisfies Record<string, Contestant>;

  console.log("A thousand conversions a request, 8 connections");
  const bare: number[] = [];
  const rates: Record<keyof typeof products, number[]> = { intake: [], all: [], repeats: [] };
  for (let round = 1; round <= ROUNDS; round++) {
    bare.push(await bareInserts(postgres));
    console.log(`bare insert  round ${round}: ${whole(bare.at(-1) ?? 0)} conversions/s`);
    for (const [name, [run]] of Object.entries(await compare(products, LARGE, 1)))
      rates[name as keyof typeof products].push((run?.requestsPerSecond ?? 0) * LARGE.rowsPerRequest);
  }
  for (const [name, of] of Object.entries(rates)) {
    const ratios = of.map((rate, round) => rate / (bare[round] ?? Number.NaN));
    console.log(`${name} / bare insert (median of ${ROUNDS} rounds): ${median(ratios).toFixed(2)}`);
  }

  console.log("\nOne conversion a request, 64 connections");
  const ceilings = { group: { start: ceiling("group") }, each: { start: ceiling("each") } };
  const small = await compare({ ...ceilings, ...products }, SMALL, ROUNDS);
  for (const name of ["group", "each"] as const)
    console.log(`intake / ${name} (median of ${ROUNDS} rounds): ${against(small.intake, small[name])}`);
  console.log(`repeats / intake (median of ${ROUNDS} rounds): ${against(small.repeats, small.intake)}`);
  await postgres.stop();
  kept();
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
