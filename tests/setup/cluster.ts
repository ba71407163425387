import postgres from "postgres";
import type { SimulatorSettings } from "../../core/metrika/simulator/settings.ts";
import type { MetrikaSimulator } from "../../core/metrika/simulator/simulator.ts";
import type { Death } from "./deaths.ts";
import type { TestPostgres } from "./postgres.ts";
import {
  type Environment,
  type GatewayProcess,
  hurried,
  serveSimulator,
  startGateway,
  type TemporaryFolder,
  temporaryFolder,
} from "./process.ts";
import { uploadsByState } from "./senders.ts";

/** How long a claim lives on the gateways of a cluster: shorter than in production, so that tests may wait for its end. */
export const LEASE_MS = 3000;

/** Several gateways as processes of their own, on one database and before one Metrika. */
export interface Cluster extends AsyncDisposable {
  readonly simulator: MetrikaSimulator;
  readonly metrikaUrl: string;
  readonly databaseUrl: string;
  /** What all its gateways are given. */
  readonly settings: Environment;
  /** Starts one and waits until it is ready. */
  start(options?: MemberOptions): Promise<Member>;
  /** Starts one on the folder of another, which has ended. */
  restart(member: Member): Promise<Member>;
  /** Asks the database on a connection of its own. */
  sql<Row = Record<string, unknown>>(query: string): Promise<Row[]>;
}

/** How a gateway of a cluster is started. */
export interface MemberOptions {
  readonly role?: "all" | "intake" | "worker";
  readonly env?: Environment;
  /** The database as this gateway reaches it; default: directly. */
  readonly databaseUrl?: string;
  /** Where a signal strikes it, once. */
  readonly strike?: { readonly at: Death; readonly by: "SIGKILL" | "SIGSTOP" };
  /** How far the clock of its machine is off, and by how much it jumps with each SIGUSR2, in milliseconds. */
  readonly clock?: { readonly off?: number; readonly jump?: number };
}

/** One gateway of a cluster. */
export interface Member extends GatewayProcess {
  readonly folder: TemporaryFolder;
  readonly options: MemberOptions;
  signal(name: "SIGSTOP" | "SIGCONT" | "SIGUSR2"): void;
}

/** What a cluster has besides its gateways. */
export interface ClusterOptions {
  readonly settings?: Partial<SimulatorSettings>;
  readonly env?: Environment;
}

const GATEWAY = [process.execPath, `${import.meta.dir}/cluster-gateway.ts`];
const GATEWAY_WITH_WRONG_CLOCK = [
  process.execPath,
  "--preload",
  `${import.meta.dir}/wrong-clock.ts`,
  `${import.meta.dir}/cluster-gateway.ts`,
];

/** A cluster on a new database, without gateways at first. They end with it. */
export async function startCluster(server: TestPostgres, options: ClusterOptions = {}): Promise<Cluster> {
  const databaseUrl = await server.createDatabase();
  const { simulator, url: metrikaUrl, ...metrika } = await serveSimulator(options.settings);
  const own = new AsyncDisposableStack();
  own.defer(() => server.dropDatabase(databaseUrl));
  own.defer(() => metrika[Symbol.asyncDispose]());
  const settings = {
    ...hurried(metrikaUrl),
    DATABASE_URL: databaseUrl,
    GATEWAY_SECRET_KEY: newMasterKey(),
    LEASE_MS: String(LEASE_MS),
    ...options.env,
  };

  async function startIn(folder: TemporaryFolder, member: MemberOptions): Promise<Member> {
    const { role = "all", env, databaseUrl: reached = databaseUrl, strike, clock } = member;
    const gateway = await startGateway(
      { ...folder, settings: { ...settings, DATABASE_URL: reached, DATA_FOLDER: `${folder.path}/data` } },
      {
        GATEWAY_ROLE: role,
        ...(strike && { STRIKE_AT: strike.at, STRIKE_BY: strike.by }),
        ...(clock && { CLOCK_OFF_MS: String(clock.off ?? 0), CLOCK_JUMP_MS: String(clock.jump ?? 0) }),
        ...env,
      },
      clock === undefined ? GATEWAY : GATEWAY_WITH_WRONG_CLOCK,
    );
    own.defer(() => gateway[Symbol.asyncDispose]());
    return { ...gateway, folder, options: member, signal: (name) => void process.kill(gateway.pid, name) };
  }

  return {
    ...{ simulator, metrikaUrl, databaseUrl, settings },
    async start(member = {}) {
      const folder = await temporaryFolder();
      own.defer(() => folder[Symbol.asyncDispose]());
      return startIn(folder, member);
    },
    restart: ({ folder, options: { strike: _, ...member } }) => startIn(folder, member),
    async sql<Row>(query: string) {
      const sql = postgres(databaseUrl, { max: 1, onnotice: () => {}, connection: { search_path: "gateway" } });
      try {
        return [...(await sql.unsafe(query))] as Row[];
      } finally {
        await sql.end();
      }
    },
    [Symbol.asyncDispose]: () => own.disposeAsync(),
  };
}

/** A new key for GATEWAY_SECRET_KEY. */
export function newMasterKey(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");
}

/** Whether every file is settled and no row waits for one. */
export async function isSettled(cluster: Cluster, member: Pick<Member, "url">): Promise<true | null> {
  const { completed = 0, ...open } = await uploadsByState(member);
  if (completed === 0 || Object.keys(open).length > 0) return null;
  const [batches] = await cluster.sql<{ open: string }>(
    "select count(*) as open from webhook_batches where status <> 'completed'",
  );
  return Number(batches?.open) === 0 ? true : null;
}

/** The lines of a log, parsed. */
export async function linesOf({ log }: Pick<Member, "log">): Promise<readonly LogLine[]> {
  const lines = (await log()).split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"));
  return lines.map((line) => JSON.parse(line) as LogLine);
}

/** One line of a gateway's log. */
export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly category: string;
  readonly message: string;
}
