import type { Context } from "hono";
import { attachCounter, detachCounter, refreshCounter, visibleCounters } from "../../core/accounts/counters.ts";
import { createCounter } from "../../core/accounts/create-counter.ts";
import type { AuditAction } from "../../core/audit/actions.ts";
import type { CounterRecord } from "../../core/store/store.ts";
import type { Principal } from "../auth/authorize.ts";
import { createRouter, type GatewayEnv, languageOf } from "../http/app-defaults.ts";
import { decodeCursor, encodeCursor } from "../http/cursor.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson } from "../http/read-json.ts";
import {
  attachRoute,
  createCounterRoute,
  detachRoute,
  listCounters,
  listVisible,
  readCounter,
  refreshRoute,
} from "./counter-operations.ts";
import {
  AttachCounter,
  counterAnswer,
  counterChecks,
  counterFacts,
  NewCounter,
  siteOf,
  visibleAnswer,
} from "./counter-shapes.ts";
import type { RouteDeps } from "./deps.ts";
import { accountOfField, accountOfPath } from "./own-account.ts";
import { ownCounter } from "./own-counter.ts";

/** Counters: what accounts see at Metrika, and what is attached to a workspace. */
export function counterRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { store } = deps;

  const tell = (
    c: Context<GatewayEnv>,
    principal: Principal,
    action: AuditAction,
    counter: CounterRecord,
    [before, after]: readonly [CounterRecord | null, CounterRecord | null],
  ) =>
    deps.audit(c, principal, {
      action,
      target: { kind: "counter", id: String(counter.counterId), name: counter.name },
      before: before && counterFacts(before),
      after: after && counterFacts(after),
    });

  const namedAccount = (c: Context<GatewayEnv>, { workspaceId }: Principal) =>
    accountOfPath(store, workspaceId, { uuid: c.req.param("account_id") ?? "", path: c.req.path });

  router.openapi(listVisible, async (c) => {
    const principal = await deps.authorize(c, listVisible);
    const { limit, cursor, search, permission } = c.req.valid("query");
    const account = await namedAccount(c, principal);
    const offset = decodeCursor(cursor) ?? 1;
    const wanted = { offset, limit, ...(search && { search }), ...(permission && { permission }) };
    const { total, counters } = await visibleCounters(deps, account, wanted);
    const next = offset + counters.length;
    const isLast = counters.length === 0 || next > total;
    return c.json({ data: counters.map(visibleAnswer), total, next_cursor: encodeCursor(isLast ? null : next) }, 200);
  });

  router.openapi(createCounterRoute, async (c) => {
    const principal = await deps.authorize(c, createCounterRoute);
    const account = await namedAccount(c, principal);
    const body = parseBody(NewCounter, await readJson(c.req.raw, deps.limits), counterChecks);
    const { counter, isNew } = await createCounter(deps, account, {
      name: body.name,
      site: siteOf(body.site) ?? body.site,
      ...(body.time_zone !== undefined && { timeZoneName: body.time_zone }),
    });
    await tell(c, principal, isNew ? "counter.created" : "counter.attached", counter, [null, counter]);
    return c.json({ ...counterAnswer({ counter, account }, languageOf(c)), created: isNew }, isNew ? 201 : 200);
  });

  router.openapi(attachRoute, async (c) => {
    const principal = await deps.authorize(c, attachRoute);
    const body = parseBody(AttachCounter, await readJson(c.req.raw, deps.limits));
    const account = await accountOfField(store, principal.workspaceId, body.account_id);
    const before = await store.counters.get(principal.workspaceId, body.counter_id);
    const counter = await attachCounter(deps, account, body.counter_id);
    await tell(c, principal, "counter.attached", counter, [before, counter]);
    return c.json(counterAnswer({ counter, account }, languageOf(c)), before === null ? 201 : 200);
  });

  router.openapi(listCounters, async (c) => {
    const { workspaceId } = await deps.authorize(c, listCounters);
    const { limit, cursor } = c.req.valid("query");
    const page = await store.counters.list({ workspaceId, after: decodeCursor(cursor), limit });
    const accounts = await store.accounts.getMany([...new Set(page.rows.map(({ accountId }) => accountId))]);
    const data = page.rows.flatMap((counter) => {
      const account = accounts.get(counter.accountId);
      return account === undefined ? [] : [counterAnswer({ counter, account }, languageOf(c))];
    });
    return c.json({ data, next_cursor: encodeCursor(page.after) }, 200);
  });

  router.openapi(readCounter, async (c) => {
    const attached = await ownCounter(deps, await deps.authorize(c, readCounter), c);
    return c.json(counterAnswer(attached, languageOf(c)), 200);
  });

  router.openapi(refreshRoute, async (c) => {
    const principal = await deps.authorize(c, refreshRoute);
    const before = await ownCounter(deps, principal, c);
    const counter = await refreshCounter(deps, before);
    await tell(c, principal, "counter.refreshed", counter, [before.counter, counter]);
    return c.json(counterAnswer({ ...before, counter }, languageOf(c)), 200);
  });

  router.openapi(detachRoute, async (c) => {
    const principal = await deps.authorize(c, detachRoute);
    const { counter } = await ownCounter(deps, principal, c);
    await detachCounter(deps, principal.workspaceId, counter.counterId);
    await tell(c, principal, "counter.detached", counter, [counter, null]);
    return c.body(null, 204);
  });

  return router;
}
