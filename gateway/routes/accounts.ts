import type { Context } from "hono";
import { setCookie } from "hono/cookie";
import { disconnectAccount } from "../../core/accounts/disconnect-account.ts";
import { quoteValue } from "../../core/language.ts";
import { iso } from "../../core/plugin/answers.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import type { AccountRecord, Actor } from "../../core/store/store.ts";
import type { Principal } from "../auth/authorize.ts";
import { createRouter, type GatewayEnv, languageOf } from "../http/app-defaults.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson } from "../http/read-json.ts";
import { accountAnswer, connectedAnswer, disconnectedAnswer } from "./account-answers.ts";
import { recordConnected } from "./account-audit.ts";
import {
  changeAccount,
  connectAccount,
  disconnect,
  finishConnection,
  listAccounts,
  pasteToken,
  readAccount,
} from "./account-operations.ts";
import { AccountChange, accountChecks, ConnectionEnd, ConnectionStart, PastedToken } from "./account-shapes.ts";
import type { RouteDeps } from "./deps.ts";
import { browserCookie } from "./oauth-callback.ts";

/** Yandex accounts of a workspace. */
export function accountRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { store, connections } = deps;

  async function ownAccount({ workspaceId }: Principal, id: string): Promise<AccountRecord> {
    const account = await store.accounts.findByUuid(id);
    if (account?.workspaceId === workspaceId) return account;
    throw new ProblemError("not_found", { path: quoteValue(`/v1/accounts/${id}`) });
  }

  const bodyOf = (c: Context<GatewayEnv>) => readJson(c.req.raw, deps.limits);

  router.openapi(connectAccount, async (c) => {
    const principal = await deps.authorize(c, connectAccount);
    const wish = parseBody(ConnectionStart, await bodyOf(c), accountChecks);
    const { authorizeUrl, expiresAt, cookie } = await connections.begin({
      workspaceId: principal.workspaceId,
      actor: principal.actor,
      account: wish.account_id === undefined ? null : await ownAccount(principal, wish.account_id),
      returnTo: wish.return_to ?? null,
      loginHint: wish.login_hint ?? null,
    });
    const maxAge = Math.floor((expiresAt - deps.now()) / 1000);
    setCookie(c, cookie.name, cookie.value, { ...browserCookie(deps.publicUrl), maxAge });
    return c.json({ authorize_url: authorizeUrl, expires_at: iso(expiresAt) }, 200);
  });

  router.openapi(finishConnection, async (c) => {
    const principal = await deps.authorize(c, finishConnection);
    const { code, state } = parseBody(ConnectionEnd, await bodyOf(c), accountChecks);
    const underWay = await connections.find(state);
    const isMine = underWay?.workspaceId === principal.workspaceId && isSame(underWay.actor, principal.actor);
    if (!isMine) throw new ProblemError("oauth_state_unknown");
    const connected = await connections.finish(state, { code });
    await recordConnected(deps, c, principal, connected);
    return c.json(await connectedAnswer(deps, connected, languageOf(c)), 200);
  });

  router.openapi(pasteToken, async (c) => {
    const principal = await deps.authorize(c, pasteToken);
    const { token } = parseBody(PastedToken, await bodyOf(c), accountChecks);
    const connected = await connections.paste(principal.workspaceId, token);
    await recordConnected(deps, c, principal, connected);
    return c.json(await connectedAnswer(deps, connected, languageOf(c)), connected.isNew ? 201 : 200);
  });

  router.openapi(listAccounts, async (c) => {
    const { workspaceId } = await deps.authorize(c, listAccounts);
    const accounts = await store.accounts.list(workspaceId);
    const data = await Promise.all(accounts.map((account) => accountAnswer(deps, account, languageOf(c))));
    return c.json({ data }, 200);
  });

  router.openapi(readAccount, async (c) => {
    const account = await ownAccount(await deps.authorize(c, readAccount), c.req.param("account_id"));
    return c.json(await accountAnswer(deps, account, languageOf(c)), 200);
  });

  router.openapi(changeAccount, async (c) => {
    const principal = await deps.authorize(c, changeAccount);
    const before = await ownAccount(principal, c.req.param("account_id"));
    const { name } = parseBody(AccountChange, await bodyOf(c), accountChecks);
    const account = await store.accounts.rename(before.id, name, deps.now());
    await deps.audit(c, principal, {
      action: "account.changed",
      target: { kind: "account", id: account.uuid, name: account.login },
      before: { name: before.name },
      after: { name },
    });
    return c.json(await accountAnswer(deps, account, languageOf(c)), 200);
  });

  router.openapi(disconnect, async (c) => {
    const principal = await deps.authorize(c, disconnect);
    const account = await ownAccount(principal, c.req.param("account_id"));
    const disconnected = await disconnectAccount(deps, account);
    await deps.audit(c, principal, {
      action: "account.disconnected",
      target: { kind: "account", id: account.uuid, name: account.login },
      after: { revocation: disconnected.revocation, sources_waiting: disconnected.sourcesWaiting },
    });
    return c.json(disconnectedAnswer(account, disconnected, languageOf(c)), 200);
  });

  return router;
}

const isSame = (one: Actor, other: Actor) => one.kind === other.kind && one.id === other.id;
