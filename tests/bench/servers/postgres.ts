import { readFile, stat } from "node:fs/promises";
import { POSTGRES_WANTED, type PostgresServer, postgresPrograms, startPostgres } from "../../setup/postgres.ts";
import { TICKS_PER_SECOND, ticksOf } from "./process.ts";

/** A PostgreSQL server that a benchmark watches. */
export interface BenchPostgres {
  readonly server: PostgresServer;
  /** Seconds of processor time that all its processes have used so far. */
  cpuSeconds(): Promise<number>;
  /** From now on until it is asked: how long each statement took, in milliseconds, by the beginning of its text. */
  watch(): Promise<() => Promise<ReadonlyMap<string, readonly number[]>>>;
}

/** A line of its log: the step of the protocol is of a statement that was prepared. */
const DURATION = /duration: ([\d.]+) ms {2}(?:execute [^:]*|statement): (.*)/;

/**
 * Starts a server that syncs what it commits and tells in its log how long each statement took.
 * @throws where there is no PostgreSQL
 */
export async function startBenchPostgres(): Promise<BenchPostgres> {
  if (postgresPrograms() === null) throw new Error(POSTGRES_WANTED);
  const server = await startPostgres({
    ...{ fsync: "on", shared_buffers: "512MB", max_wal_size: "4GB" },
    ...{ log_min_duration_statement: "0", log_parameter_max_length: "0", log_line_prefix: "" },
  });
  const log = `${server.folder}/log`;
  return {
    server,
    async cpuSeconds() {
      const children = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, "utf8");
      const living = children.split(/\s+/).filter(Boolean).map(Number);
      const ticks = await Promise.all([ticksOf(server.pid, true), ...living.map((pid) => ticksOf(pid, false))]);
      return ticks.reduce((sum, one) => sum + one, 0) / TICKS_PER_SECOND;
    },
    async watch() {
      const { size } = await stat(log);
      return async () => {
        const took = new Map<string, number[]>();
        for await (const line of linesOf(Bun.file(log).slice(size).stream())) {
          const [, duration, text] = DURATION.exec(line) ?? [];
          if (duration === undefined || text === undefined) continue;
          const known = took.get(text);
          if (known) known.push(Number(duration));
          else took.set(text, [Number(duration)]);
        }
        return took;
      };
    },
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
