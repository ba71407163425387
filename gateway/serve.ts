import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "./config.ts";
import type { Gateway } from "./gateway.ts";
import type { PeerOf } from "./http/app-defaults.ts";
import { announce } from "./running.ts";

/** A gateway that listens. */
export interface Listening {
  /** Where this machine reaches it. */
  readonly url: string;
  /** Stops accepting, lets what is under way end, gives leases back, closes the database. */
  stop(): Promise<void>;
}

/** Requests that were begun may end for so long. */
const REQUEST_GRACE_MS = 3000;
/** Uploads that were begun may end for so long; then they are aborted and looked up after the next start. */
const UPLOAD_GRACE_MS = 4000;

/** The address of HOST and PORT cannot be listened on; the message is for the operator. */
export class AddressUnusableError extends Error {
  override readonly name = "AddressUnusableError";
  readonly port: number;
  readonly isTaken: boolean;
  constructor(config: Config, cause: unknown) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    super(
      code === "EADDRINUSE"
        ? `Port ${config.port} is taken by another program. Set PORT to a free one, such as PORT=8888.`
        : `Cannot listen on ${config.host}:${config.port} (${code}). Set HOST and PORT to an address that this machine may open.`,
      { cause },
    );
    this.port = config.port;
    this.isTaken = code === "EADDRINUSE";
  }
}

/**
 * Listens, and starts the workers unless this process only answers requests.
 * @param release of the port that was reserved for it
 * @throws {AddressUnusableError}
 */
export async function serveGateway(
  gateway: Gateway,
  config: Config,
  release?: ReservedPort["release"],
): Promise<Listening> {
  await release?.();
  const server = listen(gateway, config);
  const url = localUrl({ ...config, port: Number(server.port) });
  const unannounce = await announce(config, { pid: process.pid, url, operatorToken: gateway.operatorToken });
  if (config.role !== "intake") {
    gateway.worker.start();
    gateway.rawIntakes.start();
    gateway.runs.start();
  }
  return {
    url,
    async stop() {
      gateway.drain();
      const grace = new AbortController();
      const over = sleep(REQUEST_GRACE_MS, undefined, { signal: grace.signal }).catch(() => undefined);
      await Promise.race([server.stop(), over]);
      grace.abort();
      await server.stop(true);
      await gateway.close(UPLOAD_GRACE_MS);
      await unannounce();
    },
  };
}

function listen(gateway: Gateway, config: Config): Bun.Server<undefined> {
  const peerOf: PeerOf = (request) => server.requestIP(request)?.address ?? null;
  // One object for all requests.
  const bindings = { peerOf };
  const server = open(config, {
    fetch: (request) => gateway.app.fetch(request, bindings),
    // Our own limit refuses by the declared length, with a document that says why; Bun's answer would be empty.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    idleTimeout: 30,
  });
  return server;
}

function open(
  { port, host: hostname, ...config }: Config,
  options: { fetch(request: Request): Response | Promise<Response>; maxRequestBodySize?: number; idleTimeout?: number },
): Bun.Server<undefined> {
  try {
    return Bun.serve({ port, hostname, ...options });
  } catch (cause) {
    throw new AddressUnusableError({ ...config, port, host: hostname }, cause);
  }
}

/** A configuration whose port is known before anything listens, since webhook addresses are built from it. */
export interface ReservedPort {
  readonly config: Config;
  /** Gives the port up, for the gateway to take it. */
  release(): Promise<void>;
}

/**
 * Where the configuration asks for any port (PORT=0), takes a free one and holds it, so that no other program gets it.
 * @throws {AddressUnusableError}
 */
export function reservePort(config: Config): ReservedPort {
  if (config.port !== 0) return { config, release: async () => {} };
  const holder = open(config, { fetch: () => new Response(null, { status: 503 }) });
  const port = Number(holder.port);
  return {
    config: { ...config, port, publicUrl: config.publicUrl.replace(/:0$/, `:${port}`) },
    release: () => holder.stop(true),
  };
}

/** The address at which this machine reaches a gateway with this configuration. */
export const localUrl = ({ host, port }: Pick<Config, "host" | "port">): string => `http://${reachable(host)}:${port}`;

/** The name by which this machine reaches what listens on a host: one that stands for all addresses is not one itself. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
