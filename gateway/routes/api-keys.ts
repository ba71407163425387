import { createRoute, z } from "@hono/zod-openapi";
import * as v from "valibot";
import { type Localized, quoteValue } from "../../core/language.ts";
import { iso, isoOrNull } from "../../core/plugin/answers.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { component, jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import type { ApiKeyRecord, ApiKeyScope } from "../../core/store/store.ts";
import { newApiKey } from "../../core/vault/secrets.ts";
import type { Principal } from "../auth/authorize.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { createRouter } from "../http/app-defaults.ts";
import { invalidFields } from "../http/field-faults.ts";
import { millisecondsOf, notAnInstant } from "../http/instant.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson } from "../http/read-json.ts";
import type { RouteDeps } from "./deps.ts";

const SCOPES: readonly ApiKeyScope[] = ["intake", "read", "manage"];
const scope = v.picklist(SCOPES);

const keyChecks = {
  instant_format: notAnInstant,
  instant_past: {
    ru: "Момент {received} уже прошёл, такой ключ не подошёл бы ни разу. Укажите момент в будущем.",
    en: "The instant {received} has passed, so such a key would never be accepted. Give one in the future.",
  },
} satisfies Record<string, Localized>;

const NewKey = v.pipe(
  v.strictObject({
    name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(200)),
    scopes: v.optional(v.pipe(v.array(scope), v.minLength(1), v.description("Default: all that the caller may give"))),
    expires_at: v.nullish(
      v.pipe(
        v.string(),
        v.check((text) => millisecondsOf(text) !== null, "instant_format"),
        v.metadata({ format: "date-time" }),
        v.description("An instant in the future. Default: never"),
      ),
    ),
  }),
  component("NewApiKey"),
);

const Key = v.pipe(
  v.object({
    api_key_id: v.string(),
    name: v.string(),
    prefix: v.string(),
    scopes: v.array(scope),
    created_at: v.string(),
    expires_at: v.nullable(v.string()),
    last_used_at: v.nullable(v.string()),
    revoked_at: v.nullable(v.string()),
  }),
  component("ApiKey"),
);
const CreatedKey = v.pipe(
  v.object({ ...Key.entries, key: v.pipe(v.string(), v.description("Shown this once")) }),
  component("CreatedApiKey"),
);

const tags = ["API keys"];
const refusals = problemResponses(...accessProblems);

const createKey = createRoute({
  method: "post",
  path: "/v1/api-keys",
  operationId: "createApiKey",
  tags,
  ...guarded("administer"),
  summary: "Create an API key",
  request: { body: jsonBody(NewKey, { description: "Its name and what it may do", example: { name: "CRM" } }) },
  responses: {
    201: jsonResponse(CreatedKey, { description: "The key, shown this once" }),
    ...refusals,
    ...problemResponses("malformed_json", "invalid_field"),
  },
});

const listKeys = createRoute({
  method: "get",
  path: "/v1/api-keys",
  operationId: "listApiKeys",
  tags,
  ...guarded("administer"),
  summary: "List API keys",
  responses: {
    200: jsonResponse(v.object({ data: v.array(Key) }), { description: "All keys of the workspace" }),
    ...refusals,
  },
});

const revokeKey = createRoute({
  method: "delete",
  path: "/v1/api-keys/{api_key_id}",
  operationId: "revokeApiKey",
  tags,
  ...guarded("administer"),
  summary: "Revoke an API key",
  request: { params: z.object({ api_key_id: z.string() }) },
  responses: {
    204: { description: "Revoked; refused everywhere within five seconds" },
    ...refusals,
    ...problemResponses("not_found"),
  },
});

/** @throws {ProblemError} `invalid_field` when the instant has passed */
function expiryOf(given: string | null | undefined, now: number): number | null {
  const expiresAt = given == null ? null : millisecondsOf(given);
  if (expiresAt === null || expiresAt > now) return expiresAt;
  const params = { received: quoteValue(given) };
  throw invalidFields([{ field: "expires_at", code: "instant_past", sentence: keyChecks.instant_past, params }]);
}

/**
 * A key may do no more than whoever makes it. A person who may make one is an admin, and all scopes together are worth no more.
 * @throws {ProblemError} `forbidden_scope`
 */
function scopesOf({ scopes: own }: Principal, asked: readonly ApiKeyScope[] | undefined): readonly ApiKeyScope[] {
  const most = own ?? SCOPES;
  const beyond = asked?.find((scope) => !most.includes(scope));
  if (beyond !== undefined) throw new ProblemError("forbidden_scope", { scope: beyond });
  return asked ?? most;
}

const targetOf = ({ uuid, name }: ApiKeyRecord) => ({ kind: "api_key", id: uuid, name });

const answer = (key: ApiKeyRecord) => ({
  api_key_id: key.uuid,
  name: key.name,
  prefix: key.prefix,
  scopes: [...key.scopes],
  created_at: iso(key.createdAt),
  expires_at: isoOrNull(key.expiresAt),
  last_used_at: isoOrNull(key.lastUsedAt),
  revoked_at: isoOrNull(key.revokedAt),
});

/** Keys by which programs manage the gateway. */
export function apiKeyRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();

  router.openapi(createKey, async (c) => {
    const principal = await deps.authorize(c, createKey);
    const { workspaceId } = principal;
    const body = parseBody(NewKey, await readJson(c.req.raw, deps.limits), keyChecks);
    const { key, prefix, hash } = newApiKey();
    const record = await deps.store.apiKeys.create({
      uuid: deps.newUuid(),
      workspaceId,
      name: body.name,
      prefix,
      hash: Buffer.from(hash).toString("hex"),
      scopes: scopesOf(principal, body.scopes),
      createdAt: deps.now(),
      expiresAt: expiryOf(body.expires_at, deps.now()),
    });
    const { name, scopes, expires_at } = answer(record);
    const after = { name, scopes, expires_at };
    await deps.audit(c, principal, { action: "api_key.created", target: targetOf(record), after });
    return c.json({ ...answer(record), key }, 201);
  });

  router.openapi(listKeys, async (c) => {
    const { workspaceId } = await deps.authorize(c, listKeys);
    return c.json({ data: (await deps.store.apiKeys.list(workspaceId)).map(answer) }, 200);
  });

  router.openapi(revokeKey, async (c) => {
    const principal = await deps.authorize(c, revokeKey);
    const { workspaceId } = principal;
    const id = c.req.param("api_key_id");
    const revoked = await deps.store.apiKeys.revoke(workspaceId, id, deps.now());
    if (revoked === null) throw new ProblemError("not_found", { path: quoteValue(c.req.path) });
    deps.apiKeys.forget();
    await deps.audit(c, principal, { action: "api_key.revoked", target: targetOf(revoked) });
    return c.body(null, 204);
  });

  return router;
}
