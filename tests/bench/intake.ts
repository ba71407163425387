import { type LoadResult, runLoad } from "./load.ts";
import { type BenchServer, startCeiling, startProduct } from "./servers/start.ts";

interface Shape {
  readonly rowsPerRequest: number;
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
}

const encoder = new TextEncoder();

/** New conversions in the order of time, as a CRM tells them; no two alike within a run. */
function bodies(rowsPerRequest: number): () => Uint8Array {
  let n = 0;
  const from = Math.floor(Date.now() / 1000) - 86_400;
  const row = () => {
    const i = n++;
    const time = new Date((from + (i % 80_000)) * 1000).toISOString().slice(0, 19);
    return `{"client_id":"${1_700_000_000_000_000 + i}","target":"purchase","date_time":"${time}Z","price":${100 + (i % 900)},"currency":"RUB"}`;
  };
  return () => encoder.encode(`{"conversions":[${Array.from({ length: rowsPerRequest }, row).join(",")}]}`);
}

/** Measures ceiling and product in turns on this machine and prints the ratio of their medians. */
export async function benchIntake({ rowsPerRequest, connections, seconds, rounds }: Shape): Promise<void> {
  const contestants = { ceiling: startCeiling, product: startProduct } as const;
  const rates: Record<keyof typeof contestants, number[]> = { ceiling: [], product: [] };
  for (let round = 1; round <= rounds; round++) {
    for (const name of ["ceiling", "product"] as const) {
      const server = await contestants[name]();
      const result = await measure(server, rowsPerRequest, connections, seconds);
      const resident = (await server.residentBytes()) / 1_048_576;
      await server.stop();
      const rate = result.requestsPerSecond * rowsPerRequest;
      rates[name].push(rate);
      console.log(
        `${name.padEnd(8)} round ${round}: ${Math.round(rate).toLocaleString("en")} conversions/s, p50 ${result.p50.toFixed(2)} ms, p99 ${result.p99.toFixed(2)} ms, resident ${resident.toFixed(0)} MB`,
      );
    }
  }
  const [ceiling, product] = [median(rates.ceiling), median(rates.product)];
  console.log(`product / ceiling (medians of ${rounds}): ${(product / ceiling).toFixed(2)}`);
  if (rowsPerRequest === 1) await benchLone();
}

/** One request at a time: what a single sender waits for. */
async function benchLone(): Promise<void> {
  const server = await startProduct();
  const { p50, p99 } = await measure(server, 1, 1, 3);
  await server.stop();
  console.log(`a lone request: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`);
}

async function measure(
  server: BenchServer,
  rowsPerRequest: number,
  connections: number,
  seconds: number,
): Promise<LoadResult> {
  const { port, path, headers } = server;
  const body = bodies(rowsPerRequest);
  await runLoad({ port, path, headers, connections, seconds: 1, body });
  const result = await runLoad({ port, path, headers, connections, seconds, body });
  if (result.notAccepted > 0) throw new Error(`${result.notAccepted} of ${result.requests} requests were not accepted`);
  return result;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
