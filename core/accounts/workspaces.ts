import { ProblemError } from "../plugin/problem.ts";
import type { WorkspaceRecord, WorkspaceStore } from "../store/store.ts";
import type { Memberships } from "./memberships.ts";

/** Who may come in without a code: nobody, or anybody, to a workspace of his own. */
export type SignUp = "invitation" | "open";

/** What workspaces are made with. */
export interface WorkspaceDeps {
  readonly store: { readonly workspaces: WorkspaceStore };
  readonly memberships: Memberships;
  readonly signUp: SignUp;
  readonly now: () => number;
  readonly newUuid: () => string;
}

/**
 * Makes a workspace, whose owner the person is. Where one needs an invitation to come in, only owners make more workspaces.
 * @throws {ProblemError} `signup_closed`
 */
export async function createWorkspace(deps: WorkspaceDeps, name: string, userId: number): Promise<WorkspaceRecord> {
  const { store, memberships, now, newUuid } = deps;
  if (deps.signUp !== "open") {
    const isOwner = (await memberships.ofUser(userId)).some(({ role }) => role === "owner");
    if (!isOwner) throw new ProblemError("signup_closed");
  }
  const made = await store.workspaces.create({ uuid: newUuid(), name, createdAt: now() }, userId);
  memberships.forget(userId);
  return made;
}
