import type { Socket } from "bun";

/** What a load run measured. Latencies in milliseconds. */
export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly requests: number;
  readonly notAccepted: number;
  readonly p50: number;
  readonly p99: number;
}

/** What is asked, by how many connections, for how long. */
export interface Load {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly seconds: number;
  /** The next request's body. */
  readonly body: () => Uint8Array;
}

const encoder = new TextEncoder();

/**
 * Keeps each connection busy with one request at a time. A hand-written HTTP/1.1 client, since the generator shares the
 * machine with what it measures: autocannon takes about three times its processor time (measured).
 */
export async function runLoad(load: Load): Promise<LoadResult> {
  const latencies: number[] = [];
  let notAccepted = 0;
  const fixed = Object.entries(load.headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
  const head = `POST ${load.path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n${fixed}content-length: `;
  const until = performance.now() + load.seconds * 1000;
  const started = performance.now();

  const connection = () =>
    new Promise<void>((resolve, reject) => {
      let begun = 0;
      let answer = "";
      let unsent: Uint8Array | null = null;
      const send = (socket: Socket) => {
        const body = load.body();
        const request = new Uint8Array(Buffer.concat([encoder.encode(`${head}${body.length}\r\n\r\n`), body]));
        begun = performance.now();
        push(socket, request);
      };
      const push = (socket: Socket, bytes: Uint8Array) => {
        const written = socket.write(bytes);
        unsent = written < bytes.length ? bytes.subarray(written) : null;
      };
      Bun.connect({
        hostname: "127.0.0.1",
        port: load.port,
        socket: {
          open: send,
          drain: (socket) => {
            if (unsent) push(socket, unsent);
          },
          data(socket, chunk) {
            answer += chunk.toString("latin1");
            if (!isWhole(answer)) return;
            const now = performance.now();
            latencies.push(now - begun);
            if (!answer.startsWith("HTTP/1.1 202")) notAccepted++;
            answer = "";
            if (now < until) return send(socket);
            socket.end();
            resolve();
          },
          error: (_, error) => reject(error),
          connectError: (_, error) => reject(error),
          close: () => resolve(),
        },
      }).catch(reject);
    });

  await Promise.all(Array.from({ length: load.connections }, connection));
  const seconds = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return {
    requestsPerSecond: latencies.length / seconds,
    requests: latencies.length,
    notAccepted,
    p50: at(0.5),
    p99: at(0.99),
  };
}

function isWhole(answer: string): boolean {
  const end = answer.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /content-length: (\d+)/i.exec(answer.slice(0, end))?.[1];
  return answer.length >= end + 4 + Number(length ?? 0);
}
