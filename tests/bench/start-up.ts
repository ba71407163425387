import { mb, median, ms, ratio } from "./figures.ts";
import { type BenchProcess, startProcess } from "./servers/process.ts";
import { scratchFolder } from "./servers/scratch.ts";

const ROUNDS = 10;
const IDLE_MS = 10_000;

interface Program {
  /** @param folder an empty one */
  readonly command: (folder: string) => readonly string[];
  readonly ready: RegExp;
}

const programs = {
  ceiling: { command: (folder) => ["tests/bench/servers/ceiling.ts", folder], ready: /READY (\d+)/ },
  product: { command: () => ["gateway/main.ts"], ready: /listens on http:\/\/[\d.]+:(\d+)/ },
} as const satisfies Record<string, Program>;

/** From the start of the process on an empty folder to its first answer, and what it holds when idle. */
export async function benchStart(): Promise<void> {
  const times = { ceiling: [] as number[], product: [] as number[] };
  const resident = { ceiling: 0, product: 0 };
  for (let round = 1; round <= ROUNDS; round++) {
    for (const name of ["ceiling", "product"] as const) {
      const folder = await scratchFolder();
      const { took, process } = await startUp(programs[name], folder.path);
      times[name].push(took);
      if (round === ROUNDS) {
        await Bun.sleep(IDLE_MS);
        resident[name] = await process.residentBytes();
      }
      await process.stop();
      await folder.remove();
    }
  }
  for (const name of ["ceiling", "product"] as const) {
    console.log(
      `${name}: first answer after ${ms(median(times[name]))} (median of ${ROUNDS}, ${ms(Math.min(...times[name]))} to ${ms(Math.max(...times[name]))}), resident after ${IDLE_MS / 1000} s idle ${mb(resident[name])}`,
    );
  }
  console.log(`product / ceiling, time to the first answer: ${ratio(median(times.product), median(times.ceiling))}`);
}

async function startUp(program: Program, folder: string): Promise<{ took: number; process: BenchProcess }> {
  const port = freePort();
  const env = { PORT: String(port), HOST: "127.0.0.1", DATABASE_URL: `file:${folder}/gateway.db` };
  const started = performance.now();
  const starting = startProcess([process.execPath, ...program.command(folder)], env, program.ready);
  let ended = false;
  starting.catch(() => {
    ended = true;
  });
  while (!ended && !(await answers(port))) await Bun.sleep(1);
  const took = performance.now() - started;
  return { took, process: await starting };
}

/** The ceiling knows no such address, and its 404 is an answer. */
const answers = (port: number) =>
  fetch(`http://127.0.0.1:${port}/healthz`).then(
    () => true,
    () => false,
  );

function freePort(): number {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response() });
  const port = Number(server.port);
  server.stop(true);
  return port;
}
