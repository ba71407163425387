import type { Context } from "hono";
import type { Connected } from "../../core/accounts/keep-account.ts";
import type { Actor } from "../../core/store/store.ts";
import type { GatewayEnv } from "../http/app-defaults.ts";
import type { RouteDeps } from "./deps.ts";

/** Writes down that an account was connected, by whichever way. */
export function recordConnected(
  { audit }: Pick<RouteDeps, "audit">,
  c: Context<GatewayEnv>,
  by: { readonly workspaceId: number; readonly actor: Actor },
  { account, isNew }: Connected,
): Promise<void> {
  return audit(c, by, {
    action: isNew ? "account.connected" : "account.reconnected",
    target: { kind: "account", id: account.uuid, name: account.login },
    after: { login: account.login, origin: account.origin, rights: account.scopes },
  });
}
