import { bodyOf, drain, type Exchange, unlessGone } from "./exchange.ts";
import type { Fault } from "./faults.ts";
import { NetworkFailure } from "./network-failure.ts";
import type { Simulation } from "./simulation.ts";

/** The first fault of a kind among those that struck. */
export function find<Kind extends Fault["kind"]>(
  faults: readonly Fault[],
  kind: Kind,
): Extract<Fault, { kind: Kind }> | undefined {
  return faults.find((fault): fault is Extract<Fault, { kind: Kind }> => fault.kind === kind);
}

/** Cuts the connection where the faults say that nobody listens. */
export function unlessUnreachable(faults: readonly Fault[]): void {
  if (find(faults, "unreachable") !== undefined) throw new NetworkFailure("ECONNREFUSED");
}

/** A request under way and what strikes it. */
export interface Struck {
  readonly faults: readonly Fault[];
  readonly exchange: Exchange;
  readonly simulation: Simulation;
  /** The refusal that a `status` fault without a body of its own is answered with. */
  refuse(fault: Extract<Fault, { kind: "status" }>, headers: Record<string, string>): Response;
}

/** Does the work of a request, with the faults that strike before it, instead of it and after it. */
export async function strikeAround(
  { faults, exchange, simulation, refuse }: Struck,
  work: () => Promise<Response> | Response,
): Promise<Response> {
  await strikeBefore(faults, exchange, simulation);
  const status = find(faults, "status");
  if (status !== undefined) {
    const headers = status.retryAfter === undefined ? {} : { "retry-after": String(status.retryAfter) };
    if (status.body !== undefined) return new Response(status.body, { status: status.status, headers });
    return refuse(status, headers);
  }
  const answer = await work();
  await drain(exchange);
  return answer.ok ? strikeAfter(faults, exchange, answer) : answer;
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

/** The page of a gateway that lost the server behind it. */
export function gatewayPage(status: number): Response {
  const body = `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center></body></html>`;
  return new Response(body, { status, headers: { "content-type": "text/html" } });
}

async function pause(ms: number, signal: AbortSignal, { clock }: Simulation): Promise<void> {
  let cancel = () => {};
  const over = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve);
  });
  await unlessGone(over, signal).finally(() => cancel());
}
