import type { Config } from "./config.ts";
import type { Gateway } from "./gateway.ts";
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

/** Listens and starts the worker. */
export async function serveGateway(gateway: Gateway, config: Config): Promise<Listening> {
  const server = Bun.serve({
    port: config.port,
    hostname: config.host,
    fetch: (request) => gateway.app.fetch(request),
    // Ours refuses first, with a document that says why.
    maxRequestBodySize: config.maxRequestBytes + 1_048_576,
    idleTimeout: 30,
  });
  const url = `http://127.0.0.1:${server.port}`;
  const unannounce = await announce(config, { pid: process.pid, url, operatorToken: gateway.operatorToken });
  gateway.worker.start();
  return {
    url,
    async stop() {
      gateway.drain();
      const closed = server.stop();
      await Promise.race([closed, Bun.sleep(REQUEST_GRACE_MS)]);
      await server.stop(true);
      await gateway.close(UPLOAD_GRACE_MS);
      await unannounce();
    },
  };
}
