import type { Socket } from "bun";
import { median, quantile } from "./figures.ts";

/** Where somebody posts, and how he proves himself. */
export interface Sender {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One request to be made. */
export interface Post {
  readonly sender: Sender;
  readonly body: Uint8Array;
}

/** What a load run measured. Latencies in milliseconds. */
export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly requests: number;
  readonly notAccepted: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

/** What is asked, by how many connections, for how long. */
export interface Load {
  readonly port: number;
  readonly connections: number;
  /** The next request; null ends the load. */
  readonly next: () => Post | null;
  /** Default: until `next` gives null. */
  readonly seconds?: number;
  /** Requests a second over all connections. Default: each connection sends again as soon as it has its answer. */
  readonly perSecond?: number;
}

const encoder = new TextEncoder();

/**
 * Keeps each connection busy with one request at a time. A hand-written HTTP/1.1 client, since the generator shares the
 * machine with what it measures: autocannon takes about three times its processor time (measured).
 *
 * A paced request that had to wait for the answer before it is counted from when it was due: one slow answer must not
 * hide how many would have met it.
 */
export async function runLoad(load: Load): Promise<LoadResult> {
  const { port, connections, next, perSecond } = load;
  const taken: number[] = [];
  let notAccepted = 0;
  const headOf = rememberHeads();
  const started = performance.now();
  const until = started + (load.seconds ?? Number.POSITIVE_INFINITY) * 1000;

  const connection = (_: unknown, index: number) =>
    new Promise<void>((resolve, reject) => {
      let sent = 0;
      let begun = 0;
      let answer = "";
      let unsent: Uint8Array | null = null;
      let asking = false;
      const push = (socket: Socket, bytes: Uint8Array) => {
        const written = socket.write(bytes);
        unsent = written < bytes.length ? bytes.subarray(written) : null;
      };
      const end = (socket: Socket) => {
        socket.end();
        resolve();
      };
      const send = (socket: Socket, dueAt: number) => {
        const post = dueAt < until ? next() : null;
        if (post === null) return end(socket);
        const request = Buffer.concat([headOf(post.sender, post.body.length), post.body]);
        asking = true;
        begun = dueAt;
        push(socket, new Uint8Array(request.buffer, request.byteOffset, request.length));
      };
      const proceed = (socket: Socket) => {
        const now = performance.now();
        if (perSecond === undefined) return send(socket, now);
        const due = started + ((sent++ * connections + index) / perSecond) * 1000;
        if (due <= now) return send(socket, due);
        setTimeout(() => send(socket, performance.now()), due - now);
      };
      Bun.connect({
        hostname: "127.0.0.1",
        port,
        socket: {
          open: proceed,
          drain: (socket) => {
            if (unsent) push(socket, unsent);
          },
          data(socket, chunk) {
            answer += chunk.toString("latin1");
            if (!isWhole(answer)) return;
            taken.push(performance.now() - begun);
            if (!answer.startsWith("HTTP/1.1 202")) notAccepted++;
            answer = "";
            asking = false;
            proceed(socket);
          },
          error: (_, error) => reject(error),
          connectError: (_, error) => reject(error),
          close: () => (asking ? reject(new Error("A connection was closed before its answer")) : resolve()),
        },
      }).catch(reject);
    });

  await Promise.all(Array.from({ length: connections }, connection));
  const seconds = (performance.now() - started) / 1000;
  taken.sort((a, b) => a - b);
  return {
    requestsPerSecond: taken.length / seconds,
    requests: taken.length,
    notAccepted,
    p50: quantile(taken, 0.5),
    p99: quantile(taken, 0.99),
    longest: taken.at(-1) ?? 0,
  };
}

/** The median of each figure over several runs. */
export function mediansOf(runs: readonly LoadResult[]): Pick<LoadResult, "requestsPerSecond" | "p50" | "p99"> {
  const of = (figure: "requestsPerSecond" | "p50" | "p99") => median(runs.map((run) => run[figure]));
  return { requestsPerSecond: of("requestsPerSecond"), p50: of("p50"), p99: of("p99") };
}

/** The part of a request's head that is the same for each request of a sender is written once. */
function rememberHeads(): (sender: Sender, bodyBytes: number) => Uint8Array {
  const heads = new Map<Sender, string>();
  return (sender, bodyBytes) => {
    let head = heads.get(sender);
    if (head === undefined) {
      const lines = Object.entries(sender.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      head = `POST ${sender.path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n${lines.join("")}content-length: `;
      heads.set(sender, head);
    }
    return encoder.encode(`${head}${bodyBytes}\r\n\r\n`);
  };
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /content-length: (\d+)/i.exec(answer.slice(0, end))?.[1];
  return answer.length >= end + 4 + Number(length ?? 0);
}
