import { expect, setDefaultTimeout, test } from "bun:test";
import { differenceOf, whole } from "../setup/ledger.ts";
import {
  type GatewayProcess,
  hurried,
  serveSimulator,
  startGateway,
  type TemporaryFolder,
  temporaryFolder,
  until,
} from "../setup/process.ts";
import { createWebhook, post, saleOf, type Webhook } from "../setup/senders.ts";

// Real processes on a shared machine: each wait has a deadline of its own.
setDefaultTimeout(60_000);

/** How long after the return of the disk the gateway may need. */
const RECOVERY_MS = 5000;
/** So many bytes may still be written to the write-ahead log before the disk is full. */
const ROOM = 200_000;
// Without the trap the system would end a process that writes beyond its limit; with it, the write fails.
const BOUNDED = [
  "sh",
  "-c",
  `trap "" XFSZ; exec "$@"`,
  "sh",
  process.execPath,
  `${import.meta.dir}/../../gateway/main.ts`,
];

/** No file of the process may grow beyond so many bytes from now on: what a full disk is to it. Null: as far as they like. */
function limitFiles({ pid }: GatewayProcess, bytes: number | null): void {
  const { exitCode, stderr } = Bun.spawnSync(["prlimit", `--pid=${pid}`, `--fsize=${bytes ?? "unlimited"}:`]);
  if (exitCode !== 0) throw new Error(`prlimit: ${stderr.toString()}`);
}

interface Sent {
  readonly conversions: readonly object[];
  readonly status: number;
  readonly code: string;
}

async function send(gateway: GatewayProcess, webhook: Webhook, name: string): Promise<Sent> {
  const conversions = Array.from({ length: 40 }, (_, n) => saleOf(`${name}-${n}`));
  const answer = await post(gateway, webhook, conversions);
  const { code = "" } = (await answer.json()) as { code?: string };
  return { conversions, status: answer.status, code };
}

const greatestFile = ({ path }: TemporaryFolder) =>
  Math.max(...Array.from(new Bun.Glob("**/*").scanSync(path), (name) => Bun.file(`${path}/${name}`).size));

/** For each thing that was told, the times (Unix milliseconds) at which it was. */
function timesByCause(log: string): ReadonlyMap<string, readonly number[]> {
  const causes = new Map<string, number[]>();
  for (const text of log.trim().split("\n")) {
    const { level, message, time } = JSON.parse(text) as Record<"level" | "message" | "time", string>;
    if (level !== "warning" && level !== "error") continue;
    const cause = message.replace(/Request \S+/, "").replace(/\d+ times/, "");
    causes.set(cause, [...(causes.get(cause) ?? []), Date.parse(time)]);
  }
  return causes;
}

test.skipIf(Bun.which("prlimit") === null)(
  "a full disk is told to senders and, once a second, to the log; when there is room again all goes on, and nothing acknowledged is lost",
  async () => {
    await using folder = await temporaryFolder();
    await using metrika = await serveSimulator();
    await using gateway = await startGateway(folder, hurried(metrika.url), BOUNDED);
    const webhook = await createWebhook(gateway);
    const all: Sent[] = [await send(gateway, webhook, "before")];

    limitFiles(gateway, greatestFile(folder) + ROOM);
    const isFull = async () => {
      const sent = await send(gateway, webhook, `filling-${all.length}`);
      all.push(sent);
      return sent.status === 503 || null;
    };
    await until("the disk is full", isFull);
    const fullAt = performance.now();
    while (performance.now() - fullAt < 1500) all.push(await send(gateway, webhook, `full-${all.length}`));
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);

    limitFiles(gateway, null);
    const isTaken = async () => {
      const sent = await send(gateway, webhook, `after-${all.length}`);
      all.push(sent);
      return sent.status === 202 || null;
    };
    await until("conversions are taken again", isTaken, RECOVERY_MS);
    const refused = all.filter(({ status }) => status !== 202);
    expect(refused.length).toBeGreaterThan(10);
    expect(refused.filter(({ status, code }) => status !== 503 || code !== "storage_unavailable")).toEqual([]);
    const acknowledged = all.filter(({ status }) => status === 202).flatMap(({ conversions }) => conversions);
    await until(
      "all that was acknowledged is at Metrika",
      () => differenceOf(metrika.simulator, acknowledged).lost.length === 0 || null,
      RECOVERY_MS,
    );

    const perhaps = refused.flatMap(({ conversions }) => conversions);
    expect(differenceOf(metrika.simulator, acknowledged, perhaps)).toEqual(whole);
    const causes = timesByCause(await gateway.log());
    expect([...causes.keys()].some((cause) => cause.includes("met a database that fails"))).toBe(true);
    for (const [cause, times] of causes) {
      const gaps = times.slice(1).map((time, i) => time - (times[i] as number));
      // The line's own time is read some microseconds after that of the filter which lets it through.
      const isCalm = gaps.every((gap) => gap >= 990);
      expect({ cause, isCalm }).toEqual({ cause, isCalm: true });
    }
  },
);
