import { createRoute, z } from "@hono/zod-openapi";
import * as v from "valibot";
import { removeMember } from "../../core/accounts/members.ts";
import { quoteValue } from "../../core/language.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { component, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import type { ToldAct } from "../auth/audit-of.ts";
import { actorOf } from "../auth/authorize.ts";
import { guarded, sessionProblems } from "../auth/guarded.ts";
import { createRouter } from "../http/app-defaults.ts";
import type { RouteDeps } from "./deps.ts";
import { memberTarget, Role } from "./member-shapes.ts";

const Me = v.pipe(
  v.object({
    user_id: v.string(),
    email: v.pipe(v.string(), v.description("In lower case")),
    name: v.nullable(v.string()),
    workspaces: v.pipe(
      v.array(v.object({ workspace_id: v.string(), name: v.string(), role: Role })),
      v.description("Oldest first; without any, POST /v1/setup, an invitation or POST /v1/workspaces leads into one"),
    ),
  }),
  component("Me"),
);

const tags = ["People"];
const refusals = problemResponses(...sessionProblems);

const readMe = createRoute({
  method: "get",
  path: "/v1/me",
  operationId: "getMe",
  tags,
  ...guarded("signed_in"),
  summary: "Read who you are and where you belong",
  responses: { 200: jsonResponse(Me, { description: "You, and your workspaces with your role in each" }), ...refusals },
});

const leave = createRoute({
  method: "delete",
  path: "/v1/me/workspaces/{workspace_id}",
  operationId: "leaveWorkspace",
  tags,
  ...guarded("signed_in"),
  summary: "Leave a workspace",
  request: { params: z.object({ workspace_id: z.string() }) },
  responses: {
    204: { description: "You are not a member any more; your open invitations are revoked" },
    ...refusals,
    ...problemResponses("not_found", "last_owner"),
  },
});

/** Whoever is signed in. */
export function meRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();

  router.openapi(readMe, async (c) => {
    const { id, uuid, email, name } = await deps.signedIn(c);
    const workspaces = (await deps.memberships.ofUser(id)).map(({ workspaceUuid, workspaceName, role }) => ({
      workspace_id: workspaceUuid,
      name: workspaceName,
      role,
    }));
    return c.json({ user_id: uuid, email, name, workspaces }, 200);
  });

  router.openapi(leave, async (c) => {
    const person = await deps.signedIn(c);
    const asked = c.req.param("workspace_id");
    const of = (await deps.memberships.ofUser(person.id)).find(({ workspaceUuid }) => workspaceUuid === asked);
    const workspaceId = of?.workspaceId ?? null;
    const left =
      workspaceId === null ? null : await removeMember(deps, { workspaceId, userUuid: person.uuid, by: "owner" });
    if (left === null) throw new ProblemError("not_found", { path: quoteValue(c.req.path) });
    const act: ToldAct = { action: "member.removed", target: memberTarget(left), before: { role: left.role } };
    await deps.audit(c, { actor: actorOf(person), workspaceId }, act);
    return c.body(null, 204);
  });

  return router;
}
