import { Database } from "bun:sqlite";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { until } from "../setup/process.ts";
import { mb, median, ms, ratio, whole } from "./figures.ts";
import { inChunks, prepareProduct } from "./servers/fill.ts";
import { type BenchProcess, root, startProcess } from "./servers/process.ts";
import { scratchFolder } from "./servers/scratch.ts";
import { type Prepared, startProduct, startSimulator } from "./servers/start.ts";
import { conversionsInSql, type Stored, storedConversions } from "./stored.ts";

const ROUNDS = 3;
const PATIENCE_MS = 600_000;
/** After a start the garbage of starting is collected; then a process is idle. */
const IDLE_MS = 3000;
const LATER = Number.MAX_SAFE_INTEGER;

interface Upload {
  readonly ms: number;
  /** Bytes resident at the most, above what was resident before. */
  readonly above: number;
}

/** A file of a million rows (BENCH_STORED) to the simulator, against a bare script that does the same. */
export async function benchUpload(): Promise<void> {
  const stored = storedConversions(Number(process.env.BENCH_STORED ?? 1_000_000));
  const prepared = await fillUpload(stored);
  const contestants = { bare: uploadBare, product: uploadByProduct } as const;
  const runs = { bare: [] as Upload[], product: [] as Upload[] };
  for (let round = 1; round <= ROUNDS; round++) {
    for (const name of ["bare", "product"] as const) {
      const run = await contestants[name](prepared);
      runs[name].push(run);
      console.log(`${name.padEnd(7)}  round ${round}: ${ms(run.ms)}, ${mb(run.above)} resident above idle`);
    }
  }
  const [bare, product] = [runs.bare, runs.product];
  const time = (of: readonly Upload[]) => median(of.map((run) => run.ms));
  const above = (of: readonly Upload[]) => median(of.map((run) => run.above));
  console.log(`product / bare, time to upload ${whole(stored.rows)} rows: ${ratio(time(product), time(bare))}`);
  console.log(`resident above idle (medians of ${ROUNDS}): product ${mb(above(product))}, bare ${mb(above(bare))}`);
}

/** The conversions of one webhook in one sealed file that is not due. */
function fillUpload(stored: Stored): Promise<Prepared> {
  const { rows } = stored;
  return prepareProduct(async (sqlite) => {
    const now = Date.now();
    sqlite.exec(`
      insert into uploads (id, uuid, workspace_id, counter_id, credential_id, currency, state, rows, bytes, ripe_at, not_before,
        next_attempt_at, created_at, sealed_at, updated_at)
      values (1, '${Bun.randomUUIDv7()}', 1, ${demo.counterId}, 1, 'RUB', 'planned', ${rows}, ${rows * 64}, 0, 0, ${LATER}, ${now}, ${now}, ${now});
      insert into batches (id, source_id, received, duplicates, rejected, sealed, first_conversion_id, last_conversion_id, created_at, updated_at)
      values (1, 1, ${rows}, 0, 0, 1, 1, ${rows}, ${now}, ${now});
      insert into batch_uploads (batch_id, upload_id, rows, duplicates) values (1, 1, ${rows}, 0);
      insert into watermarks (name, value) values ('conversions_planned', ${rows});
    `);
    await inChunks(sqlite, "product", stored, [
      `insert into conversions (id, batch_id, row, source_id, workspace_id, counter_id, date_time, target, client_id, price, currency, upload_id)
       select i + 1, 1, i, 1, 1, ${demo.counterId}, at, 'purchase', client, price, 'RUB', 1 from ${conversionsInSql(stored)}`,
    ]);
    return [];
  });
}

/** From the moment a worker claims the file until Metrika has it. */
async function uploadByProduct(prepared: Prepared): Promise<Upload> {
  const product = await startProduct({ prepared, simulator: { visitors: "any" } });
  const db = new Database(product.database, { strict: true });
  const above = await peakAboveIdle(product);
  db.exec("pragma busy_timeout = 5000; update uploads set next_attempt_at = 0");
  const attempt = db.prepare<{ ms: number; outcome: string }, []>(
    "select ended_at - started_at as ms, outcome from upload_attempts where kind = 'send'",
  );
  const sent = await until("the file is sent", () => attempt.get(), PATIENCE_MS);
  if (sent.outcome !== "accepted") throw new Error(`The file was not sent: ${sent.outcome}\n${product.said()}`);
  const run = { ms: sent.ms, above: await above() };
  db.close();
  await product.stop();
  return run;
}

async function uploadBare({ folder }: Prepared): Promise<Upload> {
  const simulator = await startSimulator({ visitors: "any" });
  const scratch = await scratchFolder();
  const address = `${simulator.url}/management/v1/counter/${demo.counterId}/offline_conversions/upload?comment=bare`;
  const bare = await startProcess(
    [
      process.execPath,
      `${root}/tests/bench/servers/bare-upload.ts`,
      `${folder}/gateway.db`,
      scratch.path,
      address,
      demo.token,
    ],
    {},
    /READY()/,
  );
  const above = await peakAboveIdle(bare);
  bare.nudge();
  const took = await until(
    "the bare upload is done",
    () => /DONE (\d+) (\d+)/.exec(bare.said())?.[1] ?? null,
    PATIENCE_MS,
  );
  const run = { ms: Number(took), above: await above() };
  await bare.stop();
  await simulator.stop();
  await scratch.remove();
  return run;
}

/** Waits until a process is idle; what is given back tells how much more it had at its peak. */
async function peakAboveIdle(idle: BenchProcess): Promise<() => Promise<number>> {
  await Bun.sleep(IDLE_MS);
  await idle.forgetPeak();
  const before = await idle.residentBytes();
  return async () => (await idle.peakBytes()) - before;
}
