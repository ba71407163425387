import { ProblemError } from "../plugin/problem.ts";
import { isAtLeast } from "../store/port/members.ts";
import type { MemberChange, MemberRecord, MemberStore, Role, SeenMember } from "../store/store.ts";
import type { Memberships } from "./memberships.ts";

/** What members are managed with. */
export interface MemberDeps {
  readonly store: { readonly members: MemberStore };
  readonly memberships: Memberships;
  readonly now: () => number;
}

/** A member whose role is to be changed, or who is to go, and the role of whoever asks for it. */
export interface MemberAsked {
  readonly workspaceId: number;
  /** Public id. */
  readonly userUuid: string;
  readonly by: Role;
}

/**
 * Gives a member another role; acts at once here and within five seconds elsewhere. Returns him as he was, null where the workspace
 * has no such member.
 * @throws {ProblemError} `forbidden_role`, `last_owner`
 */
export function changeRole(deps: MemberDeps, asked: MemberAsked, to: Role): Promise<MemberRecord | null> {
  refuseAbove(asked.by, to);
  return change(deps, asked, (member) => deps.store.members.changeRole(member, to));
}

/**
 * Removes a member, as {@link changeRole} changes him.
 * @throws {ProblemError} `forbidden_role`, `last_owner`
 */
export function removeMember(deps: MemberDeps, asked: MemberAsked): Promise<MemberRecord | null> {
  return change(deps, asked, (member) => deps.store.members.remove(member));
}

/**
 * Nobody gives, takes away or invites into a role above his own.
 * @throws {ProblemError} `forbidden_role`
 */
export function refuseAbove(by: Role, role: Role): void {
  if (!isAtLeast(by, role)) throw new ProblemError("forbidden_role", { needed: role, role: by });
}

async function change(
  deps: MemberDeps,
  asked: MemberAsked,
  act: (member: SeenMember) => Promise<MemberChange>,
): Promise<MemberRecord | null> {
  for (;;) {
    const { workspaceId } = asked;
    const member = await deps.store.members.find(workspaceId, asked.userUuid);
    if (member === null) return null;
    refuseAbove(asked.by, member.role);
    const outcome = await act({ workspaceId, userId: member.userId, from: member.role, now: deps.now() });
    deps.memberships.forget(member.userId);
    if (outcome === "last_owner") throw new ProblemError("last_owner");
    if (outcome === "done") return member;
    // Somebody else changed him meanwhile: he is judged anew.
  }
}
