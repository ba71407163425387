import { type Act, type Audit, NO_ORIGIN } from "../audit/audit.ts";
import type { Admission, Applicant } from "../identity/admission.ts";
import { ProblemError } from "../plugin/problem.ts";
import type { Store } from "../store/store.ts";
import { acceptInvitation, findInvitation } from "./invitations.ts";
import type { SetupCodes } from "./setup-code.ts";
import { createWorkspace, type WorkspaceDeps } from "./workspaces.ts";

/** What is asked before somebody is let in. */
export interface AdmissionDeps extends WorkspaceDeps {
  readonly store: Pick<Store, "invitations" | "members" | "users" | "workspaces">;
  readonly setupCodes: SetupCodes;
  readonly firstWorkspaceId: number;
  readonly audit: Audit;
}

/** Lets in who shows the setup code or an invitation for his e-mail address, and anybody where `SIGN_UP=open`. */
export function createAdmission(deps: AdmissionDeps): Admission {
  async function record(userId: number, act: Pick<Act, "workspaceId" | "action" | "target" | "after">): Promise<void> {
    const person = await deps.store.users.get(userId);
    const actor = { kind: "user", id: person?.uuid ?? null, name: person?.email ?? null } as const;
    await deps.audit.record({ ...act, actor, origin: NO_ORIGIN, before: null });
  }

  async function becomeFirstOwner(code: string, userId: number): Promise<void> {
    await deps.setupCodes.use(code, userId);
    const workspaceId = deps.firstWorkspaceId;
    const workspace = await deps.store.workspaces.get(workspaceId);
    const target = { kind: "workspace", id: workspace?.uuid ?? null, name: workspace?.name ?? null };
    await record(userId, { workspaceId, action: "setup.completed", target, after: { role: "owner" } });
  }

  async function join(code: string, { email }: Applicant, userId: number): Promise<void> {
    const { workspaceId, uuid, role } = await acceptInvitation(deps, code, { id: userId, email });
    const target = { kind: "invitation", id: uuid, name: email };
    await record(userId, { workspaceId, action: "invitation.accepted", target, after: { role } });
  }

  async function settle({ email }: Applicant, userId: number): Promise<void> {
    const { id, uuid, name } = await createWorkspace(deps, workspaceNameOf(email), userId);
    const target = { kind: "workspace", id: uuid, name };
    await record(userId, { workspaceId: id, action: "workspace.created", target, after: { name } });
  }

  return {
    async admit(applicant) {
      const { setupCode, invitationCode, email } = applicant;
      if (setupCode !== null) {
        // By the address that is signed up: counted together, strangers could keep the first owner out.
        await deps.setupCodes.check(setupCode, `sign-up:${email}`);
        return { welcome: (userId) => becomeFirstOwner(setupCode, userId) };
      }
      if (invitationCode !== null) {
        await findInvitation(deps, invitationCode, email);
        return { welcome: (userId) => join(invitationCode, applicant, userId) };
      }
      if (deps.signUp !== "open") throw new ProblemError("signup_closed");
      return { welcome: (userId) => settle(applicant, userId) };
    },
  };
}

/** Until its owner names it. */
const workspaceNameOf = (email: string): string => email.split("@")[0] || email;
