import { createRoute, z } from "@hono/zod-openapi";
import * as v from "valibot";
import { changeRole, removeMember } from "../../core/accounts/members.ts";
import { quoteValue } from "../../core/language.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { component, jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import type { ToldAct } from "../auth/audit-of.ts";
import { rankOf } from "../auth/authorize.ts";
import { accessProblems, guarded } from "../auth/guarded.ts";
import { createRouter } from "../http/app-defaults.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson } from "../http/read-json.ts";
import type { RouteDeps } from "./deps.ts";
import { Member, memberAnswer, memberTarget, Role } from "./member-shapes.ts";

const RoleChange = v.pipe(v.strictObject({ role: Role }), component("RoleChange"));

const tags = ["Members"];
const refusals = problemResponses(...accessProblems);
const params = z.object({ user_id: z.string() });

const listMembers = createRoute({
  method: "get",
  path: "/v1/members",
  operationId: "listMembers",
  tags,
  ...guarded("read"),
  summary: "List the members of the workspace",
  responses: {
    200: jsonResponse(v.object({ data: v.array(Member) }), {
      description: "All members, who joined first comes first",
    }),
    ...refusals,
  },
});

const updateMember = createRoute({
  method: "patch",
  path: "/v1/members/{user_id}",
  operationId: "updateMember",
  tags,
  ...guarded("administer"),
  summary: "Give a member another role",
  description:
    "Nobody gives or takes away a role above his own: owners are made and lowered by owners only. The open invitations of whoever is lowered are revoked.",
  request: { params, body: jsonBody(RoleChange, { description: "The role", example: { role: "editor" } }) },
  responses: {
    200: jsonResponse(Member, { description: "The member; the role counts everywhere within five seconds" }),
    ...refusals,
    ...problemResponses("not_found", "last_owner", "malformed_json", "invalid_field"),
  },
});

const deleteMember = createRoute({
  method: "delete",
  path: "/v1/members/{user_id}",
  operationId: "removeMember",
  tags,
  ...guarded("administer"),
  summary: "Remove a member",
  description:
    "Owners are removed by owners only. Open invitations by the member are revoked. API keys belong to the workspace and stay in force: revoke those that the member knew.",
  request: { params },
  responses: {
    204: { description: "Removed; refused everywhere within five seconds" },
    ...refusals,
    ...problemResponses("not_found", "last_owner"),
  },
});

/** Who belongs to a workspace. */
export function memberRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();
  const notFound = (path: string) => new ProblemError("not_found", { path: quoteValue(path) });

  router.openapi(listMembers, async (c) => {
    const { workspaceId } = await deps.authorize(c, listMembers);
    return c.json({ data: (await deps.store.members.list(workspaceId)).map(memberAnswer) }, 200);
  });

  router.openapi(updateMember, async (c) => {
    const principal = await deps.authorize(c, updateMember);
    const { role } = parseBody(RoleChange, await readJson(c.req.raw, deps.limits));
    const asked = { workspaceId: principal.workspaceId, userUuid: c.req.param("user_id"), by: rankOf(principal) };
    const before = await changeRole(deps, asked, role);
    if (before === null) throw notFound(c.req.path);
    await deps.audit(c, principal, {
      ...{ action: "member.role_changed", target: memberTarget(before) },
      ...{ before: { role: before.role }, after: { role } },
    });
    return c.json(memberAnswer({ ...before, role }), 200);
  });

  router.openapi(deleteMember, async (c) => {
    const principal = await deps.authorize(c, deleteMember);
    const asked = { workspaceId: principal.workspaceId, userUuid: c.req.param("user_id"), by: rankOf(principal) };
    const removed = await removeMember(deps, asked);
    if (removed === null) throw notFound(c.req.path);
    const act: ToldAct = { action: "member.removed", target: memberTarget(removed), before: { role: removed.role } };
    await deps.audit(c, principal, act);
    return c.body(null, 204);
  });

  return router;
}
