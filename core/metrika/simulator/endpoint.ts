import { type HttpHandler, http } from "msw";
import { admit, tokenIn, whoseToken } from "./access.ts";
import { refusal, usualErrorType } from "./envelopes.ts";
import { bodyOf, drain, type Exchange, exchangeOf, unlessGone } from "./exchange.ts";
import type { Fault, Operation } from "./faults.ts";
import { NetworkFailure } from "./network-failure.ts";
import type { QuotaRefusal, RequestGroup } from "./requests.ts";
import type { Simulation } from "./simulation.ts";
import type { Counter, Scope, Token } from "./world.ts";

/** A request that has passed tokens, rights and quotas. */
export interface Admitted {
  readonly exchange: Exchange;
  readonly login: string;
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
  /** Does the work; `counter` is the one in the path. */
  act(request: Admitted, counter: Counter | null): Promise<Response> | Response;
}

/** Makes the MSW handler of a call: faults, token, rights and quotas around its work. */
export function endpoint(simulation: Simulation, spec: EndpointSpec): HttpHandler {
  const on = spec.method === "GET" ? http.get : http.post;
  return on(spec.path, async ({ request, params }) => {
    const exchange = exchangeOf(request);
    const named = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
    const token = tokenIn(exchange.headers);
    const counterId = named.counterId === undefined ? null : Number(named.counterId);
    const target = { method: spec.method, path: exchange.url.pathname, operation: spec.operation, counterId, token };
    const faults = simulation.faults.take(target);
    if (find(faults, "unreachable") !== undefined) throw new NetworkFailure("ECONNREFUSED");
    const answer = await perform({ exchange, params: named, faults }, token);
    // Only a body that has been read to its end lets a client over HTTP see the answer instead of a cut connection.
    await drain(exchange);
    return answer;
  });

  async function perform(request: Omit<Admitted, "login">, token: string | null): Promise<Response> {
    const { exchange, faults } = request;
    const owner = whoseToken(token, find(faults, "token_dead") !== undefined, simulation);
    if (owner instanceof Response) return owner;
    const { login } = owner;
    const facts = { operation: spec.operation, group: spec.group, login, address: exchange.address };
    const entered = simulation.requests.enter({ ...facts, now: simulation.now() }, simulation.settings);
    if (!("leave" in entered)) return throttled(entered, simulation);
    // The place is held through slowness and silence, as a real request would hold it.
    try {
      await strikeBefore(faults, exchange, simulation);
      const status = find(faults, "status");
      if (status !== undefined) return refusalBy(status);
      const answer = await work({ ...request, login }, owner);
      await drain(exchange);
      return answer.ok ? await strikeAfter(faults, exchange, answer) : answer;
    } finally {
      entered.leave();
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

/** The first fault of a kind among those that struck. */
export function find<Kind extends Fault["kind"]>(
  faults: readonly Fault[],
  kind: Kind,
): Extract<Fault, { kind: Kind }> | undefined {
  return faults.find((fault): fault is Extract<Fault, { kind: Kind }> => fault.kind === kind);
}

async function strikeBefore(faults: readonly Fault[], exchange: Exchange, simulation: Simulation): Promise<void> {
  const slow = find(faults, "slow");
  if (slow !== undefined) await pause(slow.ms, exchange.signal, simulation);
  const reset = find(faults, "reset_before_store");
  if (reset === undefined) return;
  let bytes = 0;
  for await (const piece of bodyOf(exchange)) {
    bytes += piece.byteLength;
    if (reset.afterBytes !== undefined && bytes >= reset.afterBytes) break;
  }
  throw new NetworkFailure("ECONNRESET");
}

async function strikeAfter(faults: readonly Fault[], exchange: Exchange, answer: Response): Promise<Response> {
  if (find(faults, "store_then_reset") !== undefined) throw new NetworkFailure("ECONNRESET");
  if (find(faults, "store_then_hang") !== undefined) await unlessGone(new Promise<never>(() => {}), exchange.signal);
  const status = find(faults, "store_then_status");
  if (status !== undefined) return gatewayPage(status.status);
  const wrong = find(faults, "wrong_json");
  if (wrong === undefined) return answer;
  return new Response(wrong.body ?? "<html>Метрика</html>", { headers: { "content-type": "application/json" } });
}

function refusalBy(fault: Extract<Fault, { kind: "status" }>): Response {
  const headers: Record<string, string> =
    fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) };
  if (fault.body !== undefined) return new Response(fault.body, { status: fault.status, headers });
  const errorType = fault.errorType ?? usualErrorType(fault.status);
  return refusal(fault.status, errorType, fault.message ?? `Simulated ${fault.status}`, { headers });
}

function gatewayPage(status: number): Response {
  const body = `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center></body></html>`;
  return new Response(body, { status, headers: { "content-type": "text/html" } });
}

function throttled(quota: QuotaRefusal, { settings, now }: Simulation): Response {
  const until = new Date(now() + quota.freedInSeconds * 1000);
  const wait = settings.retryAfter === "seconds" ? String(quota.freedInSeconds) : until.toUTCString();
  // The date makes a Retry-After date mean the same to a client whose clock differs from the simulator's.
  const headers: Record<string, string> = { date: new Date(now()).toUTCString() };
  if (settings.retryAfter !== "none") headers["retry-after"] = wait;
  return refusal(settings.throttleStatus, quota.errorType, quota.message, { headers });
}

async function pause(ms: number, signal: AbortSignal, { clock }: Simulation): Promise<void> {
  let cancel = () => {};
  const over = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve);
  });
  await unlessGone(over, signal).finally(() => cancel());
}
