import { readFile, writeFile } from "node:fs/promises";
import { atEnd } from "./scratch.ts";

/** A process that a benchmark started. */
export interface BenchProcess {
  readonly port: number;
  /** What it said last, for a failure's message or a result. */
  said(): string;
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<void>;
  /** Seconds of processor time that it has used so far. */
  cpuSeconds(): Promise<number>;
  /** Bytes resident now. */
  residentBytes(): Promise<number>;
  /** Bytes resident at the most since `forgetPeak`. */
  peakBytes(): Promise<number>;
  forgetPeak(): Promise<void>;
  /** Gives it an empty line to read. */
  nudge(): void;
  stop(): Promise<void>;
}

/** The project's own folder, in which processes run. */
export const root = `${import.meta.dir}/../../..`;

const KEPT_OUTPUT = 100_000;

/** Of the kernel, in which it counts processor time for others to read. */
export const TICKS_PER_SECOND = 100;

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: utime and stime, and of children that have ended cutime and cstime. */
export async function ticksOf(pid: number, withEnded: boolean): Promise<number> {
  const told = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const fields = told.slice(told.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, withEnded ? 15 : 13).reduce((sum, field) => sum + Number(field), 0);
}

/**
 * Starts a process and waits until it says where it listens.
 * @param ready its first group is the port; a process that does not listen may leave it empty
 * @throws when the process ends before it is ready
 */
export async function startProcess(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  ready: RegExp,
): Promise<BenchProcess> {
  const child = Bun.spawn([...command], {
    cwd: root,
    env: { ...process.env, ...env },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  const kept = atEnd(() => child.kill("SIGKILL"));
  void child.exited.then(kept);
  let said = "";
  const read = async (stream: ReadableStream<Uint8Array>, heard: () => void) => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      said = (said + decoder.decode(chunk)).slice(-KEPT_OUTPUT);
      heard();
    }
  };
  let readers: Promise<unknown> = Promise.resolve();
  const port = await new Promise<string>((resolve, reject) => {
    let isReady = false;
    const heard = () => {
      const found = isReady ? null : ready.exec(said);
      if (found === null) return;
      isReady = true;
      resolve(found[1] ?? "");
    };
    readers = Promise.all([read(child.stdout, heard), read(child.stderr, heard)]);
    readers.catch(reject);
    child.exited.then(() => reject(new Error(`${command.join(" ")} ended:\n${said}`)));
  });
  const bytes = async (field: "VmRSS" | "VmHWM") => {
    const status = await Bun.file(`/proc/${child.pid}/status`).text();
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) * 1024;
  };
  return {
    port: Number(port),
    said: () => said,
    ended: child.exited.then(async () => {
      await readers;
    }),
    cpuSeconds: async () => (await ticksOf(child.pid, true)) / TICKS_PER_SECOND,
    residentBytes: () => bytes("VmRSS"),
    peakBytes: () => bytes("VmHWM"),
    // https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html: 5 resets the peak resident set size.
    forgetPeak: () => writeFile(`/proc/${child.pid}/clear_refs`, "5"),
    nudge() {
      child.stdin.write("\n");
      child.stdin.flush();
    },
    async stop() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
