import { isAtLeast } from "../port/members.ts";
import type { MemberChange, Role, SeenMember, WorkspaceRecord } from "../store.ts";
import { statement, type Work } from "./work.ts";

/** What else concerns the owners of the workspace waits for the end of the transaction, and then sees what it did. */
export const holdWorkspace = statement<never, [workspaceId: number]>("update workspaces set name = name where id = ?1");
/** Of all but one person. */
export const anyOwner = statement<{ found: number }, [workspaceId: number, exceptUserId: number]>(
  "select 1 as found from members where workspace_id = ?1 and role = 'owner' and user_id <> ?2 limit 1",
);
const setRole = statement<never, [workspaceId: number, userId: number, from: Role, to: Role, now: number]>(
  "update members set role = ?4, updated_at = ?5 where workspace_id = ?1 and user_id = ?2 and role = ?3",
);
const removeMember = statement<never, [workspaceId: number, userId: number, from: Role]>(
  "delete from members where workspace_id = ?1 and user_id = ?2 and role = ?3",
);
const revokeInvitationsOf = statement<never, [workspaceId: number, userId: number, now: number]>(
  `update invitations set revoked_at = ?3
   where workspace_id = ?1 and invited_by = ?2 and accepted_at is null and revoked_at is null`,
);

/** Whether somebody would be left to own the workspace. */
function* mayLose({ workspaceId, userId, from }: SeenMember): Work<boolean> {
  yield* holdWorkspace.send(workspaceId);
  return from !== "owner" || (yield* anyOwner.get(workspaceId, userId)) !== null;
}

/** See `MemberStore.changeRole`. */
export function* changeRole(member: SeenMember, to: Role): Work<MemberChange> {
  const { workspaceId, userId, from, now } = member;
  const isLowered = !isAtLeast(to, from);
  if (isLowered && !(yield* mayLose(member))) return "last_owner";
  if ((yield* setRole.run(workspaceId, userId, from, to, now)) === 0) return "moved";
  if (isLowered) yield* revokeInvitationsOf.send(workspaceId, userId, now);
  return "done";
}

/** See `MemberStore.remove`. */
export function* remove(member: SeenMember): Work<MemberChange> {
  const { workspaceId, userId, from, now } = member;
  if (!(yield* mayLose(member))) return "last_owner";
  if ((yield* removeMember.run(workspaceId, userId, from)) === 0) return "moved";
  yield* revokeInvitationsOf.send(workspaceId, userId, now);
  return "done";
}

const addWorkspace = statement<{ id: number }, [uuid: string, name: string, now: number]>(
  "insert into workspaces (uuid, name, created_at) values (?1, ?2, ?3) returning id",
);
/** Leaves whoever is one as he is. */
export const addMember = statement<never, [workspaceId: number, userId: number, role: Role, now: number]>(
  `insert into members (workspace_id, user_id, role, created_at, updated_at) values (?1, ?2, ?3, ?4, ?4)
   on conflict (workspace_id, user_id) do nothing`,
);

/** See `WorkspaceStore.create`. */
export function* createWorkspace(workspace: Omit<WorkspaceRecord, "id">, ownerId: number): Work<WorkspaceRecord> {
  const { uuid, name, createdAt } = workspace;
  const made = yield* addWorkspace.get(uuid, name, createdAt);
  if (made === null) throw new Error("A workspace that was just made has no id.");
  yield* addMember.send(made.id, ownerId, "owner", createdAt);
  return { ...workspace, id: made.id };
}
