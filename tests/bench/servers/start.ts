import { constants, copyFile, open, readdir } from "node:fs/promises";
import { demo } from "../../../core/metrika/simulator/demo-data.ts";
import type { SimulatorSettings } from "../../../core/metrika/simulator/settings.ts";
import type { Sender } from "../load.ts";
import { type BenchProcess, startProcess } from "./process.ts";
import { scratchFolder } from "./scratch.ts";

/** A server in a process of its own, on a database of its own. */
export interface BenchServer extends BenchProcess {
  readonly senders: readonly [Sender, ...Sender[]];
}

/** The product, with the Metrika it sends to. */
export interface Product extends BenchServer {
  readonly database: string;
  readonly metrikaUrl: string;
}

/** A folder with a database to begin with, instead of an empty one; it stays as it is. */
export interface Prepared {
  readonly folder: string;
  readonly senders: BenchServer["senders"];
}

/** How a {@link Product} is started. */
export interface ProductOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly simulator?: Partial<Pick<SimulatorSettings, "visitors" | "processingMs">>;
  readonly prepared?: Prepared;
}

/** Bare Hono with the same group commit. */
export async function startCeiling(prepared?: Prepared): Promise<BenchServer> {
  const folder = await scratchFolder();
  if (prepared) await copyFolder(prepared.folder, folder.path);
  const command = [process.execPath, "tests/bench/servers/ceiling.ts", folder.path];
  const server = await startProcess(command, {}, /READY (\d+)/);
  return {
    ...server,
    senders: prepared?.senders ?? [{ path: "/conversions", headers: {} }],
    stop: () => server.stop().then(folder.remove),
  };
}

/** Bare Hono on a PostgreSQL database, with a group commit or a commit for each request. */
export async function startPostgresCeiling(url: string, commits: "group" | "each"): Promise<BenchServer> {
  const command = [process.execPath, "tests/bench/servers/ceiling-postgres.ts", url, commits];
  const server = await startProcess(command, {}, /READY (\d+)/);
  return { ...server, senders: [{ path: "/conversions", headers: {} }] };
}

/** Metrika, as `bun run cli simulate` plays it. */
export async function startSimulator(
  settings: ProductOptions["simulator"] = {},
): Promise<BenchProcess & { readonly url: string }> {
  const command = [process.execPath, "gateway/cli/main.ts", "simulate", "--port", "0"];
  const simulator = await startProcess(command, {}, /serves http:\/\/[\d.]+:(\d+)/);
  const url = `http://127.0.0.1:${simulator.port}`;
  const body = JSON.stringify({ visitors: settings.visitors, processing_ms: settings.processingMs });
  const answer = await fetch(`${url}/_simulator/settings`, { method: "POST", body });
  if (!answer.ok) throw new Error(`The simulator refused its settings: ${await answer.text()}`);
  return { ...simulator, url };
}

/** The product as `bun run start` runs it, with a webhook, against the simulator. */
export async function startProduct({ env, simulator: settings, prepared }: ProductOptions = {}): Promise<Product> {
  const folder = await scratchFolder();
  if (prepared) await copyFolder(prepared.folder, folder.path);
  const simulator = await startSimulator(settings);
  const database = `${folder.path}/gateway.db`;
  const server = await startProcess(
    [process.execPath, "gateway/main.ts"],
    {
      PORT: "0",
      DATABASE_URL: `file:${database}`,
      DATA_FOLDER: folder.path,
      METRIKA_API_URL: simulator.url,
      YANDEX_LOGIN_URL: simulator.url,
      LOG_LEVEL: "info",
      ...env,
    },
    /listens on http:\/\/[\d.]+:(\d+)/,
  );
  return {
    ...server,
    database,
    metrikaUrl: simulator.url,
    senders: prepared?.senders ?? [await createWebhook(folder.path, server.port)],
    async stop() {
      await server.stop();
      await simulator.stop();
      await folder.remove();
    },
  };
}

/** Makes a webhook through the gateway that runs on a data folder. */
export async function createWebhook(folder: string, port: number): Promise<Sender> {
  const { operatorToken } = (await Bun.file(`${folder}/running.json`).json()) as { operatorToken: string };
  const answer = await fetch(`http://127.0.0.1:${port}/webhook/offline-conversions`, {
    method: "POST",
    headers: { authorization: `Bearer ${operatorToken}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "bench", counter_id: demo.counterId, token: demo.token }),
  });
  if (!answer.ok) throw new Error(`The webhook was not created: ${await answer.text()}`);
  const { webhook_id, secret } = (await answer.json()) as { webhook_id: string; secret: string };
  return { path: webhookPath(webhook_id), headers: { "x-webhook-secret": secret } };
}

/** Where the senders of a webhook post. */
export const webhookPath = (webhookId: string) => `/webhook/offline-conversions/${webhookId}`;

/**
 * Copies a database, whose log has been written back, and what lies beside it. The copy is on disk before this ends, so that
 * writing it back is not measured.
 */
async function copyFolder(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    // Whoever filled it may not have let go of it yet, and would take these away under the copy.
    if (/-(?:wal|shm)$/.test(name)) continue;
    await copyFile(`${from}/${name}`, `${to}/${name}`, constants.COPYFILE_FICLONE);
    const file = await open(`${to}/${name}`, "r+");
    await file.sync();
    await file.close();
  }
}
