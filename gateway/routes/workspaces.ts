import { createRoute } from "@hono/zod-openapi";
import * as v from "valibot";
import { createWorkspace } from "../../core/accounts/workspaces.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { component, jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import type { ToldAct } from "../auth/audit-of.ts";
import { actorOf } from "../auth/authorize.ts";
import { accessProblems, guarded, sessionProblems } from "../auth/guarded.ts";
import { createRouter } from "../http/app-defaults.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson } from "../http/read-json.ts";
import type { RouteDeps } from "./deps.ts";
import { Workspace, WorkspaceName, workspaceAnswer, workspaceTarget } from "./member-shapes.ts";

const NewWorkspace = v.pipe(v.strictObject({ name: WorkspaceName }), component("NewWorkspace"));
const body = jsonBody(NewWorkspace, { description: "Its name", example: { name: "Shop" } });

const tags = ["Workspaces"];
const refusals = problemResponses(...accessProblems);

const create = createRoute({
  method: "post",
  path: "/v1/workspaces",
  operationId: "createWorkspace",
  tags,
  ...guarded("signed_in"),
  summary: "Create a workspace and own it",
  description: "For everybody where SIGN_UP=open, else for owners of a workspace.",
  request: { body },
  responses: {
    201: jsonResponse(Workspace, { description: "The workspace" }),
    ...problemResponses(...sessionProblems, "signup_closed", "malformed_json", "invalid_field"),
  },
});

const read = createRoute({
  method: "get",
  path: "/v1/workspace",
  operationId: "getWorkspace",
  tags,
  ...guarded("read"),
  summary: "Read the workspace",
  responses: { 200: jsonResponse(Workspace, { description: "The workspace that the request is about" }), ...refusals },
});

const rename = createRoute({
  method: "patch",
  path: "/v1/workspace",
  operationId: "updateWorkspace",
  tags,
  ...guarded("own"),
  summary: "Rename the workspace",
  request: { body },
  responses: {
    200: jsonResponse(Workspace, { description: "The workspace" }),
    ...refusals,
    ...problemResponses("person_required", "malformed_json", "invalid_field"),
  },
});

/** Workspaces. */
export function workspaceRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();

  async function existing(workspaceId: number) {
    const found = await deps.store.workspaces.get(workspaceId);
    if (found === null) throw new Error(`Workspace ${workspaceId} of a request is gone.`);
    return found;
  }

  router.openapi(create, async (c) => {
    const person = await deps.signedIn(c);
    const { name } = parseBody(NewWorkspace, await readJson(c.req.raw, deps.limits));
    const made = await createWorkspace(deps, name, person.id);
    const act: ToldAct = { action: "workspace.created", target: workspaceTarget(made), after: { name } };
    await deps.audit(c, { actor: actorOf(person), workspaceId: made.id }, act);
    return c.json(workspaceAnswer(made), 201);
  });

  router.openapi(read, async (c) => {
    const { workspaceId } = await deps.authorize(c, read);
    return c.json(workspaceAnswer(await existing(workspaceId)), 200);
  });

  router.openapi(rename, async (c) => {
    const principal = await deps.authorize(c, rename);
    const { name } = parseBody(NewWorkspace, await readJson(c.req.raw, deps.limits));
    const before = await existing(principal.workspaceId);
    await deps.store.workspaces.rename(before.id, name);
    if (principal.person !== null) deps.memberships.forget(principal.person.id);
    const target = workspaceTarget({ ...before, name });
    await deps.audit(c, principal, {
      ...{ action: "workspace.changed", target },
      ...{ before: { name: before.name }, after: { name } },
    });
    return c.json(workspaceAnswer({ ...before, name }), 200);
  });

  return router;
}
