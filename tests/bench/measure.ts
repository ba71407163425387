import { newConversions, toBody } from "./conversions.ts";
import { latencies, mb, median, whole } from "./figures.ts";
import { type LoadResult, type Post, runLoad } from "./load.ts";
import type { BenchServer } from "./servers/start.ts";

/** How a server is asked for its throughput. */
export interface Shape {
  readonly rowsPerRequest: number;
  readonly connections: number;
  readonly seconds: number;
}

/** The two shapes of the intake benchmarks: the CRM that tells each sale, and the one that tells a night's work. */
export const shapes = {
  small: { rowsPerRequest: 1, connections: 64, seconds: 6 },
  large: { rowsPerRequest: 1000, connections: 16, seconds: 6 },
} as const satisfies Record<string, Shape>;

/** Requests without end for a server. */
export type Traffic = (senders: BenchServer["senders"], rowsPerRequest: number) => () => Post;

/** New conversions only, of the server's first sender. */
export const newRows: Traffic = ([sender], rowsPerRequest) => {
  const rows = newConversions();
  return () => ({ sender, body: toBody(rows(rowsPerRequest)) });
};

/**
 * Loads a server after a second of warming up.
 * @throws when an answer is no 202
 */
export async function measure(server: BenchServer, shape: Shape, traffic: Traffic = newRows): Promise<LoadResult> {
  const { port, senders } = server;
  const { rowsPerRequest, connections, seconds } = shape;
  const next = traffic(senders, rowsPerRequest);
  await runLoad({ port, connections, next, seconds: 1 });
  return allAccepted(await runLoad({ port, connections, next, seconds }));
}

/** @throws when an answer was no 202 */
export function allAccepted(result: LoadResult): LoadResult {
  if (result.notAccepted > 0) throw new Error(`${result.notAccepted} of ${result.requests} requests were not accepted`);
  return result;
}

/** One of those that are measured in turns. */
export interface Contestant {
  readonly start: () => Promise<BenchServer>;
  readonly traffic?: Traffic;
}

/** What a contestant reached: its rounds, in order. */
export type Rounds = readonly LoadResult[];

/** The throughput of one against another's, round by round, and of these ratios the median: a busy machine strikes neighbours alike. */
export function against(a: Rounds, b: Rounds): string {
  const ratios = a.map((run, round) => run.requestsPerSecond / (b[round]?.requestsPerSecond ?? Number.NaN));
  return median(ratios).toFixed(2);
}

/** Measures contestants in turns, so that what else the machine does strikes all of them, and prints each run. */
export async function compare<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
  shape: Shape,
  rounds: number,
): Promise<Readonly<Record<Name, Rounds>>> {
  const names = Object.keys(contestants) as Name[];
  const width = Math.max(...names.map((name) => name.length));
  const runs = Object.fromEntries(names.map((name) => [name, [] as LoadResult[]])) as Record<Name, LoadResult[]>;
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) {
      const { start, traffic } = contestants[name];
      const server = await start();
      const result = await measure(server, shape, traffic);
      const resident = await server.residentBytes();
      await server.stop();
      runs[name].push(result);
      const rate = whole(result.requestsPerSecond * shape.rowsPerRequest);
      console.log(
        `${name.padEnd(width)}  round ${round}: ${rate} conversions/s, ${latencies(result)}, resident ${mb(resident)}`,
      );
    }
  }
  return runs;
}
