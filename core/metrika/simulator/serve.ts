import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Exchange, incomingBody } from "./exchange.ts";

/** Where the simulator listens. */
export interface ServeOptions {
  /** Default 0: a free port. */
  readonly port?: number;
  /** Default 127.0.0.1: the control surface has no password. */
  readonly hostname?: string;
}

/** A simulator that listens. */
export interface ServedSimulator {
  /** Without a slash at the end. */
  readonly url: string;
  /** Cuts open connections and resolves when the port is free. */
  stop(): Promise<void>;
}

/** Answers one exchange; a rejection cuts the connection. */
export type Answer = (exchange: Exchange, method: string) => Promise<Response>;

/**
 * Serves over HTTP with node:http rather than Bun.serve. Measured on Bun 1.4.5: `socket.destroy()` gives the client a
 * real ECONNRESET at any point, silently; Bun.serve can only break off by a response stream that throws, after the
 * status line has left and with a stack trace on the terminal. Both apply back-pressure to a 100 MB upload.
 */
export function serve(
  answer: Answer,
  { port = 0, hostname = "127.0.0.1" }: ServeOptions = {},
): Promise<ServedSimulator> {
  const server = createServer((request, response) => void respond(answer, request, response));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => {
      const { port: bound } = server.address() as AddressInfo;
      const host = hostname.includes(":") ? `[${hostname}]` : hostname;
      resolve({
        url: `http://${host}:${bound}`,
        stop: () =>
          new Promise((stopped) => {
            server.close(() => stopped());
            server.closeAllConnections();
          }),
      });
    });
  });
}

async function respond(answer: Answer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) gone.abort(new Error("The client has gone"));
  });
  // Kept from the start: Bun takes the socket from a request whose body is left in the middle, and the socket stays open.
  const { method = "GET", headers: rawHeaders, socket } = request;
  const headers = new Headers();
  for (const [name, value] of Object.entries(rawHeaders)) if (value !== undefined) headers.set(name, String(value));
  const hasBody = method !== "GET" && method !== "HEAD";
  try {
    const exchange: Exchange = {
      url: new URL(request.url ?? "/", `http://${rawHeaders.host ?? "localhost"}`),
      headers,
      address: socket.remoteAddress ?? "unknown",
      body: hasBody ? incomingBody(request) : null,
      signal: gone.signal,
    };
    const answered = await answer(exchange, method);
    response.writeHead(answered.status, Object.fromEntries(answered.headers));
    for await (const piece of answered.body ?? []) {
      // Leaving the loop ends the stream: whoever makes its pieces stops.
      if (gone.signal.aborted) return;
      if (!response.write(piece)) await drained(response);
    }
    response.end();
  } catch {
    // Faults that cut the connection arrive here, and so does a client that has gone: either way the end is the same.
    socket.destroy();
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}
