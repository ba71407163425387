import { type HttpHandler, http } from "msw";
import { admit, tokenIn, whoseToken } from "./access.ts";
import { refusal, usualErrorType } from "./envelopes.ts";
import { drain, type Exchange, exchangeOf } from "./exchange.ts";
import type { Fault, Operation } from "./faults.ts";
import type { QuotaRefusal, RequestGroup } from "./requests.ts";
import type { Simulation } from "./simulation.ts";
import { streamOf } from "./streams.ts";
import { find, strikeAround, unlessUnreachable } from "./strikes.ts";
import type { Counter, Scope, Token } from "./world.ts";

/** A request that has passed tokens, rights and quotas. */
export interface Admitted {
  readonly exchange: Exchange;
  readonly login: string;
  /** The application that the token was issued to. */
  readonly clientId: string;
  readonly params: Readonly<Record<string, string>>;
  /** Faults that change what the operation does rather than its answer. */
  readonly faults: readonly Fault[];
}

/** One call of the API. */
export interface EndpointSpec {
  readonly operation: Operation;
  readonly method: "GET" | "POST";
  /** In MSW's notation; `:counterId` names the counter. */
  readonly path: string;
  readonly group: RequestGroup;
  /** One of these is enough; an empty list means: any token. */
  readonly scopes: readonly Scope[];
  /** Whether it needs the right to change the counter. */
  readonly writes?: boolean;
  /** Whether it belongs to the Logs API, whose requests have a quota of their own. */
  readonly isLogs?: boolean;
  /** Whether its answer is a stream: the login's place stays taken until the last byte. */
  readonly streams?: boolean;
  /** Finds the counter's number where it is not in the path. */
  counterIn?(url: URL): string | null;
  /** Does the work; `counter` is the one in the path, or found by `counterIn`. */
  act(request: Admitted, counter: Counter | null): Promise<Response> | Response;
}

/** Makes the MSW handler of a call: faults, token, rights and quotas around its work. */
export function endpoint(simulation: Simulation, spec: EndpointSpec): HttpHandler {
  const on = spec.method === "GET" ? http.get : http.post;
  return on(spec.path, async ({ request, params }) => {
    const exchange = exchangeOf(request);
    const found = spec.counterIn?.(exchange.url) ?? null;
    const named = {
      ...Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)])),
      ...(found !== null && { counterId: found }),
    };
    const token = tokenIn(exchange.headers);
    const counterId = named.counterId === undefined ? null : Number(named.counterId);
    const target = { method: spec.method, path: exchange.url.pathname, operation: spec.operation, counterId, token };
    const faults = simulation.faults.take(target);
    unlessUnreachable(faults);
    const answer = await perform({ exchange, params: named, faults }, token);
    // Only a body that has been read to its end lets a client over HTTP see the answer instead of a cut connection.
    await drain(exchange);
    return answer;
  });

  async function perform(request: Omit<Admitted, "login" | "clientId">, token: string | null): Promise<Response> {
    const { exchange, faults } = request;
    const owner = whoseToken(token, find(faults, "token_dead") !== undefined, simulation);
    if (owner instanceof Response) return owner;
    const { login } = owner;
    const { operation, group, isLogs = false } = spec;
    const facts = { operation, group, isLogs, login, address: exchange.address };
    const entered = simulation.requests.enter({ ...facts, now: simulation.now() }, simulation.settings);
    if (!("leave" in entered)) return throttled(entered, simulation);
    // The place is held through slowness and silence, as a real request would hold it.
    let isStreaming = false;
    try {
      const answer = await strikeAround({ faults, exchange, simulation, refuse: refusalBy }, () =>
        work({ ...request, login, clientId: owner.clientId }, owner),
      );
      isStreaming = spec.streams === true && answer.body !== null;
      return isStreaming ? new Response(streamOf(piecesOf(answer), entered.leave), answer) : answer;
    } finally {
      if (!isStreaming) entered.leave();
    }
  }

  async function work(request: Admitted, owner: Token): Promise<Response> {
    if (spec.scopes.length === 0) return spec.act(request, null);
    const { counterId } = request.params;
    const counter = counterId === undefined ? null : { id: Number(counterId), writes: spec.writes ?? false };
    const admitted = admit(owner, { scopes: spec.scopes, counter }, simulation);
    return admitted instanceof Response ? admitted : spec.act(request, admitted.counter);
  }
}

async function* piecesOf({ body }: Response): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const piece of body ?? []) yield piece;
}

function refusalBy(fault: Extract<Fault, { kind: "status" }>, headers: Record<string, string>): Response {
  const errorType = fault.errorType ?? usualErrorType(fault.status);
  return refusal(fault.status, errorType, fault.message ?? `Simulated ${fault.status}`, { headers });
}

function throttled(quota: QuotaRefusal, { settings, now }: Simulation): Response {
  const until = new Date(now() + quota.freedInSeconds * 1000);
  const wait = settings.retryAfter === "seconds" ? String(quota.freedInSeconds) : until.toUTCString();
  // The date makes a Retry-After date mean the same to a client whose clock differs from the simulator's.
  const headers: Record<string, string> = { date: new Date(now()).toUTCString() };
  if (settings.retryAfter !== "none") headers["retry-after"] = wait;
  return refusal(settings.throttleStatus, quota.errorType, quota.message, { headers });
}
