import { ProblemError } from "../plugin/problem.ts";
import type { InvitationRecord, InvitationStore, MemberStore, Role } from "../store/store.ts";
import { newSecret, secretHashHex } from "../vault/secrets.ts";
import { refuseAbove } from "./members.ts";
import type { Memberships } from "./memberships.ts";

/** What invitations are managed with. */
export interface InvitationDeps {
  readonly store: { readonly invitations: InvitationStore; readonly members: MemberStore };
  readonly memberships: Memberships;
  readonly now: () => number;
  readonly newUuid: () => string;
}

/** An invitation as it is asked for. */
export interface NewInvitation {
  readonly workspaceId: number;
  readonly email: string;
  readonly role: Role;
  /** The role of whoever invites. */
  readonly by: Role;
  /** Null of a program and of the operator. */
  readonly invitedBy: number | null;
}

/** An invitation is good for so long. */
const VALID_MS = 7 * 86_400_000;

/**
 * Invites whoever signs in with an e-mail address; the code is told this once. An address alone proves nothing: where a Supabase
 * project does not confirm addresses, anybody may sign up with another's.
 * @throws {ProblemError} `forbidden_role`, `already_member`
 */
export async function invite(
  { store, now, newUuid }: InvitationDeps,
  asked: NewInvitation,
): Promise<{ readonly invitation: InvitationRecord; readonly code: string }> {
  const { workspaceId, role, invitedBy } = asked;
  refuseAbove(asked.by, role);
  const email = asked.email.toLowerCase();
  const members = await store.members.list(workspaceId);
  if (members.some((member) => member.email === email)) throw new ProblemError("already_member");
  const code = newSecret();
  const createdAt = now();
  const invitation = await store.invitations.create({
    ...{ uuid: newUuid(), workspaceId, email, role, hash: secretHashHex(code), invitedBy },
    ...{ createdAt, expiresAt: createdAt + VALID_MS },
  });
  return { invitation, code };
}

/**
 * The invitation that a code stands for, if it is open and for this e-mail address.
 * @param email in lower case
 * @throws {ProblemError} `invitation_wrong`, in the same words whatever is wrong with it
 */
export async function findInvitation(
  { store, now }: Pick<InvitationDeps, "store" | "now">,
  code: string,
  email: string,
): Promise<InvitationRecord> {
  const found = await store.invitations.findByHash(secretHashHex(code));
  const isOpen = found !== null && found.acceptedAt === null && found.revokedAt === null && found.expiresAt > now();
  if (!isOpen || found.email !== email) throw new ProblemError("invitation_wrong");
  return found;
}

/**
 * Makes a person a member by an invitation for his e-mail address.
 * @throws {ProblemError} `invitation_wrong`, `already_member`
 */
export async function acceptInvitation(
  deps: Omit<InvitationDeps, "newUuid">,
  code: string,
  person: { readonly id: number; readonly email: string },
): Promise<InvitationRecord> {
  const invitation = await findInvitation(deps, code, person.email);
  const { hash } = invitation;
  const outcome = await deps.store.invitations.accept({ hash, userId: person.id, now: deps.now() });
  if (outcome === "gone") throw new ProblemError("invitation_wrong");
  if (outcome === "member") throw new ProblemError("already_member");
  deps.memberships.forget(person.id);
  return invitation;
}
