import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { until } from "../setup/process.ts";

const DEMO = `${import.meta.dir}/../../gateway/demo.ts`;
/** How long something may take to be said; a test has longer, so that it fails with the name of what was not said. */
const PATIENCE_MS = 40_000;
const TEST_MS = 60_000;

/** A demo that runs as a process of its own, and what it has said so far. */
interface DemoProcess {
  readonly exited: Promise<number>;
  isOver(): boolean;
  said(): string;
  terminate(): void;
}

let folder: string;
let once: DemoProcess;
let staying: DemoProcess;

// Both at once: a demo takes its time to be watched.
beforeAll(async () => {
  folder = await mkdtemp(`${tmpdir()}/demo-test-`);
  once = startDemo(["--once"], { LANG: "ru_RU.UTF-8" });
  staying = startDemo([], {});
});
afterAll(async () => {
  for (const demo of [once, staying]) demo.terminate();
  await Promise.all([once.exited, staying.exited]);
  await rm(folder, { recursive: true, force: true });
});

function startDemo(args: readonly string[], env: Readonly<Record<string, string>>): DemoProcess {
  const child = Bun.spawn([process.execPath, DEMO, ...args], {
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", TMPDIR: folder, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const listen = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const piece of stream) text += decoder.decode(piece, { stream: true });
  };
  const heard = Promise.all([listen(child.stdout), listen(child.stderr)]);
  return {
    exited: Promise.all([child.exited, heard]).then(([code]) => code),
    isOver: () => child.exitCode !== null,
    said: () => text,
    terminate: () => child.kill("SIGTERM"),
  };
}

/** The lines that begin like this, in order. */
const linesWith = (text: string, pattern: RegExp) => text.split("\n").filter((line) => pattern.test(line));

test(
  "the demo ends well by itself, having shown each stage of the way",
  async () => {
    expect(await once.exited, once.said()).toBe(0);
    const said = once.said();
    // Stages that last a moment are seen or not, as the look falls.
    const fleeting = ["pending", "sending"];
    const stages = linesWith(said, /^ *\d+\.\d s /)
      .map((line) => /s {2}(\w+)/.exec(line)?.[1] ?? "")
      .filter((stage) => !fleeting.includes(stage));
    expect(stages).toEqual([
      ...["accepted", "uploaded", "processing", "completed"],
      ...["accepted", "uploaded", "processing", "completed"],
      ...["queued", "sent", "processing", "linked", "completed"],
    ]);
    expect(said).toContain("принято 17, повторов 1, отклонено 2");
    expect(said).toContain("доля привязки 94 %: к визитам привязано 15 из 16 строк");
    expect(said).toContain("ближайшая существующая");
    expect(said).toContain("Учтено Метрикой: 18, передано строк: 18");
  },
  TEST_MS,
);

test(
  "written to a file, the output is plain text without a line of the log",
  async () => {
    await once.exited;
    expect(once.said()).not.toContain("\u001b");
    expect(linesWith(once.said(), /^\{/)).toEqual([]);
    for (const line of linesWith(once.said(), /^ {21}/)) expect(line.length).toBeLessThanOrEqual(116);
  },
  TEST_MS,
);

test(
  "each printed command does what it says when it is pasted",
  async () => {
    const [sale, example, status, rows] = await Promise.all((await printedCommands()).map(paste));
    expect(sale).toMatchObject({ status: "accepted", accepted_count: 1 });
    expect(example).toMatchObject({ status: "accepted", accepted_count: 0, duplicate_count: 1 });
    expect(status).toMatchObject({
      status: "completed",
      total: 20,
      accepted: 17,
      duplicates: 1,
      rejected: 2,
      linked: 16,
    });
    expect(rows).toHaveProperty("data.length", 20);
    for (const address of addressesIn(staying.said())) expect((await fetch(address)).status).toBe(200);
  },
  TEST_MS,
);

test(
  "a batch that somebody posts to the running demo is followed too",
  async () => {
    const [sale = ""] = await printedCommands();
    const { batch_id } = (await paste(sale.replace('"purchase"', '"call"'))) as { batch_id: string };
    const told = new RegExp(`\\nBatch ${batch_id}\\n(?: .*\\n)* .*completed +1 of 1 processed`);
    await stayingSays(told);
    expect(staying.said()).toMatch(new RegExp(`\\nBatch ${batch_id}\\n.*accepted +1 taken, 0 repeated, 0 refused`));
  },
  TEST_MS,
);

test(
  "a taken port is told in one sentence with the mend",
  async () => {
    const [, PORT = ""] = await stayingSays(/localhost:(\d+)/);
    const second = startDemo(["--once"], { PORT });
    expect(await second.exited).toBe(1);
    expect(second.said()).toBe(`Port ${PORT} is taken by another program. Choose a free one: PORT=8888 bun run demo\n`);
  },
  TEST_MS,
);

test(
  "SIGTERM ends the demo cleanly and leaves nothing behind",
  async () => {
    await stayingSays(/Ctrl-C/);
    staying.terminate();
    expect(await staying.exited).toBe(0);
    expect(staying.said()).toEndWith("Stopped; the temporary data is removed.\n");
    await once.exited;
    expect(await readdir(folder)).toEqual([]);
  },
  TEST_MS,
);

/** Waits for the staying demo's words; fails with all it said if it ends without them. */
function stayingSays(words: RegExp): Promise<RegExpExecArray> {
  const heard = () => {
    const match = words.exec(staying.said());
    if (match === null && staying.isOver()) throw new Error(`The demo has ended:\n${staying.said()}`);
    return match;
  };
  return until(`the demo said ${words}`, heard, PATIENCE_MS);
}

/** What it offers to paste. */
async function printedCommands(): Promise<readonly string[]> {
  await stayingSays(/Ctrl-C/);
  return linesWith(staying.said(), /^curl /);
}

/** Lets a real shell split the command, then asks what curl would have asked. */
async function paste(command: string): Promise<unknown> {
  const script = `curl() { printf '%s\\n' "$@"; }\n${command}`;
  const args = Bun.spawnSync(["sh", "-c", script]).stdout.toString().trimEnd().split("\n");
  const after = (name: string) => args.flatMap((arg, index) => (args[index - 1] === name ? [arg] : []));
  const headers = after("-H").map((header) => header.split(": ") as [string, string]);
  const [body] = after("-d");
  const url = args.find((arg) => arg.startsWith("http")) ?? "";
  const answer = await fetch(url, { headers, ...(body !== undefined && { method: "POST", body }) });
  return answer.json();
}

const addressesIn = (text: string) => text.match(/http:\S+(?:\/docs|\/openapi\.json|\/ledger)$/gm) ?? [];
