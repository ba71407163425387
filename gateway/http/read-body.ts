import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createInflate } from "node:zlib";
import { quoteValue } from "../../core/language.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { type BodyAccount, type BodyBudget, SMALL_BODY } from "./body-budget.ts";

/** How much a sender may send, and for how long. */
export interface BodyLimits {
  /** Bytes of the body, both as sent and unpacked. */
  readonly maxBytes: number;
  /** Milliseconds from the call until the last byte. */
  readonly timeoutMs: number;
  /** Shared by all bodies that are received at once. */
  readonly budget?: BodyBudget;
}

type Encoding = "identity" | "gzip" | "deflate";

/**
 * Reads a request's body, whole or not at all: identity, gzip or deflate.
 *
 * Nothing beyond the limits is held in memory: a declared length is judged before reading, a chunked or compressed body
 * is counted while it arrives, and unpacking stops at the limit. A body that ends early is refused, never used.
 * @throws {ProblemError} `body_too_large`, `overloaded`, `request_timeout`, `request_incomplete`, `unsupported_content_encoding`,
 * `compression_damaged`
 */
export async function readBody(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  const encoding = encodingOf(request.headers.get("content-encoding"));
  const header = request.headers.get("content-length");
  const declared = header === null ? null : Number(header);
  if (declared !== null && declared > limits.maxBytes) throw tooLarge(limits);
  // Bun refuses a request with both Content-Length and Transfer-Encoding, so a declared length bounds the whole body.
  if (encoding === "identity" && declared !== null && declared <= SMALL_BODY) {
    return readDeclared(request, declared, limits);
  }
  const account = limits.budget?.open();
  try {
    if (encoding !== "identity" || declared === null) return await readCounted(request, encoding, limits, account);
    account?.grow(declared);
    return await readDeclared(request, declared, limits);
  } finally {
    account?.close();
  }
}

/**
 * The way of nearly every request. `bytes()` and a fatal decoder instead of `text()`, which would replace what is not
 * UTF-8: measured 1.1 µs against 0.7 for 200 bytes; the deadline adds 0.5.
 */
function readDeclared(request: Request, declared: number, limits: BodyLimits): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooSlow(limits)), limits.timeoutMs);
    request.bytes().then(
      (bytes) => {
        clearTimeout(timer);
        if (bytes.length === declared) resolve(bytes);
        else reject(new ProblemError("request_incomplete"));
      },
      (cause) => {
        clearTimeout(timer);
        reject(new ProblemError("request_incomplete", {}, { cause }));
      },
    );
  });
}

async function readCounted(
  request: Request,
  encoding: Encoding,
  limits: BodyLimits,
  account: BodyAccount | undefined,
): Promise<Uint8Array> {
  if (request.body === null) return new Uint8Array();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(tooSlow(limits)), limits.timeoutMs);
  try {
    const sent = counted(arriving(request.body, deadline.signal), limits, account);
    return await collect(encoding === "identity" ? sent : unpacked(sent, encoding, limits, account));
  } finally {
    clearTimeout(timer);
  }
}

async function* arriving(body: ReadableStream<Uint8Array>, deadline: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  const late = new Promise<never>((_, reject) => {
    deadline.addEventListener("abort", () => reject(deadline.reason), { once: true });
  });
  late.catch(() => undefined);
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late]);
      if (done) return;
      yield value;
    }
  } catch (cause) {
    throw cause instanceof ProblemError ? cause : new ProblemError("request_incomplete", {}, { cause });
  } finally {
    // Left early, the rest is dropped; the connection may be gone already, and then there is nothing to drop.
    reader.cancel().catch(() => undefined);
  }
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  limits: BodyLimits,
  account: BodyAccount | undefined,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > limits.maxBytes) throw tooLarge(limits);
    account?.grow(total);
    yield chunk;
  }
}

/** Unpacks in pieces of 16 KB under backpressure, so a small file that unpacks to gigabytes stops at the limit. */
async function* unpacked(
  chunks: AsyncIterable<Uint8Array>,
  encoding: "gzip" | "deflate",
  limits: BodyLimits,
  account: BodyAccount | undefined,
): AsyncGenerator<Uint8Array> {
  const inflater = encoding === "gzip" ? createGunzip() : createInflate();
  const feeding = pipeline(Readable.from(chunks), inflater);
  feeding.catch(() => undefined);
  try {
    yield* counted(inflater, limits, account);
    await feeding;
  } catch (cause) {
    throw cause instanceof ProblemError ? cause : new ProblemError("compression_damaged", { encoding }, { cause });
  } finally {
    inflater.destroy();
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}

function encodingOf(header: string | null): Encoding {
  if (header === null) return "identity";
  const name = header.trim().toLowerCase();
  if (name === "" || name === "identity") return "identity";
  if (name === "gzip" || name === "x-gzip") return "gzip";
  if (name === "deflate") return "deflate";
  throw new ProblemError("unsupported_content_encoding", { received: quoteValue(header) });
}

function tooLarge(limits: BodyLimits): ProblemError {
  return new ProblemError("body_too_large", { limit: limits.maxBytes });
}

function tooSlow(limits: BodyLimits): ProblemError {
  return new ProblemError("request_timeout", { seconds: limits.timeoutMs / 1000 });
}
