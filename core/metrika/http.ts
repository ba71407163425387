import type { GenericSchema } from "valibot";
import { type AnswerReader, readAnswer } from "./answer.ts";
import { type BodyStream, createBodyStream } from "./body-stream.ts";
import { type Clock, systemClock } from "./clock.ts";
import { MetrikaError } from "./errors.ts";
import { unreachableBy } from "./network-failure.ts";
import type { RequestArea } from "./quota.ts";
import type { RateLimiter } from "./rate-limit.ts";
import { refusalOf } from "./refusal.ts";
import { createSilenceTimer, type SilenceTimer } from "./silence.ts";

/** The part of the standard fetch that the client needs; the simulator's `fetch` fits it as well. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What every call to Metrika takes. */
export interface CallOptions {
  /** OAuth token; it goes into the Authorization header and nowhere else. */
  readonly token: string;
  /** The Yandex login the token belongs to, for the limit of parallel requests. Default: the token itself. */
  readonly loginKey?: string;
  /** Nobody waits for the answer; whoever counts requests may keep some back for people. Default: somebody does. */
  readonly isBackground?: boolean;
  readonly signal?: AbortSignal;
}

/** A request that is about to go out, as {@link BeforeRequest} sees it. */
export interface RequestNotice {
  /** Null: the caller named no login. */
  readonly loginKey: string | null;
  /** Metrika counts these apart: https://yandex.com/dev/metrika/en/intro/quotas */
  readonly kind: "read" | "write";
  readonly isBackground: boolean;
}

/** Called once for each request, just before it goes out. Its rejection keeps the request back. */
export type BeforeRequest = (request: RequestNotice) => Promise<void>;

/** A request body: a JSON value, or a stream whose exact length in bytes is known beforehand. */
export type CallBody =
  | { readonly kind: "json"; readonly value: unknown }
  | {
      readonly kind: "stream";
      readonly contentType: string;
      readonly length: number;
      readonly chunks: AsyncIterable<Uint8Array>;
    };

/** One request and the shape of its answer. */
export interface MetrikaCall<Answer> extends CallOptions {
  readonly method: "GET" | "POST";
  /** Begins with a slash; identifiers in it are already safe for a URL. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: CallBody;
  /** The shape of the JSON that a good answer holds, or who reads it. */
  readonly answer: GenericSchema<unknown, Answer> | AnswerReader<Answer>;
  /** The part of the API, where it has quotas of its own. */
  readonly area?: RequestArea;
}

/** The settings of {@link createMetrikaHttp}. */
export interface MetrikaHttpOptions {
  /** Scheme and host, with or without a path and a trailing slash: `https://api-metrika.yandex.net`. */
  readonly apiUrl: string;
  readonly fetch: Fetch;
  readonly userAgent?: string;
  /** Milliseconds without a byte moving in either direction before a request is given up. Default 30000. */
  readonly timeoutMs?: number;
  /** Default: no limit. */
  readonly limiter?: RateLimiter;
  readonly beforeRequest?: BeforeRequest;
  readonly clock?: Clock;
}

/** Sends one call; rejects with {@link MetrikaError} and nothing else. Never repeats a request by itself. */
export type MetrikaHttp = <Answer>(call: MetrikaCall<Answer>) => Promise<Answer>;

// A token outside this set would make fetch throw an error that quotes the whole header.
const TOKEN = /^[\x21-\x7e]+$/;

/** Makes the one function through which everything to Metrika goes. */
export function createMetrikaHttp(options: MetrikaHttpOptions): MetrikaHttp {
  const clock = options.clock ?? systemClock;
  const timeoutMs = options.timeoutMs ?? 30_000;
  const base = options.apiUrl.replace(/\/+$/, "");

  return async (call) => {
    const operation = `${call.method} ${call.path}`;
    if (!TOKEN.test(call.token)) {
      const message = "The token is empty or holds a space or another character that no token has";
      throw new MetrikaError(message, { kind: "unauthorized", bodyMayHaveArrived: false });
    }
    const release = await options.limiter
      ?.acquire(call.loginKey ?? call.token, {
        kind: call.body?.kind === "stream" ? "file" : "other",
        area: call.area,
        signal: call.signal,
      })
      .catch((cause: unknown) => {
        throw new MetrikaError(`${operation} was given up while it waited for its turn`, {
          kind: "aborted",
          bodyMayHaveArrived: false,
          cause,
        });
      });
    try {
      await options.beforeRequest?.(noticeOf(call)).catch((error: unknown) => {
        throw keptBack(operation, error);
      });
      if (call.signal?.aborted) throw abortedBefore(operation, call.signal);
      return await send(call, operation);
    } finally {
      release?.();
    }
  };

  async function send<Answer>(call: MetrikaCall<Answer>, operation: string): Promise<Answer> {
    const stop = new AbortController();
    const onAbort = () => stop.abort(call.signal?.reason);
    call.signal?.addEventListener("abort", onAbort, { once: true });
    let silent = false;
    const silence = createSilenceTimer(clock, timeoutMs, () => {
      silent = true;
      stop.abort(new DOMException("No byte moved for too long", "TimeoutError"));
    });
    const body = streamOf(call.body, silence);
    const mayHaveArrived = () => (body === null ? call.body !== undefined : body.taken);
    try {
      const response = await options.fetch(urlOf(base, call), requestOf(call, body, options.userAgent, stop.signal));
      silence.restart();
      const watched = { onBytes: silence.restart, onWork: silence.pause, signal: stop.signal };
      const context = { operation, bodySent: mayHaveArrived, ...watched };
      const { answer, area } = call;
      if (response.ok && typeof answer === "function") return await answer(response, context);
      const text = await readAnswer(response, context);
      if (response.ok && typeof answer !== "function") return text.as(answer);
      const { status, headers } = response;
      const bodySent = mayHaveArrived();
      throw refusalOf({ operation, status, headers, text: text.raw, bodySent, now: clock.now(), area });
    } catch (error) {
      if (error instanceof MetrikaError) throw withoutToken(error, call.token);
      const bodyMayHaveArrived = mayHaveArrived();
      if (body?.failure) throw brokenOff(operation, body.failure.error, bodyMayHaveArrived);
      if (silent) {
        const message = `Metrika was silent for ${timeoutMs} ms after ${operation}`;
        throw new MetrikaError(message, {
          kind: "unreachable",
          code: "metrika_timed_out",
          bodyMayHaveArrived,
          cause: error,
        });
      }
      if (call.signal?.aborted) throw brokenOff(operation, call.signal.reason, bodyMayHaveArrived);
      const bodyTaken = body === null ? null : body.taken;
      throw unreachableBy({ operation, cause: error, hasBody: call.body !== undefined, bodyTaken });
    } finally {
      silence.stop();
      body?.close();
      call.signal?.removeEventListener("abort", onAbort);
    }
  }
}

function urlOf(base: string, call: Pick<MetrikaCall<unknown>, "path" | "query">): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, String(value));
  return `${base}${call.path}${query.size === 0 ? "" : `?${query}`}`;
}

function requestOf(
  call: MetrikaCall<unknown>,
  body: BodyStream | null,
  userAgent: string | undefined,
  signal: AbortSignal,
): RequestInit {
  const headers: Record<string, string> = {
    // https://yandex.ru/dev/metrika/ru/intro/authorization: "OAuth", not "Bearer".
    authorization: `OAuth ${call.token}`,
    // A file is answered as what it is.
    accept: typeof call.answer === "function" ? "*/*" : "application/json",
    "user-agent": userAgent ?? "metrika-gateway",
  };
  const init: RequestInit = { method: call.method, headers, signal, redirect: "manual" };
  if (call.body?.kind === "json") {
    headers["content-type"] = "application/json";
    init.body = JSON.stringify(call.body.value);
  } else if (call.body?.kind === "stream") {
    headers["content-type"] = call.body.contentType;
    // Without this header Bun sends the stream chunked; with it, plainly, and it refuses to send one byte more or less.
    headers["content-length"] = String(call.body.length);
    init.body = body?.stream ?? null;
  }
  return init;
}

function streamOf(body: CallBody | undefined, silence: SilenceTimer): BodyStream | null {
  if (body?.kind !== "stream") return null;
  return createBodyStream(body.chunks, { sourceWorks: silence.pause, networkWorks: silence.restart });
}

const noticeOf = ({ loginKey, method, isBackground }: MetrikaCall<unknown>): RequestNotice => ({
  loginKey: loginKey ?? null,
  kind: method === "GET" ? "read" : "write",
  isBackground: isBackground ?? false,
});

function keptBack(operation: string, cause: unknown): MetrikaError {
  if (cause instanceof MetrikaError) return cause;
  return new MetrikaError(`${operation} was kept back: ${cause instanceof Error ? cause.message : cause}`, {
    kind: "aborted",
    bodyMayHaveArrived: false,
    cause,
  });
}

function abortedBefore(operation: string, signal: AbortSignal): MetrikaError {
  const facts = { kind: "aborted", bodyMayHaveArrived: false, cause: signal.reason } as const;
  return new MetrikaError(`${operation} was given up before it began`, facts);
}

function brokenOff(operation: string, cause: unknown, bodyMayHaveArrived: boolean): MetrikaError {
  if (cause instanceof MetrikaError) return cause;
  return new MetrikaError(`${operation} was broken off by the caller`, { kind: "aborted", bodyMayHaveArrived, cause });
}

/** Metrika's own words stand in a message; should they ever quote the token, it is cut out. */
function withoutToken(error: MetrikaError, token: string): MetrikaError {
  if (error.message.includes(token)) error.message = error.message.replaceAll(token, "***");
  return error;
}
