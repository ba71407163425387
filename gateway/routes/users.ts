import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import * as v from "valibot";
import type { Identity } from "../../core/identity/identity.ts";
import { quoteValue } from "../../core/language.ts";
import { iso, isoOrNull } from "../../core/plugin/answers.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { component, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import type { Actor, SessionRecord, UserRecord } from "../../core/store/store.ts";
import type { ToldAct } from "../auth/audit-of.ts";
import { accessProblems, type Guarded, guarded } from "../auth/guarded.ts";
import { createRouter, type GatewayEnv } from "../http/app-defaults.ts";
import { decodeCursor, encodeCursor, pageQuery } from "../http/cursor.ts";
import { userTarget } from "../identity/session-audit.ts";
import type { RouteDeps } from "./deps.ts";

const User = v.pipe(
  v.object({
    user_id: v.string(),
    email: v.string(),
    name: v.nullable(v.string()),
    created_at: v.string(),
    last_seen_at: v.nullable(v.string()),
  }),
  component("User"),
);
const Users = v.object({ data: v.array(User), next_cursor: v.nullable(v.string()) });

const Session = v.pipe(
  v.object({
    session_id: v.string(),
    address: v.nullable(v.string()),
    user_agent: v.nullable(v.string()),
    created_at: v.string(),
    refreshed_at: v.string(),
    expires_at: v.string(),
  }),
  component("Session"),
);

const RecoveryLink = v.pipe(
  v.object({
    url: v.pipe(v.string(), v.description("Sets a new password, once. Shown this once")),
    expires_at: v.string(),
  }),
  component("RecoveryLink"),
);

const tags = ["People"];
const params = z.object({ user_id: z.string() });
const refusals = problemResponses(...accessProblems, "operator_only", "people_elsewhere");
const notFound = problemResponses("not_found");

const listUsers = createRoute({
  method: "get",
  path: "/v1/users",
  operationId: "listUsers",
  tags,
  ...guarded("operate"),
  summary: "List the people whom this gateway signs in",
  description: "For the operator of the gateway alone.",
  request: {
    query: z.object({
      ...pageQuery,
      email: z.string().optional().openapi({ description: "Only the person with this address" }),
    }),
  },
  responses: {
    200: jsonResponse(Users, { description: "Oldest first" }),
    ...refusals,
    ...problemResponses("invalid_field"),
  },
});

const listSessions = createRoute({
  method: "get",
  path: "/v1/users/{user_id}/sessions",
  operationId: "listUserSessions",
  tags,
  ...guarded("operate"),
  summary: "List the devices that a person is signed in on",
  description: "For the operator of the gateway alone.",
  request: { params },
  responses: {
    200: jsonResponse(v.object({ data: v.array(Session) }), { description: "Newest first" }),
    ...refusals,
    ...notFound,
  },
});

const endSessions = createRoute({
  method: "delete",
  path: "/v1/users/{user_id}/sessions",
  operationId: "endUserSessions",
  tags,
  ...guarded("operate"),
  summary: "Sign a person out everywhere",
  description: "For the operator of the gateway alone.",
  request: { params },
  responses: {
    200: jsonResponse(v.object({ ended: v.number() }), {
      description: "How many sessions ended; their tokens are refused everywhere within five seconds",
    }),
    ...refusals,
    ...notFound,
  },
});

const createLink = createRoute({
  method: "post",
  path: "/v1/users/{user_id}/recovery-links",
  operationId: "createRecoveryLink",
  tags,
  ...guarded("operate"),
  summary: "Make a link by which a person sets a new password",
  description: "For the operator of the gateway alone.",
  request: { params },
  responses: {
    201: jsonResponse(RecoveryLink, { description: "The link, shown this once" }),
    ...refusals,
    ...notFound,
  },
});

const userAnswer = (user: UserRecord) => ({
  user_id: user.uuid,
  email: user.email,
  name: user.name,
  created_at: iso(user.createdAt),
  last_seen_at: isoOrNull(user.lastSeenAt),
});

const sessionAnswer = (session: SessionRecord) => ({
  session_id: session.uuid,
  address: session.address,
  user_agent: session.userAgent,
  created_at: iso(session.createdAt),
  refreshed_at: iso(session.refreshedAt),
  expires_at: iso(session.expiresAt),
});

/**
 * What the operator does about people whom the gateway signs in itself. Not for whoever may change the installation: setting
 * somebody's password is to become him, in all his workspaces.
 * @param identity null where a Supabase project signs people in: it is asked for all of this
 */
export function userRoutes(deps: RouteDeps, identity: Identity | null): ReturnType<typeof createRouter> {
  const router = createRouter();
  const { users, sessions } = deps.store.identity;

  /** @throws {ProblemError} `people_elsewhere` */
  async function ofOperator(
    c: Context<GatewayEnv>,
    route: Guarded,
  ): Promise<{ readonly actor: Actor; readonly signing: Identity }> {
    const { actor } = await deps.authorize(c, route);
    if (identity === null) throw new ProblemError("people_elsewhere");
    return { actor, signing: identity };
  }

  /** @throws {ProblemError} `not_found` */
  async function userOf(c: { readonly req: { param(name: "user_id"): string; readonly path: string } }) {
    const user = await users.findByUuid(c.req.param("user_id"));
    if (user === null) throw new ProblemError("not_found", { path: quoteValue(c.req.path) });
    return user;
  }

  router.openapi(listUsers, async (c) => {
    await ofOperator(c, listUsers);
    const { limit, cursor, email } = c.req.valid("query");
    if (email !== undefined) {
      const user = await users.findByEmail(email.trim().toLowerCase());
      return c.json({ data: user === null ? [] : [userAnswer(user)], next_cursor: null }, 200);
    }
    const { rows, after } = await users.list(decodeCursor(cursor), limit);
    return c.json({ data: rows.map(userAnswer), next_cursor: encodeCursor(after) }, 200);
  });

  router.openapi(listSessions, async (c) => {
    await ofOperator(c, listSessions);
    const { id } = await userOf(c);
    return c.json({ data: (await sessions.list(id, deps.now())).map(sessionAnswer) }, 200);
  });

  router.openapi(endSessions, async (c) => {
    const { actor, signing } = await ofOperator(c, endSessions);
    const user = await userOf(c);
    const ended = await signing.end({ userId: user.id, only: null, except: null });
    const act: ToldAct = { action: "user.signed_out", target: userTarget(user), after: { ended: ended.length } };
    await deps.audit(c, { actor, workspaceId: null }, act);
    return c.json({ ended: ended.length }, 200);
  });

  router.openapi(createLink, async (c) => {
    const { actor, signing } = await ofOperator(c, createLink);
    const user = await userOf(c);
    const { url, expiresAt } = await signing.recovery.link(user);
    const act: ToldAct = { action: "user.recovery_link_created", target: userTarget(user) };
    await deps.audit(c, { actor, workspaceId: null }, act);
    return c.json({ url, expires_at: iso(expiresAt) }, 201);
  });

  return router;
}
