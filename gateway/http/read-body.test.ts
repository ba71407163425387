import { afterAll, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { deflateSync, gzipSync } from "node:zlib";
import { ProblemError } from "../../core/plugin/problem.ts";
import { cpuMs } from "../../tests/setup/cpu-time.ts";
import { readBody } from "./read-body.ts";

const limits = { maxBytes: 100_000, timeoutMs: 150 };
const seen: string[] = [];
let told: (outcome: string) => void = () => undefined;

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const outcome = await readBody(request, limits).catch((error) =>
      error instanceof ProblemError ? error : Promise.reject(error),
    );
    const isProblem = outcome instanceof ProblemError;
    seen.push(isProblem ? outcome.code : `read ${outcome.length}`);
    told(seen.at(-1) as string);
    if (isProblem) return new Response(outcome.code, { status: outcome.status, headers: { connection: "close" } });
    return new Response(outcome.slice());
  },
});
afterAll(() => server.stop(true));

/** Posts a body; the answer as "status text". */
async function post(body: RequestInit["body"], headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(server.url, { method: "POST", body: body ?? null, headers });
  return `${response.status} ${await response.text()}`;
}

/** Sends raw lines; resolves with all that the server says until it closes the connection. */
function raw(lines: string, then: (socket: Socket) => void = () => undefined): Promise<string> {
  return new Promise((resolve) => {
    let said = "";
    const socket = connect(server.port as number, "127.0.0.1", () => {
      socket.write(lines);
      then(socket);
    });
    socket.on("data", (chunk) => {
      said += chunk;
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(said));
  });
}

const nextOutcome = () =>
  new Promise<string>((resolve) => {
    told = resolve;
  });

/** A body without a declared length. */
function chunked(...parts: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
}

const text = '{"target":"Покупка"}';

test("a body is read as it was sent: with a length, chunked, gzip, deflate, empty, with a byte-order mark", async () => {
  expect(await post(text)).toBe(`200 ${text}`);
  expect(await post(chunked(Buffer.from(text).subarray(0, 13), Buffer.from(text).subarray(13)))).toBe(`200 ${text}`);
  expect(await post(gzipSync(text), { "content-encoding": "gzip" })).toBe(`200 ${text}`);
  expect(await post(chunked(gzipSync(text)), { "content-encoding": "GZip" })).toBe(`200 ${text}`);
  expect(await post(deflateSync(text), { "content-encoding": "deflate" })).toBe(`200 ${text}`);
  expect(await post(text, { "content-encoding": "identity" })).toBe(`200 ${text}`);
  expect(await post("")).toBe("200 ");
  expect(await post(`\uFEFF${text}`)).toBe(`200 ${text}`);
});

test("a body exactly at the limit is read, one byte more is refused, whichever way it comes", async () => {
  const full = Buffer.alloc(limits.maxBytes, "a");
  const over = Buffer.alloc(limits.maxBytes + 1, "a");
  expect(await post(full)).toStartWith("200 aaa");
  expect(await post(chunked(full))).toStartWith("200 aaa");
  expect(await post(gzipSync(full), { "content-encoding": "gzip" })).toStartWith("200 aaa");
  expect(await post(over)).toBe("413 body_too_large");
  expect(await post(chunked(full, Buffer.from("a")))).toBe("413 body_too_large");
  expect(await post(gzipSync(over), { "content-encoding": "gzip" })).toBe("413 body_too_large");
});

test("a declared length above the limit is refused before anything is sent", async () => {
  expect(await raw(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${limits.maxBytes + 1}\r\n\r\n`)).toStartWith(
    "HTTP/1.1 413",
  );
});

test("a gzip bomb of 500 MB is stopped at the limit, without the memory for it", async () => {
  const bomb = gzipSync(Buffer.alloc(500 * 1024 * 1024), { level: 9 });
  const before = process.memoryUsage().rss;
  const start = cpuMs();
  expect(await post(bomb, { "content-encoding": "gzip" })).toBe("413 body_too_large");
  expect(cpuMs() - start).toBeLessThan(500);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
});

test("damaged, cut or doubtful compression is refused", async () => {
  const packed = gzipSync(text);
  const gzip = { "content-encoding": "gzip" };
  expect(await post(text, gzip)).toBe("400 compression_damaged");
  expect(await post(packed.subarray(0, packed.length - 5), gzip)).toBe("400 compression_damaged");
  expect(await post(Buffer.concat([packed, Buffer.from("tail")]), gzip)).toBe("400 compression_damaged");
  expect(await post(packed, { "content-encoding": "br" })).toBe("415 unsupported_content_encoding");
  expect(await post(packed, { "content-encoding": "gzip, gzip" })).toBe("415 unsupported_content_encoding");
});

test("a sender that stops is cut at the deadline, with a length or chunked", async () => {
  expect(await raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhello")).toStartWith("HTTP/1.1 408");
  const slowChunks = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
  expect(await raw(slowChunks)).toStartWith("HTTP/1.1 408");
});

test("a sender of one byte at a time is cut at the same deadline: it is for the whole body", async () => {
  const start = performance.now();
  let drip: ReturnType<typeof setInterval> | undefined;
  const said = await raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n", (socket) => {
    drip = setInterval(() => socket.write("a"), 20);
  });
  clearInterval(drip);
  expect(said).toStartWith("HTTP/1.1 408");
  expect(performance.now() - start).toBeLessThan(limits.timeoutMs + 1000);
});

test("a body that ends early is never taken for a whole one", async () => {
  const heads = ["Content-Length: 50\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\na"];
  for (const head of heads) {
    const outcome = nextOutcome();
    await raw(`POST / HTTP/1.1\r\nHost: x\r\n${head}`, (socket) => socket.end());
    expect(await outcome).toBe("request_incomplete");
  }
});

test("a request made in the process, whose length is untrue, is refused", async () => {
  const request = new Request("http://gateway/", {
    method: "POST",
    body: "hello",
    headers: { "content-length": "50" },
  });
  await expect(readBody(request, limits)).rejects.toMatchObject({ code: "request_incomplete" });
});
