import type { Context } from "hono";
import type { Act, Audit } from "../../core/audit/audit.ts";
import { maskText } from "../../core/vault/mask.ts";
import { clientOf, type GatewayEnv } from "../http/app-defaults.ts";
import type { Principal } from "./authorize.ts";

/** What a route says of an act; who did it and from where is known of the request. */
export type ToldAct = Pick<Act, "action" | "target"> & Partial<Pick<Act, "before" | "after">>;

/** Writes down an act of the caller. */
export type AuditOf = (
  c: Context<GatewayEnv>,
  by: Pick<Principal, "actor"> & { readonly workspaceId: number | null },
  act: ToldAct,
) => Promise<void>;

const MOST_USER_AGENT = 300;

/** Joins what a request tells with what was done. */
export function createAuditOf(audit: Audit): AuditOf {
  return (c, { workspaceId, actor }, { before = null, after = null, ...act }) => {
    const agent = c.req.header("user-agent");
    // Senders choose both texts, so anything may stand in them.
    const userAgent = agent === undefined ? null : maskText(agent.slice(0, MOST_USER_AGENT));
    const origin = { address: clientOf(c), userAgent, requestId: maskText(c.env.requestId) };
    return audit.record({ ...act, workspaceId, actor, before, after, origin });
  };
}
