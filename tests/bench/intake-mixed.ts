import { aDayAgo } from "./conversions.ts";
import { latencies, ratio, whole } from "./figures.ts";
import { type LoadResult, mediansOf, runLoad } from "./load.ts";
import { allAccepted, newRows } from "./measure.ts";
import { type BenchServer, startCeiling, startProduct } from "./servers/start.ts";
import { startSender } from "./servers/start-sender.ts";

const ROUNDS = 3;
const SECONDS = 10;
const LARGE_ROWS = 100_000;
/** Beyond the numbers of the single posts. */
const FIRST_OF_LARGE = 10_000_000;
/** So many connections that a post seldom waits for the one before it on its connection. */
const singles = { connections: 32, perSecond: 200 } as const;

/** What single posts wait for beside a sender who posts a hundred thousand conversions at once, again and again. */
export async function benchIntakeMixed(): Promise<void> {
  const starts = { ceiling: () => startCeiling(), product: () => startProduct() } as const;
  const runs = { ceiling: [] as Mixed[], product: [] as Mixed[] };
  for (let round = 1; round <= ROUNDS; round++) {
    for (const name of ["ceiling", "product"] as const) {
      const server = await starts[name]();
      const run = await measureMixed(server);
      await server.stop();
      runs[name].push(run);
      const { alone, beside, large } = run;
      const rate = whole(large.requestsPerSecond * LARGE_ROWS);
      console.log(
        `${name}  round ${round}: alone ${latencies(alone)}; beside ${rate} conversions/s ${latencies(beside)}`,
      );
    }
  }
  for (const name of ["ceiling", "product"] as const) {
    const alone = mediansOf(runs[name].map((run) => run.alone));
    const beside = mediansOf(runs[name].map((run) => run.beside));
    console.log(
      `${name}, medians of ${ROUNDS}: alone ${latencies(alone)}; beside ${latencies(beside)}; p99 beside / alone ${ratio(beside.p99, alone.p99)}`,
    );
  }
}

interface Mixed {
  readonly alone: LoadResult;
  readonly beside: LoadResult;
  readonly large: LoadResult;
}

async function measureMixed({ port, senders }: BenchServer): Promise<Mixed> {
  const next = newRows(senders, 1);
  const post = (seconds: number) => runLoad({ port, next, ...singles, seconds }).then(allAccepted);
  await post(1);
  const alone = await post(SECONDS);
  const sender = await startSender({
    ...{ port, sender: senders[0], connections: 1, rowsPerRequest: LARGE_ROWS },
    ...{ fromSecond: aDayAgo(), firstNumber: FIRST_OF_LARGE, seconds: SECONDS },
  });
  const beside = await post(SECONDS);
  return { alone, beside, large: allAccepted(await sender.result) };
}
