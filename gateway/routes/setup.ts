import { createRoute } from "@hono/zod-openapi";
import * as v from "valibot";
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

const Setup = v.pipe(
  v.strictObject({
    setup_code: v.pipe(
      v.string(),
      v.maxLength(100),
      v.description("As the gateway prints it at its start; hyphens and the size of letters do not matter"),
    ),
    workspace_name: v.optional(v.pipe(WorkspaceName, v.description("Default: the name it has"))),
  }),
  component("Setup"),
);
const SetupCode = v.pipe(
  v.object({
    setup_code: v.pipe(
      v.nullable(v.string()),
      v.description("Null: the first workspace has an owner, and no code is open"),
    ),
  }),
  component("SetupCode"),
);

const tags = ["People"];
const operatorRefusals = problemResponses(...accessProblems, "operator_only");

const setUp = createRoute({
  method: "post",
  path: "/v1/setup",
  operationId: "setUp",
  tags,
  ...guarded("signed_in"),
  summary: "Become the owner of the first workspace by the setup code",
  request: {
    body: jsonBody(Setup, {
      description: "The code, and what the workspace is to be called",
      example: { setup_code: "7KQ2-M0VD-93XH-RTB6", workspace_name: "Shop" },
    }),
  },
  responses: {
    200: jsonResponse(Workspace, { description: "You own this workspace from now on; the code is used up" }),
    ...problemResponses(...sessionProblems, "setup_code_wrong", "setup_code_throttled"),
    ...problemResponses("malformed_json", "invalid_field"),
  },
});

const readCode = createRoute({
  method: "get",
  path: "/v1/setup-code",
  operationId: "getSetupCode",
  tags,
  ...guarded("operate"),
  summary: "Read the setup code in force",
  responses: {
    200: jsonResponse(SetupCode, { description: "The code, made where it is needed" }),
    ...operatorRefusals,
  },
});

const renewCode = createRoute({
  method: "post",
  path: "/v1/setup-code",
  operationId: "renewSetupCode",
  tags,
  ...guarded("operate"),
  summary: "Make another setup code",
  description: "Also where there are owners: the way back in when all of them are lost.",
  responses: {
    201: jsonResponse(SetupCode, { description: "The code; the former is worth nothing any more" }),
    ...operatorRefusals,
  },
});

/** How the first owner comes to be. */
export function setupRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();

  router.openapi(setUp, async (c) => {
    const person = await deps.signedIn(c);
    const { setup_code, workspace_name } = parseBody(Setup, await readJson(c.req.raw, deps.limits));
    await deps.setupCodes.use(setup_code, person.id);
    const { workspaceId } = deps.store.installation;
    if (workspace_name !== undefined) await deps.store.workspaces.rename(workspaceId, workspace_name);
    const workspace = await deps.store.workspaces.get(workspaceId);
    if (workspace === null) throw new Error("The first workspace is gone.");
    const act: ToldAct = { action: "setup.completed", target: workspaceTarget(workspace), after: { role: "owner" } };
    await deps.audit(c, { actor: actorOf(person), workspaceId }, act);
    return c.json(workspaceAnswer(workspace), 200);
  });

  router.openapi(readCode, async (c) => {
    await deps.authorize(c, readCode);
    return c.json({ setup_code: await deps.setupCodes.current() }, 200);
  });

  router.openapi(renewCode, async (c) => {
    const principal = await deps.authorize(c, renewCode);
    const setup_code = await deps.setupCodes.renew();
    const target = { kind: "setup_code", id: null, name: null };
    await deps.audit(c, { ...principal, workspaceId: null }, { action: "setup_code.created", target });
    return c.json({ setup_code }, 201);
  });

  return router;
}
