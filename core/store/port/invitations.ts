import type { Role } from "./members.ts";

/** An invitation into a workspace; instants are Unix milliseconds. */
export interface InvitationRecord {
  readonly id: number;
  readonly uuid: string;
  readonly workspaceId: number;
  /** In lower case: whom it is for, and nobody else. */
  readonly email: string;
  readonly role: Role;
  /** SHA-256 of its code, in hex. */
  readonly hash: string;
  /** Null where a program or the operator made it. */
  readonly invitedBy: number | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly acceptedAt: number | null;
  readonly acceptedBy: number | null;
  readonly revokedAt: number | null;
}

/** Who accepts an invitation. */
export interface Acceptance {
  readonly hash: string;
  readonly userId: number;
  readonly now: number;
}

/** Invitations. */
export interface InvitationStore {
  create(
    invitation: Omit<InvitationRecord, "id" | "acceptedAt" | "acceptedBy" | "revokedAt">,
  ): Promise<InvitationRecord>;
  /** Neither accepted nor revoked, newest first; expired ones too. */
  listOpen(workspaceId: number): Promise<readonly InvitationRecord[]>;
  /** Whatever became of it: the caller judges. */
  findByHash(hash: string): Promise<InvitationRecord | null>;
  /** Null when no such invitation of the workspace was open. */
  revoke(workspaceId: number, uuid: string, now: number): Promise<InvitationRecord | null>;
  /**
   * Uses an invitation up and makes the person a member by it. `gone`: it was used, revoked, or has expired; `member`: he belongs
   * to the workspace already, and the invitation stays as it was.
   */
  accept(acceptance: Acceptance): Promise<"accepted" | "gone" | "member">;
}
