import { newConversions, toBody } from "./conversions.ts";
import { latencies, mb, ms } from "./figures.ts";
import { type LoadResult, runLoad } from "./load.ts";
import { allAccepted } from "./measure.ts";
import { fillProduct, needRoom } from "./servers/fill.ts";
import { root } from "./servers/process.ts";
import { scratchFolder } from "./servers/scratch.ts";
import { type Product, startProduct } from "./servers/start.ts";
import { storedConversions } from "./stored.ts";

const ROUNDS = 3;
const QUIET_SECONDS = 8;
const POSTS_PER_SECOND = 200;
const CONNECTIONS = 16;

/** What single posts wait for while a backup of a million conversions (BENCH_STORED) is made, and how long that takes. */
export async function benchBackup(): Promise<void> {
  const stored = storedConversions(Number(process.env.BENCH_STORED ?? 1_000_000));
  await needRoom(stored.rows);
  const prepared = await fillProduct(stored);
  for (let round = 1; round <= ROUNDS; round++) {
    const product = await startProduct({ prepared });
    const copies = await scratchFolder();
    const until = performance.now() + QUIET_SECONDS * 1000;
    const quiet = await postUntil(product, () => performance.now() > until);
    const started = performance.now();
    let took = 0;
    const backup = backUp(product, `${copies.path}/copy.db`).then(() => {
      took = performance.now() - started;
    });
    const meanwhile = await postUntil(product, () => took > 0);
    await backup;
    const size = Bun.file(`${copies.path}/copy.db`).size;
    console.log(
      `round ${round}: backup of ${mb(size)} in ${ms(took)}; posts meanwhile ${told(meanwhile)}; quiet ${told(quiet)}`,
    );
    await product.stop();
    await copies.remove();
  }
}

const told = (result: LoadResult) => `${latencies(result)}, longest ${ms(result.longest)}`;

async function postUntil({ port, senders: [sender] }: Product, isOver: () => boolean): Promise<LoadResult> {
  const rows = newConversions();
  const next = () => (isOver() ? null : { sender, body: toBody(rows(1)) });
  return allAccepted(await runLoad({ port, connections: CONNECTIONS, next, perSecond: POSTS_PER_SECOND }));
}

async function backUp({ database }: Product, to: string): Promise<void> {
  const child = Bun.spawn([process.execPath, "gateway/cli/main.ts", "backup", "--to", to], {
    cwd: root,
    env: { ...process.env, DATABASE_URL: `file:${database}` },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const said = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Error(`The backup failed: ${said}`);
}
