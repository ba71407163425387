import { type HttpHandler, http } from "msw";
import { jsonAnswer } from "./envelopes.ts";
import { drain, type Exchange, exchangeOf } from "./exchange.ts";
import type { Fault, Operation } from "./faults.ts";
import type { Simulation } from "./simulation.ts";
import { gatewayPage, strikeAround, unlessUnreachable } from "./strikes.ts";

/** One call of the OAuth server: it asks for no token and is in no quota. */
export interface OauthEndpointSpec {
  readonly operation: Operation;
  readonly method: "GET" | "POST";
  /** In MSW's notation. */
  readonly path: string;
  act(exchange: Exchange): Promise<Response> | Response;
}

/** Makes the MSW handler of a call: faults and counting around its work. */
export function oauthEndpoint(simulation: Simulation, spec: OauthEndpointSpec): HttpHandler {
  const { operation, method } = spec;
  const on = method === "GET" ? http.get : http.post;
  return on(spec.path, async ({ request }) => {
    const exchange = exchangeOf(request);
    const target = { method, path: exchange.url.pathname, operation, counterId: null, token: null };
    const faults = simulation.faults.take(target);
    unlessUnreachable(faults);
    const facts = { operation, group: "oauth", login: "", address: exchange.address, now: simulation.now() } as const;
    simulation.requests.enter(facts, simulation.settings);
    const answer = await strikeAround({ faults, exchange, simulation, refuse }, () => spec.act(exchange));
    await drain(exchange);
    return answer;
  });
}

/** A refusal in the words of OAuth (RFC 6749, section 5.2). */
export function oauthRefusal(
  status: number,
  error: string,
  description: string,
  headers: Record<string, string> = {},
): Response {
  return jsonAnswer({ error, error_description: description }, status, headers);
}

function refuse(fault: Extract<Fault, { kind: "status" }>, headers: Record<string, string>): Response {
  if (fault.status >= 500) return gatewayPage(fault.status);
  const error = fault.errorType ?? (fault.status === 401 ? "invalid_client" : "invalid_request");
  return oauthRefusal(fault.status, error, fault.message ?? `Simulated ${fault.status}`, headers);
}
