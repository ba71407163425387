import type { Context } from "hono";
import { type AttachedCounter, attachedCounter } from "../../core/accounts/counters.ts";
import { quoteValue } from "../../core/language.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import type { Principal } from "../auth/authorize.ts";
import type { GatewayEnv } from "../http/app-defaults.ts";
import type { RouteDeps } from "./deps.ts";

const COUNTER = /^[1-9]\d{0,9}$/;

/**
 * The attached counter that an address names by `{counter_id}`.
 * @throws {ProblemError} `counter_not_attached`, in the same words whether it is unknown or another workspace's
 */
export function ownCounter(
  deps: Pick<RouteDeps, "store">,
  { workspaceId }: Pick<Principal, "workspaceId">,
  c: Context<GatewayEnv>,
): Promise<AttachedCounter> {
  const given = c.req.param("counter_id") ?? "";
  if (!COUNTER.test(given)) throw new ProblemError("counter_not_attached", { counter_id: quoteValue(given) });
  return attachedCounter(deps, workspaceId, Number(given));
}
