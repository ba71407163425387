import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { OverloadedError, StorageUnavailableError } from "../core/intake/committer.ts";
import type { SourcePlugin } from "../core/plugin/contract.ts";
import { ProblemError, retryLater } from "../core/plugin/problem.ts";
import type { ProblemCode } from "../core/plugin/problem-catalogue.ts";
import { callerProblems, problemResponses } from "../core/plugin/problem-openapi.ts";
import type { RawIntakeRoute } from "../core/plugin/raw-intake.ts";
import type { Proof } from "../core/plugin/verifiers/verifier.ts";
import type { KeepRawIntake } from "../core/sources/raw-intakes/keep-raw-intake.ts";
import type { SourceRegistry } from "../core/sources/registry.ts";
import { hashesOf, showsSecret, withoutSecret } from "../core/sources/shown-secret.ts";
import type { SourceRecord } from "../core/store/store.ts";
import type { Access } from "./auth/authorize.ts";
import type { Guarded } from "./auth/guarded.ts";
import type { createRouter, GatewayEnv } from "./http/app-defaults.ts";
import { ReceivedRequest, type SenderLimits } from "./received-request.ts";
import type { SenderCheck } from "./verify-sender.ts";

const INTAKE: Guarded = { "x-permission": "intake" };

/** No CRM sends more about a deal; in bytes, unpacked. */
const LONGEST_BODY = 8 * 1024 * 1024;

/** The limits of a sender whose requests are kept. */
export const limitsOfRawIntakes = (limits: SenderLimits): SenderLimits => ({
  ...limits,
  maxBytes: Math.min(limits.maxBytes, LONGEST_BODY),
});

/** What a route of raw intakes works with. */
export interface RawIntakeRouteDeps extends Pick<Access, "authorize"> {
  readonly registry: SourceRegistry;
  readonly keepRawIntake: KeepRawIntake;
  readonly limits: SenderLimits;
  readonly now: () => number;
}

/** Where a route is mounted, and how its senders are verified. */
export interface RawIntakePlace {
  readonly router: ReturnType<typeof createRouter>;
  readonly plugin: SourcePlugin;
  readonly basePath: string;
  readonly check: SenderCheck;
  /** Whether the config of a source can be read, without which a verifier that depends on it is not known. */
  readonly isUsable: (source: SourceRecord) => boolean;
}

/**
 * Mounts a route whose requests are kept first and handled afterwards: verified as those of an intake are, written to disk, answered at
 * once. Whether the source is disabled or cannot be used makes no difference to its sender.
 */
export function mountRawIntake(route: RawIntakeRoute, place: RawIntakePlace, deps: RawIntakeRouteDeps): void {
  const { router, plugin, basePath, check } = place;
  if (!plugin.handle) throw new Error(`Plugin ${plugin.name} takes raw intakes and has no handle() for them.`);
  const path = `${basePath}${route.path}`;
  for (const method of route.methods) router.openAPIRegistry.registerPath(operationOf(route, place, path, method));
  const limits = limitsOfRawIntakes(deps.limits);

  async function keep(c: Context<GatewayEnv>, request: ReceivedRequest, source: SourceRecord): Promise<Response> {
    c.set("fallbackLanguage", source.language);
    return answer(c, route, await keepRequest(deps, c, { request, source, keepHeaders: route.keepHeaders ?? [] }));
  }

  /** A program or person of the workspace needs no secret of the source. */
  async function byCaller(c: Context<GatewayEnv>, request: ReceivedRequest, source: SourceRecord | null) {
    const { workspaceId } = await deps.authorize(c, INTAKE);
    if (source === null || source.workspaceId !== workspaceId) throw check.refusal("wrong");
    return keep(c, request, source);
  }

  async function refuse(c: Context<GatewayEnv>, request: ReceivedRequest, proof: Exclude<Proof, "right">) {
    // By the request alone, whether there is such a source or not.
    if (await isGreeting(route, c, request)) return answer(c, route, null);
    throw check.refusal(proof);
  }

  async function serve(c: Context<GatewayEnv>): Promise<Response> {
    const id = c.req.param("source_id") ?? "";
    if (check.hidesAddress) c.set("shownPath", path.replace("{source_id}", id));
    const found = await deps.registry.find(id);
    const source = found?.plugin === plugin.name ? found : null;
    const request = new ReceivedRequest(c, limits);
    const proof = await check.prove(request, source);
    // No proof is right without a source; a verifier that said so all the same would let anyone in.
    if (proof === "right" && source !== null) return keep(c, request, source);
    if (proof === "missing" && c.req.raw.headers.has("authorization")) return byCaller(c, request, source);
    if (source !== null && !place.isUsable(source) && (await provesByShowing(request, source, deps.now())))
      return keep(c, request, source);
    return refuse(c, request, proof === "right" ? "wrong" : proof);
  }

  const methods = route.methods.map((method) => method.toUpperCase());
  router.on(methods, path.replace(/\{(\w+)\}/g, ":$1"), serve);
}

/** Whether the sender of a source without a verifier shows that it knows the secret, see {@link showsSecret}. */
export async function provesByShowing(
  request: ReceivedRequest,
  source: SourceRecord | null,
  now: number,
): Promise<boolean> {
  const form = await request.readForm().catch((error) => {
    if (error instanceof ProblemError && [400, 415].includes(error.status)) return undefined;
    throw error;
  });
  return showsSecret({ url: request.url, headers: request.headers, form }, hashesOf(source, now));
}

/** A verified request on its way to the disk. */
export interface VerifiedRequest {
  readonly request: ReceivedRequest;
  readonly source: SourceRecord;
  /** Lower case; the content type is kept anyway. */
  readonly keepHeaders: readonly string[];
}

/**
 * Keeps a request without the sender's secret.
 * @returns the id of the raw intake
 * @throws {ProblemError} `storage_unavailable`, `overloaded`, and those of a body that does not arrive
 */
export async function keepRequest(
  { keepRawIntake, now }: Pick<RawIntakeRouteDeps, "keepRawIntake" | "now">,
  c: Context<GatewayEnv>,
  { request, source, keepHeaders }: VerifiedRequest,
): Promise<string> {
  const method = c.req.method === "GET" ? "GET" : "POST";
  const body = method === "GET" ? new Uint8Array() : await request.raw();
  const query = withoutSecret(new URL(request.url).searchParams, hashesOf(source, now()));
  const headers = [...new Set(["content-type", ...keepHeaders])].flatMap((name) => {
    const value = request.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  try {
    return await keepRawIntake(source, method, { query, headers, body });
  } catch (error) {
    if (error instanceof OverloadedError) throw retryLater("overloaded", error.retryAfterSeconds, error);
    if (error instanceof StorageUnavailableError)
      throw retryLater("storage_unavailable", error.retryAfterSeconds, error);
    throw error;
  }
}

async function isGreeting(route: RawIntakeRoute, c: Context<GatewayEnv>, request: ReceivedRequest): Promise<boolean> {
  if (!route.isGreeting) return false;
  const { headers, url } = request;
  const sent = { headers, url, method: c.req.method, raw: () => request.raw(), readForm: () => request.readForm() };
  try {
    return await route.isGreeting(sent);
  } catch (error) {
    // A body that cannot be read is no greeting.
    if (error instanceof ProblemError) return false;
    throw error;
  }
}

/** @param intakeId null for a greeting, of which nothing was kept */
function answer(c: Context<GatewayEnv>, { answer: own }: RawIntakeRoute, intakeId: string | null): Response {
  if (own !== undefined) return c.body(own.body, 200, { "content-type": own.type });
  return c.json(intakeId === null ? { status: "ok" } : { status: "kept", intake_id: intakeId }, 200);
}

type Operation = Parameters<ReturnType<typeof createRouter>["openAPIRegistry"]["registerPath"]>[0];

function operationOf(
  route: RawIntakeRoute,
  { plugin, check }: RawIntakePlace,
  path: string,
  method: RawIntakeRoute["methods"][number],
): Operation {
  const isFirst = method === route.methods[0];
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const types = Object.entries(route.examples);
  const content = Object.fromEntries(types.map(([type, example]) => [type, { schema: {}, example }]));
  const answered = route.answer ?? { type: "application/json", body: "" };
  const example =
    route.answer?.body ?? ({ status: "kept", intake_id: "0193a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b" } as const);
  const place = check.place === null ? "" : ` The sender proves itself ${check.place.en}.`;
  return {
    method,
    path,
    operationId: isFirst ? route.operationId : `${route.operationId}By${method === "get" ? "Get" : "Post"}`,
    tags: [plugin.title.en],
    security: [{ apiKey: [] }, { session: [] }],
    summary: route.summary,
    description: `${route.description ?? "The request is kept durably, answered at once and handled afterwards."}${place}`,
    request: {
      params: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))),
      ...(method === "post" && types.length > 0 && { body: { content } }),
    },
    responses: {
      200: {
        description: "Kept, whether or not the source is enabled",
        content: { [answered.type]: { schema: {}, example } },
      },
      ...problemResponses(...check.problems, ...OTHER_PROBLEMS),
    },
  };
}

const OTHER_PROBLEMS = [
  ...callerProblems,
  "body_too_large",
  "request_timeout",
  "overloaded",
  "storage_unavailable",
] as const satisfies readonly ProblemCode[];
