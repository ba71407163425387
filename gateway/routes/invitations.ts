import { createRoute, z } from "@hono/zod-openapi";
import * as v from "valibot";
import { acceptInvitation, invite } from "../../core/accounts/invitations.ts";
import { type Localized, quoteValue } from "../../core/language.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { problemResponses } from "../../core/plugin/problem-openapi.ts";
import { component, jsonBody, jsonResponse } from "../../core/plugin/valibot-openapi.ts";
import type { ToldAct } from "../auth/audit-of.ts";
import { actorOf, rankOf } from "../auth/authorize.ts";
import { accessProblems, guarded, sessionProblems } from "../auth/guarded.ts";
import { createRouter } from "../http/app-defaults.ts";
import { parseBody } from "../http/parse-body.ts";
import { readJson } from "../http/read-json.ts";
import type { RouteDeps } from "./deps.ts";
import { Invitation, invitationAnswer, invitationTarget, Role } from "./member-shapes.ts";

/** Sentences for the checks of an invitation. */
export const invitationChecks = {
  email_format: {
    ru: "Это не адрес почты: {received}. Укажите адрес вида anna@example.com.",
    en: "This is no e-mail address: {received}. Give one such as anna@example.com.",
  },
} satisfies Record<string, Localized>;

const NewInvitation = v.pipe(
  v.strictObject({
    // Whether mail arrives there is for the mail to show; domains may have letters of any language.
    email: v.pipe(
      v.string(),
      v.trim(),
      v.maxLength(254),
      v.regex(/^[^\s@]+@[^\s@]+$/, "email_format"),
      v.metadata({ format: "email" }),
    ),
    role: Role,
  }),
  component("NewInvitation"),
);
const CreatedInvitation = v.pipe(
  v.object({
    ...Invitation.entries,
    code: v.pipe(v.string(), v.description("Shown this once; hand it to whoever is invited")),
  }),
  component("CreatedInvitation"),
);
const AcceptedInvitation = v.pipe(
  v.strictObject({ code: v.pipe(v.string(), v.trim(), v.maxLength(200)) }),
  component("InvitationCode"),
);
const Joined = v.pipe(v.object({ workspace_id: v.string(), name: v.string(), role: Role }), component("Joined"));

const tags = ["Members"];
const refusals = problemResponses(...accessProblems);

const createInvitation = createRoute({
  method: "post",
  path: "/v1/invitations",
  operationId: "createInvitation",
  tags,
  ...guarded("administer"),
  summary: "Invite somebody by e-mail address",
  description: "Good for seven days and for this address only. Nobody invites into a role above his own.",
  request: {
    body: jsonBody(NewInvitation, {
      description: "Whom, and as what",
      example: { email: "anna@example.com", role: "editor" },
    }),
  },
  responses: {
    201: jsonResponse(CreatedInvitation, { description: "The invitation, with its code this once" }),
    ...refusals,
    ...problemResponses("already_member", "malformed_json", "invalid_field"),
  },
});

const listInvitations = createRoute({
  method: "get",
  path: "/v1/invitations",
  operationId: "listInvitations",
  tags,
  ...guarded("administer"),
  summary: "List open invitations",
  responses: {
    200: jsonResponse(v.object({ data: v.array(Invitation) }), {
      description: "Neither accepted nor revoked, newest first; expired ones too",
    }),
    ...refusals,
  },
});

const revokeInvitation = createRoute({
  method: "delete",
  path: "/v1/invitations/{invitation_id}",
  operationId: "revokeInvitation",
  tags,
  ...guarded("administer"),
  summary: "Revoke an invitation",
  request: { params: z.object({ invitation_id: z.string() }) },
  responses: {
    204: { description: "Its code lets nobody in any more" },
    ...refusals,
    ...problemResponses("not_found"),
  },
});

const accept = createRoute({
  method: "post",
  path: "/v1/invitations/accept",
  operationId: "acceptInvitation",
  tags,
  ...guarded("signed_in"),
  summary: "Accept an invitation",
  request: {
    body: jsonBody(AcceptedInvitation, {
      description: "Its code; you are signed in with the address that was invited",
      example: { code: "pB3kQ0c1bJt9mVd2xYz8fHs7LwR4uNa6eGi5oKqTjXc" },
    }),
  },
  responses: {
    200: jsonResponse(Joined, { description: "You are a member from now on" }),
    ...problemResponses(...sessionProblems, "invitation_wrong", "already_member", "malformed_json", "invalid_field"),
  },
});

/** Invitations into a workspace. */
export function invitationRoutes(deps: RouteDeps): ReturnType<typeof createRouter> {
  const router = createRouter();

  router.openapi(createInvitation, async (c) => {
    const principal = await deps.authorize(c, createInvitation);
    const body = parseBody(NewInvitation, await readJson(c.req.raw, deps.limits), invitationChecks);
    const { workspaceId, person } = principal;
    const asked = { ...body, workspaceId, by: rankOf(principal), invitedBy: person?.id ?? null };
    const { invitation, code } = await invite(deps, asked);
    const act: ToldAct = {
      action: "invitation.created",
      target: invitationTarget(invitation),
      after: { role: body.role },
    };
    await deps.audit(c, principal, act);
    return c.json({ ...invitationAnswer(invitation), code }, 201);
  });

  router.openapi(listInvitations, async (c) => {
    const { workspaceId } = await deps.authorize(c, listInvitations);
    return c.json({ data: (await deps.store.invitations.listOpen(workspaceId)).map(invitationAnswer) }, 200);
  });

  router.openapi(revokeInvitation, async (c) => {
    const principal = await deps.authorize(c, revokeInvitation);
    const id = c.req.param("invitation_id");
    const revoked = await deps.store.invitations.revoke(principal.workspaceId, id, deps.now());
    if (revoked === null) throw new ProblemError("not_found", { path: quoteValue(c.req.path) });
    await deps.audit(c, principal, { action: "invitation.revoked", target: invitationTarget(revoked) });
    return c.body(null, 204);
  });

  router.openapi(accept, async (c) => {
    const person = await deps.signedIn(c);
    const { code } = parseBody(AcceptedInvitation, await readJson(c.req.raw, deps.limits));
    const invitation = await acceptInvitation(deps, code, person);
    const { workspaceId, role } = invitation;
    const act: ToldAct = { action: "invitation.accepted", target: invitationTarget(invitation), after: { role } };
    await deps.audit(c, { actor: actorOf(person), workspaceId }, act);
    const workspace = await deps.store.workspaces.get(workspaceId);
    if (workspace === null) throw new Error(`Workspace ${workspaceId} of an invitation is gone.`);
    return c.json({ workspace_id: workspace.uuid, name: workspace.name, role }, 200);
  });

  return router;
}
