/** What members may do, least first: each role may do what those before it may. */
export const roles = ["viewer", "editor", "admin", "owner"] as const;

/** What a member may do. */
export type Role = (typeof roles)[number];

/** Whether a role is another one or more. */
export const isAtLeast = (role: Role, least: Role): boolean => roles.indexOf(role) >= roles.indexOf(least);

/** A person; instants are Unix milliseconds. */
export interface UserRecord {
  readonly id: number;
  readonly uuid: string;
  /** Who signs the person in: {@link LOCAL_ISSUER}, or the address of a Supabase project. */
  readonly issuer: string;
  /** The person's id there. */
  readonly subject: string;
  /** In lower case. */
  readonly email: string;
  readonly name: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastSeenAt: number | null;
}

/** The issuer of people whom the gateway signs in itself, whatever its address. */
export const LOCAL_ISSUER = "local";

/** People, whoever signs them in. */
export interface UserStore {
  get(id: number): Promise<UserRecord | null>;
  find(issuer: string, subject: string): Promise<UserRecord | null>;
  /** Makes a person known, or takes over another e-mail address and name. */
  remember(user: Omit<UserRecord, "id" | "updatedAt" | "lastSeenAt">): Promise<UserRecord>;
  recordSeen(id: number, now: number): Promise<void>;
}

/** A workspace as its member sees it. */
export interface Membership {
  readonly workspaceId: number;
  readonly workspaceUuid: string;
  readonly workspaceName: string;
  readonly role: Role;
}

/** A member as those of his workspace see him; instants are Unix milliseconds. */
export interface MemberRecord {
  readonly userId: number;
  readonly userUuid: string;
  readonly email: string;
  readonly name: string | null;
  readonly role: Role;
  readonly joinedAt: number;
  readonly lastSeenAt: number | null;
}

/** A member, as whoever judged a change saw him. */
export interface SeenMember {
  readonly workspaceId: number;
  readonly userId: number;
  /** The role that he must still have. */
  readonly from: Role;
  readonly now: number;
}

/** `moved`: he has another role by now, or is gone. `last_owner`: nobody would be left to own the workspace. */
export type MemberChange = "done" | "moved" | "last_owner";

/** Who belongs to which workspace. */
export interface MemberStore {
  /** Oldest workspace first. */
  ofUser(userId: number): Promise<readonly Membership[]>;
  /** Those who joined first come first. */
  list(workspaceId: number): Promise<readonly MemberRecord[]>;
  find(workspaceId: number, userUuid: string): Promise<MemberRecord | null>;
  /** Open invitations of whoever is lowered are revoked with it. */
  changeRole(member: SeenMember, to: Role): Promise<MemberChange>;
  /** His open invitations are revoked with it. */
  remove(member: SeenMember): Promise<MemberChange>;
}

/** Tenants. */
export interface WorkspaceStore {
  findByUuid(uuid: string): Promise<WorkspaceRecord | null>;
  get(id: number): Promise<WorkspaceRecord | null>;
  /** Makes a workspace and its owner. */
  create(workspace: Omit<WorkspaceRecord, "id">, ownerId: number): Promise<WorkspaceRecord>;
  rename(id: number, name: string): Promise<void>;
}

/** A tenant. */
export interface WorkspaceRecord {
  readonly id: number;
  readonly uuid: string;
  readonly name: string;
  readonly createdAt: number;
}
