import type { RouteConfig } from "@hono/zod-openapi";
import { getLogger } from "@logtape/logtape";
import type { Context } from "hono";
import type { SourcePlugin } from "../core/plugin/contract.ts";
import { ProblemError } from "../core/plugin/problem.ts";
import type { SourceContext } from "../core/plugin/source-context.ts";
import type { Proof } from "../core/plugin/verifiers/verifier.ts";
import { type ContextDeps, createSourceContext } from "../core/sources/context.ts";
import type { OpenConfig } from "../core/sources/open-config.ts";
import { createSecretsOf, type TellOfSource } from "../core/sources/sender-secrets.ts";
import type { SourceRecord } from "../core/store/store.ts";
import type { Guarded } from "./auth/guarded.ts";
import { createRouter, type GatewayEnv } from "./http/app-defaults.ts";
import { invalidFields } from "./http/field-faults.ts";
import { zodFaults } from "./http/zod-faults.ts";
import { mountRawIntake, type RawIntakeRouteDeps } from "./raw-intake-route.ts";
import { ReceivedRequest } from "./received-request.ts";
import type { RouteBook } from "./route-book.ts";
import { createSenderCheck, type SenderCheckDeps } from "./verify-sender.ts";

const log = getLogger(["metrika-gateway", "sources"]);
const INTAKE: Guarded = { "x-permission": "intake" };

export interface SourceRouterDeps extends ContextDeps, RawIntakeRouteDeps {
  readonly openConfig: OpenConfig;
  /** Told of every route, so that people can be shown the addresses of their sources. */
  readonly routeBook: Pick<RouteBook, "add">;
}

/**
 * The routes of one plugin: finds the source, verifies the sender, hands the request over. An API key or a session of the
 * workspace may stand in for a proof. A missing proof is 401; a wrong
 * one and an unknown source are 403 in the same words and the same time; that a source is disabled is told only after a
 * right proof.
 */
export function mountPlugin(plugin: SourcePlugin, deps: SourceRouterDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const basePath = plugin.basePath ?? `/sources/${plugin.name}`;
  if (!plugin.routes) return router;
  if (!plugin.verify) throw new Error(`Plugin ${plugin.name} has routes but no verifier: its senders could be anyone.`);
  const tell = tellOnce();
  const configOf = createConfigOf(deps.openConfig, tell);
  const secretsOf = createSecretsOf(deps.vault, tell);
  const check = createSenderCheck(plugin.verify, { secretsOf, configOf, now: deps.now });

  // A source record is replaced whole when it changes, so what is made of it lives as long as the record.
  const contexts = new WeakMap<SourceRecord, SourceContext<unknown>>();
  function contextOf(source: SourceRecord): SourceContext<unknown> {
    let context = contexts.get(source);
    if (context === undefined) {
      const known = configOf(source);
      if (known === null) throw new ProblemError("source_unusable");
      context = createSourceContext(deps, source, known.config);
      contexts.set(source, context);
    }
    return context;
  }

  plugin.routes({
    rawIntake(route) {
      const methods = route.methods.map((method) => method.toUpperCase());
      deps.routeBook.add(plugin.name, { methods, path: `${basePath}${route.path}`, summary: route.summary });
      const isUsable = (source: SourceRecord) => deps.openConfig(source).ok;
      mountRawIntake(route, { router, plugin, basePath, check, isUsable }, deps);
    },
    intake(route, handler) {
      const idParam = /^\/\{(\w+)\}/.exec(route.path)?.[1];
      if (idParam === undefined) {
        throw new Error(`Route ${route.path} of plugin ${plugin.name} must begin with the source's id.`);
      }
      const path = `${basePath}${route.path}`;
      router.openAPIRegistry.registerPath({ ...route, path });
      deps.routeBook.add(plugin.name, { methods: [route.method.toUpperCase()], path, summary: route.summary ?? "" });
      const validateQuery = queryValidator(route);
      const answer = (c: Context<GatewayEnv>, request: ReceivedRequest, source: SourceRecord | null, proof: Proof) => {
        if (proof !== "right") throw check.refusal(proof);
        // No proof is right without a source; a verifier that said so all the same would let anyone in.
        if (source === null) throw check.refusal("wrong");
        c.set("fallbackLanguage", source.language);
        if (!source.isActive) throw new ProblemError("webhook_disabled");
        validateQuery(c);
        // The route's own types were checked where the plugin declared it.
        const own = c as unknown as Parameters<typeof handler>[0];
        return handler(own, contextOf(source), request) as Promise<Response>;
      };
      /** A program or person of the workspace needs no secret of the source. */
      const byCaller = async (c: Context<GatewayEnv>, request: ReceivedRequest, source: SourceRecord | null) => {
        const { workspaceId } = await deps.authorize(c, INTAKE);
        return answer(c, request, source, source?.workspaceId === workspaceId ? "right" : "wrong");
      };
      const judge = (c: Context<GatewayEnv>, request: ReceivedRequest, source: SourceRecord | null, proof: Proof) =>
        proof === "missing" && c.req.raw.headers.has("authorization")
          ? byCaller(c, request, source)
          : answer(c, request, source, proof);
      const serve = (c: Context<GatewayEnv>, found: SourceRecord | null) => {
        const source = found?.plugin === plugin.name ? found : null;
        const request = new ReceivedRequest(c, deps.limits);
        const proof = check.prove(request, source);
        return proof instanceof Promise
          ? proof.then((proved) => judge(c, request, source, proved))
          : judge(c, request, source, proof);
      };
      router.on(route.method.toUpperCase(), path.replace(/\{(\w+)\}/g, ":$1"), (c) => {
        const id = c.req.param(idParam) ?? "";
        if (check.hidesAddress) c.set("shownPath", path.replace(`{${idParam}}`, id));
        const remembered = deps.registry.remembered(id);
        return remembered ? serve(c, remembered) : deps.registry.find(id).then((found) => serve(c, found));
      });
    },
  });
  return router;
}

/** Reads the configs of sources; null for one that cannot be used, which is told. */
function createConfigOf(openConfig: OpenConfig, tell: TellOfSource): SenderCheckDeps["configOf"] {
  return (source) => {
    const opened = openConfig(source);
    if (opened.ok) return opened;
    tell(source, opened.reason.en);
    return null;
  };
}

/** A source that refuses everybody does so many times a second, and stays as it is until a person changes it. */
function tellOnce(): TellOfSource {
  const told = new Set<string>();
  return (source, reason) => {
    const key = `${source.uuid} ${source.updatedAt} ${reason}`;
    if (told.has(key)) return;
    told.add(key);
    log.warn("Source {sourceId} refuses its senders: {reason}", { sourceId: source.uuid, reason });
  };
}

/**
 * Checks a route's query after its sender was verified, and only where there is one to check: zod-openapi's own validators
 * cost every request about 7 µs (intake-small rose from 0.37 to 0.44 of its ceiling without them).
 */
function queryValidator(route: RouteConfig): (c: Context<GatewayEnv>) => void {
  const schema = route.request?.query;
  if (!schema) return () => {};
  const ofNone = schema.safeParse({});
  return (c) => {
    const given = c.req.raw.url.includes("?") ? c.req.query() : null;
    const parsed = given === null ? ofNone : schema.safeParse(given);
    if (!parsed.success) throw invalidFields(zodFaults(parsed.error, given ?? {}));
    c.req.addValidatedData("query", parsed.data as object);
  };
}
