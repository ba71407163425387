import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { demo } from "../../../core/metrika/simulator/demo-data.ts";

/** A server in a process of its own, on a database of its own. */
export interface BenchServer {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes resident now. */
  residentBytes(): Promise<number>;
  stop(): Promise<void>;
}

const root = `${import.meta.dir}/../../..`;

async function start(command: readonly string[], env: Readonly<Record<string, string>>, ready: RegExp) {
  const child = Bun.spawn([process.execPath, ...command], {
    cwd: root,
    env: { ...process.env, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  let seen = "";
  const read = async (stream: ReadableStream<Uint8Array>, found: (port: string) => void) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      if (seen.length > 100_000) continue;
      seen += decoder.decode(chunk);
      const port = ready.exec(seen)?.[1];
      if (port) found(port);
    }
  };
  const port = await new Promise<string>((resolve, reject) => {
    read(child.stdout, resolve).catch(reject);
    read(child.stderr, resolve).catch(reject);
    child.exited.then(() => reject(new Error(`${command.join(" ")} ended:\n${seen}`)));
  });
  return {
    port: Number(port),
    async residentBytes() {
      const status = await Bun.file(`/proc/${child.pid}/status`).text();
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
    },
    async stop() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** Bare Hono with the same group commit. */
export async function startCeiling(): Promise<BenchServer> {
  const folder = await mkdtemp(`${tmpdir()}/bench-`);
  const server = await start(["tests/bench/servers/ceiling.ts", folder], {}, /READY (\d+)/);
  return {
    ...server,
    path: "/conversions",
    headers: {},
    stop: () => server.stop().then(() => rm(folder, { recursive: true })),
  };
}

/** The product as `bun run start` runs it, with a webhook, against the simulator. */
export async function startProduct(): Promise<BenchServer> {
  const folder = await mkdtemp(`${tmpdir()}/bench-`);
  const simulator = await start(["gateway/cli/main.ts", "simulate", "--port", "0"], {}, /serves http:\/\/[\d.]+:(\d+)/);
  const metrika = `http://127.0.0.1:${simulator.port}`;
  const env = {
    PORT: "0",
    DATABASE_URL: `file:${folder}/gateway.db`,
    METRIKA_API_URL: metrika,
    YANDEX_LOGIN_URL: metrika,
    LOG_LEVEL: "info",
  };
  const server = await start(["gateway/main.ts"], env, /listens on http:\/\/[\d.]+:(\d+)/);
  const created = Bun.spawnSync([process.execPath, "gateway/cli/main.ts", "api-key", "create", "--name", "bench"], {
    cwd: root,
    env: { ...process.env, ...env },
  });
  const answer = await fetch(`http://127.0.0.1:${server.port}/webhook/offline-conversions`, {
    method: "POST",
    headers: { authorization: `Bearer ${created.stdout.toString().trim()}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "bench", counter_id: demo.counterId, token: demo.token }),
  });
  const { webhook_id, secret } = (await answer.json()) as { webhook_id: string; secret: string };
  return {
    ...server,
    path: `/webhook/offline-conversions/${webhook_id}`,
    headers: { "x-webhook-secret": secret },
    async stop() {
      await server.stop();
      await simulator.stop();
      await rm(folder, { recursive: true });
    },
  };
}
