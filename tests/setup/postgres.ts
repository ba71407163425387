import { existsSync, readdirSync } from "node:fs";
import { chown, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import postgres from "postgres";
import { until } from "./process.ts";

/** Databases of a test's own on a PostgreSQL server. */
export interface TestPostgres {
  /** The URL of a database on this server, which need not exist. */
  url(database: string): string;
  /** Makes an empty database; its URL. */
  createDatabase(): Promise<string>;
  /** Takes a database away, whoever is connected to it. */
  dropDatabase(url: string): Promise<void>;
  /** Takes away what {@link createDatabase} made and is still there. */
  stop(): Promise<void>;
}

/** A PostgreSQL server that belongs to whoever started it, who may do to it what befalls servers. */
export interface PostgresServer extends TestPostgres {
  /** The folder of its data and of its `log`. */
  readonly folder: string;
  /** The process id of its postmaster, another one after each {@link restart}. */
  readonly pid: number;
  /** Ends the server and all its sessions without warning, as a power failure would; what it has not synced, the kernel still keeps. */
  kill(): Promise<void>;
  /** Starts it again on the same port: after {@link kill} with the recovery of its log, else after an orderly end. */
  restart(): Promise<void>;
  /** Lets the server and all its sessions stand still, as a machine that hangs: connections stay open, nothing is answered. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it for good; its folder is gone after that. */
  stop(): Promise<void>;
}

/** What to do where there is no server; said when tests are skipped or fail for want of one. */
export const POSTGRES_WANTED =
  "PostgreSQL 15 or newer is needed: install it (apt-get install postgresql), or let TEST_POSTGRES_URL name a server on which databases may be made.";

const PATIENCE_MS = 30_000;

/**
 * What makes a server cheap, not different: a suite need not survive the loss of power. `fsync: "on"` where that is the question.
 * A commit still reaches the kernel before it is answered, so what was acknowledged outlives `kill`.
 */
const SUITE_SETTINGS = { fsync: "off", shared_buffers: "128MB", max_connections: "200" };

/**
 * Starts servers, and ends the last of them when its standard input ends: the kernel closes that with the process that holds
 * the other end, however it died. No process id is kept that could meanwhile be another's: the signal goes to its own
 * group, again and again, since a server that is just starting does not hear it yet. SIGTERM is what `bun test` sends to all
 * that it started when one test takes too long.
 */
const KEEPER = `
folder=$1 life=first; shift
cd "$folder" || exit 1
trap "" TERM QUIT
umask 077
printf %s "$PASSWORD" >password
start() { { "$@" </dev/null >>log 2>&1; : >"ended-$life"; } & }
"$1/initdb" --pgdata=data --username=postgres --pwfile=password --auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync >log 2>&1
shift
start "$@"
while read -r next; do life=$next; start "$@"; done
until [ -e "ended-$life" ]; do kill -CONT 0; kill -QUIT 0; sleep 0.05; done
# A server that was killed leaves its lock on the folder in shared memory.
[ ! -e data/postmaster.pid ] || ipcrm -m "$(sed -n '7s/.* //p' data/postmaster.pid)" 2>/dev/null
cd / && rm -rf "$folder"
`;

let shared: Promise<PostgresServer> | undefined;

/**
 * Databases on the server that TEST_POSTGRES_URL names, else on one that all test files of this process share and that ends
 * with it. Null where neither is to be had.
 */
export async function postgresForTests(): Promise<TestPostgres | null> {
  const given = process.env.TEST_POSTGRES_URL;
  if (given) return databasesOn(given);
  if (postgresPrograms() === null) return null;
  shared ??= startPostgres();
  return databasesOn((await shared).url("postgres"));
}

/** The folder of the programs of PostgreSQL 15 or newer: those on the PATH, else the newest of a Debian; null without any. */
export function postgresPrograms(): string | null {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const onPath = Bun.which("postgres")?.replace(/\/postgres$/, "");
  const folders = [...(onPath === undefined ? [] : [onPath]), ...versions.map((version) => `${debian}/${version}/bin`)];
  return folders.find((folder) => existsSync(`${folder}/initdb`) && majorVersion(folder) >= 15) ?? null;
}

function majorVersion(folder: string): number {
  if (!existsSync(`${folder}/postgres`)) return 0;
  const { stdout } = Bun.spawnSync([`${folder}/postgres`, "--version"]);
  return Number(/ (\d+)/.exec(stdout.toString())?.[1] ?? 0);
}

/**
 * Starts a server on a free port of 127.0.0.1, with a folder and a password of its own. It ends, and its folder goes, when this
 * process ends, however it does.
 * @param settings of `postgresql.conf`, over those of {@link SUITE_SETTINGS}
 * @throws where there are no programs, or the server does not start: with its log
 */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const programs = postgresPrograms();
  if (programs === null) throw new Error(POSTGRES_WANTED);
  const folder = await mkdtemp(`${tmpdir()}/gateway-postgres-`);
  const drop = await dropPrivileges(folder);
  const port = freePort();
  const password = crypto.randomUUID();
  const all = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: folder,
    // Files in the folder rather than in /dev/shm, where a server that was killed would leave them for good.
    dynamic_shared_memory_type: "mmap",
    ...SUITE_SETTINGS,
    ...settings,
  };
  const server = [
    `${programs}/postgres`,
    "-D",
    "data",
    ...Object.entries(all).flatMap(([k, v]) => ["-c", `${k}=${v}`]),
  ];
  // A session of its own: Ctrl-C goes to the whole group of a terminal, and the keeper must outlive it.
  const keeper = Bun.spawn([...drop, "sh", "-c", KEEPER, "keeper", folder, programs, ...server], {
    env: { PATH: process.env.PATH ?? "", LC_ALL: "C", PASSWORD: password },
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  keeper.unref();

  let life = "first";
  let pid = 0;
  const hasEnded = () => existsSync(`${folder}/ended-${life}`);
  /** The server of this life: its id once it takes connections. It cannot be the one that was killed, whose file lies there still. */
  const start = async () => {
    const before = pid;
    const found = await until(
      "PostgreSQL takes connections",
      async () => hasEnded() || readyPid(folder, before),
      PATIENCE_MS,
    );
    if (found === true) throw new Error(`PostgreSQL ended:\n${await readFile(`${folder}/log`, "utf8")}`);
    pid = found;
  };
  const signal = async (name: "SIGKILL" | "SIGSTOP" | "SIGCONT") => {
    // Standing still, it opens no session that would be missed.
    process.kill(pid, "SIGSTOP");
    for (const id of [...(await sessionsOf(pid)), pid]) process.kill(id, name);
  };
  const ended = () => until("PostgreSQL has ended", hasEnded, PATIENCE_MS);
  const stop = async () => {
    await keeper.stdin.end();
    await keeper.exited;
  };

  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...databasesOn(`postgres://postgres:${password}@127.0.0.1:${port}/postgres`),
    folder,
    get pid() {
      return pid;
    },
    async kill() {
      await signal("SIGKILL");
      await ended();
    },
    async restart() {
      if (!hasEnded()) {
        await signal("SIGCONT");
        // The "fast" shutdown: sessions are ended, the log is closed in order.
        process.kill(pid, "SIGINT");
      }
      await ended();
      life = crypto.randomUUID();
      keeper.stdin.write(`${life}\n`);
      await keeper.stdin.flush();
      await start();
    },
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    stop,
  };
}

/** The last line of this file is its state; the first is the process id, whose predecessor may have left the file. */
async function readyPid(folder: string, before: number): Promise<number | null> {
  const lines = (await readFile(`${folder}/data/postmaster.pid`, "utf8").catch(() => "")).split("\n");
  const pid = Number(lines[0]);
  return pid !== before && lines[7]?.trim() === "ready" ? pid : null;
}

/** The server's processes but the first. Linux tells; elsewhere `pgrep` is part of the system. */
async function sessionsOf(pid: number): Promise<readonly number[]> {
  const ids = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() =>
    Bun.spawnSync(["pgrep", "-P", String(pid)]).stdout.toString(),
  );
  return ids.split(/\s+/).filter(Boolean).map(Number);
}

/** Gives the folder to a user without rights, as whom the command that comes back runs another: PostgreSQL refuses to be root. */
async function dropPrivileges(folder: string): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) return [];
  const idOf = (user: string, kind: "-u" | "-g") => Bun.spawnSync(["id", kind, user]).stdout.toString().trim();
  const user = idOf("postgres", "-u") ? "postgres" : "nobody";
  const [uid, gid] = [idOf(user, "-u"), idOf(user, "-g")];
  await chown(folder, Number(uid), Number(gid));
  if (Bun.which("setpriv") === null) return ["runuser", "-u", user, "--"];
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
}

/** Below the ports that outgoing connections get, so that no client sits on the server's while it is down. */
function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
      return port;
    } catch {
      // Another has it.
    }
  }
}

/** @param server the URL of any database on it, of a user who may make others */
function databasesOn(server: string): TestPostgres {
  const made = new Set<string>();
  const url = (database: string) => Object.assign(new URL(server), { pathname: `/${database}` }).href;
  const run = async (statement: string) => {
    const sql = postgres(server, { max: 1, onnotice: () => {} });
    try {
      await sql.unsafe(statement);
    } finally {
      await sql.end();
    }
  };
  const dropDatabase = async (database: string) => {
    await run(`drop database if exists "${new URL(database).pathname.slice(1)}" with (force)`);
    made.delete(database);
  };
  return {
    url,
    async createDatabase() {
      const name = `gateway_test_${crypto.randomUUID().replaceAll("-", "")}`;
      // Not template1, which on a server of somebody's own may hold something or be in use.
      await run(`create database ${name} template template0`);
      made.add(url(name));
      return url(name);
    },
    dropDatabase,
    stop: async () => {
      for (const database of made) await dropDatabase(database);
    },
  };
}
