import { copyFile, lstat, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { startProcess } from "./process.ts";
import { scratchFolder } from "./scratch.ts";
import type { BenchServer } from "./start.ts";

/** As long as the product's own. */
const SECRET = `whs_${"0123456789abcdef".repeat(3)}`;

/** The peer, ready to be started. */
interface Peer {
  /** What it is made of. */
  readonly uses: string;
  start(): Promise<BenchServer>;
}

/**
 * Makes Fastify and better-sqlite3 ready under Node. They are installed with npm on first use, which builds the latter and may
 * take minutes, and kept in the folder of temporary files. Returns why it is left out where that is impossible.
 */
export async function prepareFastify(): Promise<Peer | string> {
  const node = Bun.which("node");
  const npm = Bun.which("npm");
  if (node === null || npm === null) return "there is no Node with npm on this machine";
  const packages = await installed(npm);
  if (packages === null) return "npm could not install Fastify";
  const start = async () => {
    const folder = await scratchFolder();
    await copyFile(`${import.meta.dir}/fastify.mjs`, `${packages}/server.mjs`);
    const command = [node, `${packages}/server.mjs`, folder.path, `${import.meta.dir}/ceiling.sql`, SECRET];
    const server = await startProcess(command, {}, /READY (\d+)/);
    return {
      ...server,
      senders: [{ path: "/conversions", headers: { "x-webhook-secret": SECRET } }] as const,
      stop: () => server.stop().then(folder.remove),
    };
  };
  try {
    const first = await start();
    const uses = /USES (.*)/.exec(first.said())?.[1] ?? "";
    await first.stop();
    return { uses, start };
  } catch (error) {
    return `it does not start: ${error instanceof Error ? error.message : error}`;
  }
}

async function installed(npm: string): Promise<string | null> {
  const user = process.getuid?.() ?? 0;
  const folder = `${tmpdir()}/metrika-gateway-bench-fastify-${user}`;
  const done = `${folder}/installed`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // What another user has laid there is not run.
  if ((await lstat(folder)).uid !== user) return null;
  if (await Bun.file(done).exists()) return folder;
  console.log("Fastify and better-sqlite3 are being installed; the latter is built, which takes a minute or more.");
  await rm(`${folder}/node_modules`, { recursive: true, force: true });
  await writeFile(`${folder}/package.json`, '{"private":true}\n');
  const install = (...packages: string[]) =>
    Bun.spawnSync([npm, "install", "--no-audit", "--no-fund", ...packages], { cwd: folder }).exitCode === 0;
  if (!install("fastify@5", "better-sqlite3@12") && !install("fastify@5")) return null;
  await writeFile(done, "");
  return folder;
}
