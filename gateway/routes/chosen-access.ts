import type { Context } from "hono";
import type { SourceAccess } from "../../core/sources/source-access.ts";
import type { CounterRecord, Store } from "../../core/store/store.ts";
import type { Principal } from "../auth/authorize.ts";
import type { GatewayEnv } from "../http/app-defaults.ts";
import { counterFacts } from "./counter-shapes.ts";
import type { RouteDeps } from "./deps.ts";
import { accountOfField } from "./own-account.ts";
import type { AccessFields } from "./source-fields.ts";

/**
 * What a source is to upload with; null where the body names nothing.
 * @throws {ProblemError} `invalid_field` for an account that is not the workspace's
 */
export async function accessOf(
  store: Pick<Store, "accounts">,
  { workspaceId }: Pick<Principal, "workspaceId">,
  { token, account_id }: AccessFields,
): Promise<SourceAccess | null> {
  if (token !== undefined) return { kind: "token", token };
  if (account_id === undefined) return null;
  return { kind: "account", account: await accountOfField(store, workspaceId, account_id) };
}

/** Writes down that a counter was attached to the workspace on the occasion of a source. */
export async function tellAttached(
  { audit }: Pick<RouteDeps, "audit">,
  [c, principal]: readonly [Context<GatewayEnv>, Principal],
  counter: CounterRecord | null,
): Promise<void> {
  if (counter === null) return;
  const target = { kind: "counter", id: String(counter.counterId), name: counter.name };
  await audit(c, principal, { action: "counter.attached", target, after: counterFacts(counter) });
}
