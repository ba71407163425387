import { refusal } from "./envelopes.ts";
import type { Simulation } from "./simulation.ts";
import type { Counter, Scope, Token } from "./world.ts";

/** What a request must be allowed to do. */
export interface Requirement {
  /** One of these is enough. */
  readonly scopes: readonly Scope[];
  /** The counter it is about, if any, and whether it changes it. */
  readonly counter: { readonly id: number; readonly writes: boolean } | null;
}

/** The token in an Authorization header, or null: only `OAuth <token>` will do, `Bearer` is answered with 401. */
export function tokenIn(headers: Headers): string | null {
  return /^OAuth\s+(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? null;
}

/** Whose request it is, or the refusal. */
export function whoseToken(token: string | null, isDead: boolean, simulation: Simulation): Token | Response {
  if (token === null) return refusal(401, "unauthorized", "Authorization is required");
  const owner = isDead ? undefined : simulation.world.tokens.get(token);
  if (owner !== undefined && (owner.expiresAt === null || simulation.now() < owner.expiresAt)) return owner;
  return simulation.settings.invalidTokenStatus === 403
    ? refusal(403, "invalid_token", "Invalid oauth_token")
    : refusal(401, "unauthorized", "Invalid oauth_token");
}

/** The counter a request may work on (null when it is about none), or the refusal. */
export function admit(
  owner: Token,
  requirement: Requirement,
  simulation: Simulation,
): { readonly counter: Counter | null } | Response {
  if (!requirement.scopes.some((scope) => owner.scopes.includes(scope))) return accessDenied();
  if (requirement.counter === null) return { counter: null };
  const counter = simulation.world.counters.get(requirement.counter.id);
  if (counter === undefined) {
    const hidden = simulation.settings.unknownCounter === "access_denied";
    return hidden ? accessDenied() : refusal(404, "not_found", "Entity not found");
  }
  const permission = simulation.world.permissionOf(owner.login, counter);
  const allowed = requirement.counter.writes ? permission === "own" || permission === "edit" : permission !== null;
  return allowed ? { counter } : accessDenied();
}

function accessDenied(): Response {
  return refusal(403, "access_denied", "Access Denied");
}
