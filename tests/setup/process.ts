import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { seedDemo } from "../../core/metrika/simulator/demo-data.ts";
import type { SimulatorSettings } from "../../core/metrika/simulator/settings.ts";
import { createMetrikaSimulator, type MetrikaSimulator } from "../../core/metrika/simulator/simulator.ts";

const ROOT = `${import.meta.dir}/../..`;
/** How long a process may take to start, to answer or to end before the test fails. */
const PATIENCE_MS = 30_000;

export type Environment = Readonly<Record<string, string>>;

/** A folder that is gone after the test. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
  /** The settings of a gateway that keeps its data here. */
  readonly settings: Environment;
}

/** A gateway that runs as a process of its own, as in production. */
export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly operatorToken: string;
  /** Ends it without warning, as a power failure would. */
  kill(): Promise<void>;
  /** Asks it to stop; the exit code, and how long it took. */
  terminate(): Promise<{ readonly code: number | null; readonly ms: number }>;
  log(): Promise<string>;
  /** What it wrote to standard output. */
  printed(): Promise<string>;
  /** Resolves when it has ended, however it did, with the signal that ended it. */
  readonly ended: Promise<Bun.Subprocess["signalCode"]>;
}

/** A command that has ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(`${tmpdir()}/gateway-process-`);
  return {
    path,
    settings: { DATABASE_URL: `file:${path}/data/gateway.db` },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** The simulator in the test's own process, over HTTP: its ledger and faults are at hand, and it outlives the gateway. */
export async function serveSimulator(
  settings: Partial<SimulatorSettings> = {},
): Promise<{ readonly simulator: MetrikaSimulator; readonly url: string } & AsyncDisposable> {
  const simulator = createMetrikaSimulator({ settings: { visitors: "any", processingMs: 0, ...settings } });
  seedDemo(simulator);
  const { url, stop } = await simulator.serve();
  return { simulator, url, [Symbol.asyncDispose]: stop };
}

/** Settings that point a gateway at a simulator and let it hurry. */
export function hurried(metrikaUrl: string): Environment {
  return {
    METRIKA_API_URL: metrikaUrl,
    YANDEX_OAUTH_URL: metrikaUrl,
    YANDEX_LOGIN_URL: metrikaUrl,
    METRIKA_RPS: "1000",
    METRIKA_DAILY_REQUESTS: "1000000000",
    UPLOAD_LINGER_SECONDS: "0",
    POLL_INTERVAL_SECONDS: "1",
    READ_BACK_SECONDS: "1,2,3",
  };
}

/** Nothing of the machine's own settings reaches the process, only the way to its programs. */
function environment(env: Environment): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", HOST: "127.0.0.1", PORT: "0", ...env };
}

/**
 * Starts a gateway on a free port and waits until it takes conversions.
 * @param command what stands in place of the production start, `gateway/main.ts`
 */
export async function startGateway(
  folder: TemporaryFolder,
  env: Environment = {},
  command: readonly string[] = [process.execPath, `${ROOT}/gateway/main.ts`],
): Promise<GatewayProcess> {
  const logFile = `${folder.path}/log-${crypto.randomUUID()}.jsonl`;
  const printedFile = `${folder.path}/printed-${crypto.randomUUID()}.txt`;
  const child = Bun.spawn([...command], {
    cwd: folder.path,
    env: environment({ ...folder.settings, ...env }),
    stdio: ["ignore", Bun.file(printedFile), Bun.file(logFile)],
  });
  const endWithUs = () => child.kill("SIGKILL");
  process.once("exit", endWithUs);
  void child.exited.then(() => process.off("exit", endWithUs));
  const log = () => readFile(logFile, "utf8").catch(() => "");
  const end = async (signal: "SIGKILL" | "SIGTERM") => {
    child.kill(signal);
    await child.exited;
  };
  try {
    const running = await until("the gateway announces itself", async () => {
      if (child.exitCode !== null) throw new Error(`The gateway ended with ${child.exitCode}:\n${await log()}`);
      return announced(`${folder.path}/data/running.json`, child.pid);
    });
    await until("the gateway is ready", () => isReady(running.url));
    return {
      ...running,
      log,
      printed: () => readFile(printedFile, "utf8").catch(() => ""),
      ended: child.exited.then(() => child.signalCode),
      kill: () => end("SIGKILL"),
      async terminate() {
        const started = performance.now();
        await end("SIGTERM");
        return { code: child.exitCode, ms: performance.now() - started };
      },
      [Symbol.asyncDispose]: () => end("SIGKILL"),
    };
  } catch (error) {
    await end("SIGKILL");
    throw error;
  }
}

/**
 * Runs the server or a command to its end.
 * @param answer what is typed into it: at once, or once its standard output gives reason to
 */
export async function run(
  program: "main" | "cli/main",
  args: readonly string[],
  env: Environment,
  answer: string | ((said: string) => string | null) = "",
): Promise<Ended> {
  const child = Bun.spawn([process.execPath, `${ROOT}/gateway/${program}.ts`, ...args], {
    env: environment(env),
    stdio: ["pipe", "pipe", "pipe"],
    timeout: PATIENCE_MS,
    killSignal: "SIGKILL",
  });
  let isAnswered = false;
  const hear = (said: string) => {
    const text = typeof answer === "string" ? answer : answer(said);
    if (text === null || isAnswered) return;
    isAnswered = true;
    child.stdin.write(text);
    child.stdin.end();
  };
  const listen = async () => {
    let said = "";
    hear(said);
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += piece;
      hear(said);
    }
    return said;
  };
  const [stdout, stderr, code] = await Promise.all([listen(), new Response(child.stderr).text(), child.exited]);
  return { code, stdout, stderr };
}

/** The `simulate` command as a process; resolves when it has said where it serves. */
export async function startSimulate(
  args: readonly string[] = [],
): Promise<{ readonly url: string; terminate(): Promise<number> } & AsyncDisposable> {
  const child = Bun.spawn([process.execPath, `${ROOT}/gateway/cli/main.ts`, "simulate", "--port", "0", ...args], {
    env: environment({}),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += piece;
    const url = /serves (http:\S+)/.exec(said)?.[1];
    if (url === undefined) continue;
    return {
      url,
      terminate() {
        child.kill("SIGTERM");
        return child.exited;
      },
      async [Symbol.asyncDispose]() {
        child.kill("SIGKILL");
        await child.exited;
      },
    };
  }
  throw new Error(`simulate ended with ${await child.exited}: ${said}`);
}

/** Asks again and again until there is an answer; fails with the name of what did not happen. */
export async function until<T>(what: string, ask: () => Promise<T | null> | T | null, patienceMs = PATIENCE_MS) {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`${patienceMs} ms passed before ${what}.`);
    await Bun.sleep(10);
  }
}

async function announced(
  file: string,
  pid: number,
): Promise<{ url: string; pid: number; operatorToken: string } | null> {
  const text = await readFile(file, "utf8").catch(() => "");
  // The file of a process that was killed lies there still, and a new one may be half-written.
  if (!text.endsWith("}")) return null;
  const running = JSON.parse(text) as { url: string; pid: number; operatorToken: string };
  return running.pid === pid ? running : null;
}

const isReady = (url: string) =>
  fetch(`${url}/readyz`).then(
    (answer) => (answer.ok ? true : null),
    () => null,
  );
