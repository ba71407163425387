import { Database } from "bun:sqlite";
import { until } from "../setup/process.ts";
import { aDayAgo, newConversions, toBody } from "./conversions.ts";
import { latencies, mb, ratio, whole } from "./figures.ts";
import { compareLedger } from "./ledger.ts";
import { runLoad } from "./load.ts";
import { allAccepted } from "./measure.ts";
import { startProduct } from "./servers/start.ts";
import { startSender } from "./servers/start-sender.ts";

const ROWS_PER_REQUEST = 1000;
const QUIET_SECONDS = 10;
const PATIENCE_MS = 1_800_000;
/** Beyond the numbers of the million. */
const FIRST_SINGLE = 100_000_000;
/** Seldom enough that a post seldom waits for the one before it on its connection. */
const singles = { connections: 4, perSecond: 20 } as const;
/** The product's own waiting is made short, so that its work is what is measured. */
const hurried = { UPLOAD_LINGER_SECONDS: "1", POLL_INTERVAL_SECONDS: "1" };

/** A million conversions (BENCH_ROWS) from the first post until Metrika has settled the last, and what Metrika then counts. */
export async function benchDrain(): Promise<void> {
  const requests = Math.ceil(Number(process.env.BENCH_ROWS ?? 1_000_000) / ROWS_PER_REQUEST);
  const rows = requests * ROWS_PER_REQUEST;
  const product = await startProduct({ env: hurried, simulator: { visitors: "any", processingMs: 1000 } });
  const { port, senders } = product;
  const fromSecond = aDayAgo();
  const single = newConversions(fromSecond, FIRST_SINGLE);
  let singlesPosted = 0;
  let over = false;
  const next = () => {
    if (over) return null;
    singlesPosted++;
    return { sender: senders[0], body: toBody(single(1)) };
  };
  const paced = { port, ...singles, next };
  await runLoad({ ...paced, seconds: 1 });
  const quiet = allAccepted(await runLoad({ ...paced, seconds: QUIET_SECONDS }));

  const db = new Database(product.database, { readonly: true });
  const settledRows = db.prepare<{ rows: number }, []>(
    "select coalesce(sum(rows), 0) as rows from uploads where state = 'completed'",
  );
  const settled = (atLeast: number) =>
    until(`${atLeast} rows are settled`, () => ((settledRows.get()?.rows ?? 0) >= atLeast ? true : null), PATIENCE_MS);
  const started = performance.now();
  const secondsSoFar = () => (performance.now() - started) / 1000;
  const pacing = runLoad(paced);
  const sender = await startSender({
    ...{ port, sender: senders[0], connections: 4, rowsPerRequest: ROWS_PER_REQUEST },
    ...{ fromSecond, firstNumber: 0, requests },
  });
  allAccepted(await sender.result);
  const posted = secondsSoFar();
  await settled(rows + singlesPosted);
  over = true;
  const meanwhile = allAccepted(await pacing);
  await settled(rows + singlesPosted);
  const seconds = secondsSoFar();
  const peak = await product.peakBytes();
  db.close();

  console.log(`${whole(rows)} conversions posted in ${posted.toFixed(1)} s, all settled after ${seconds.toFixed(1)} s`);
  console.log(`that is ${whole(rows / seconds)} conversions/s; peak resident ${mb(peak)}`);
  console.log(`single posts quiet: ${latencies(quiet)}`);
  console.log(
    `single posts meanwhile: ${latencies(meanwhile)}; p99 meanwhile / quiet ${ratio(meanwhile.p99, quiet.p99)}`,
  );
  await compareLedger(product.metrikaUrl, fromSecond, [
    { firstNumber: 0, rows },
    { firstNumber: FIRST_SINGLE, rows: singlesPosted },
  ]);
  await product.stop();
}
