import type { RouteConfig } from "@hono/zod-openapi";
import type { Context } from "hono";
import * as v from "valibot";
import { parseExactJson } from "../core/conversion/exact-json.ts";
import type { SenderRequest, SourcePlugin } from "../core/plugin/contract.ts";
import { ProblemError } from "../core/plugin/problem.ts";
import { type ContextDeps, createSourceContext } from "../core/sources/context.ts";
import type { SourceRegistry } from "../core/sources/registry.ts";
import type { SourceRecord } from "../core/store/store.ts";
import { createRouter, type GatewayEnv, languageOf } from "./http/app-defaults.ts";
import type { BodyLimits } from "./http/read-body.ts";
import { readJsonText } from "./http/read-json.ts";

export interface SourceRouterDeps extends ContextDeps {
  readonly registry: SourceRegistry;
  readonly limits: BodyLimits & { readonly maxConversions: number };
}

/**
 * The routes of one plugin: finds the source, verifies the sender, hands the request over. A missing proof is 401; a wrong
 * one and an unknown source are 403 in the same words and the same time; that a source is disabled is told only after a
 * right proof.
 */
export function mountPlugin(plugin: SourcePlugin, deps: SourceRouterDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const basePath = plugin.basePath ?? `/sources/${plugin.name}`;
  const { verify } = plugin;
  if (plugin.routes && !verify)
    throw new Error(`Plugin ${plugin.name} has routes but no verifier: its senders could be anyone.`);

  async function verifiedSource(c: Context<GatewayEnv>, idParam: string): Promise<SourceRecord> {
    const found = await deps.registry.find(c.req.param(idParam) ?? "");
    const source = found?.plugin === plugin.name ? found : null;
    const proof = verify?.verify(c.req.raw.headers, source, deps.now()) ?? "wrong";
    if (proof === "missing") throw new ProblemError("secret_missing", { header: verify?.header ?? "" });
    if (proof === "wrong" || source === null) throw new ProblemError("secret_wrong");
    c.set("fallbackLanguage", source.language);
    if (!source.isActive) throw new ProblemError("webhook_disabled");
    return source;
  }

  const senderOf = (c: Context<GatewayEnv>): SenderRequest => ({
    language: languageOf(c),
    idempotencyKey: c.req.raw.headers.get("idempotency-key"),
    maxConversions: deps.limits.maxConversions,
    readJson: () => readJsonText(c.req.raw, deps.limits, parseExactJson),
  });

  plugin.routes?.({
    intake(route, handler) {
      const idParam = /^\/\{(\w+)\}/.exec(route.path)?.[1];
      if (idParam === undefined)
        throw new Error(`Route ${route.path} of plugin ${plugin.name} must begin with the source's id.`);
      const full: RouteConfig = { ...route, path: `${basePath}${route.path}` };
      router.openapi(full, async (c) => {
        const source = await verifiedSource(c as Context<GatewayEnv>, idParam);
        const context = createSourceContext(deps, source, v.parse(plugin.config, source.config));
        // The route's own types were checked where the plugin declared it.
        return handler(
          c as Parameters<typeof handler>[0],
          context,
          senderOf(c as Context<GatewayEnv>),
        ) as Promise<Response>;
      });
    },
  });
  return router;
}
