import { NetworkFailure } from "./network-failure.ts";

/** One request under way, in process or over HTTP. */
export interface Exchange {
  readonly url: URL;
  readonly headers: Headers;
  /** Client address; requests per second are counted for each. */
  readonly address: string;
  readonly body: IncomingBody | null;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** A body that is read once, by one reader after another: what one leaves, the next one finds. */
export interface IncomingBody {
  readonly pieces: AsyncIterator<Uint8Array>;
  bytesRead: number;
  ended: boolean;
}

/** Wraps a body that nobody has read yet. */
export function incomingBody(pieces: AsyncIterable<Uint8Array>): IncomingBody {
  return { pieces: pieces[Symbol.asyncIterator](), bytesRead: 0, ended: false };
}

const exchanges = new WeakMap<Request, Exchange>();

/**
 * The request that MSW's handlers are asked to match: it has no body. MSW clones what it is given, and the clone of a
 * stream would hold a whole upload in memory; the body waits in the exchange instead.
 */
export function requestFor(exchange: Exchange, method: string): Request {
  const request = new Request(exchange.url, { method, headers: exchange.headers });
  exchanges.set(request, exchange);
  return request;
}

/** The exchange behind a request made by {@link requestFor}. */
export function exchangeOf(request: Request): Exchange {
  const exchange = exchanges.get(request);
  if (exchange === undefined) throw new Error("The handlers of the simulator answer only through its own fetch");
  return exchange;
}

/** The body, piece by piece; breaks off as soon as the client has gone, and when it is not as long as was announced. */
export async function* bodyOf({ body, headers, signal }: Exchange): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  while (!body.ended) {
    const next = await unlessGone(body.pieces.next(), signal);
    if (next.done === true) {
      body.ended = true;
      const announced = headers.get("content-length");
      if (announced === null || Number(announced) === body.bytesRead) return;
      throw new NetworkFailure("ERR_HTTP_CONTENT_LENGTH_MISMATCH");
    }
    body.bytesRead += next.value.byteLength;
    yield next.value;
  }
}

/** Reads the rest of the body and forgets it. */
export async function drain(exchange: Exchange): Promise<void> {
  for await (const piece of bodyOf(exchange)) void piece;
}

/** Reads the body as text. */
export async function textOf(exchange: Exchange): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of bodyOf(exchange)) text += decoder.decode(piece, { stream: true });
  return text + decoder.decode();
}

/** The promise's end, or the abort of the signal, whichever comes first. */
export function unlessGone<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    return Promise.reject(signal.reason);
  }
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
