/** What a member may do. */
export type Role = "viewer" | "editor" | "admin" | "owner";

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

/** Who belongs to which workspace. */
export interface MemberStore {
  /** Oldest workspace first. */
  ofUser(userId: number): Promise<readonly Membership[]>;
}

/** Tenants. */
export interface WorkspaceStore {
  findByUuid(uuid: string): Promise<WorkspaceRecord | null>;
}

/** A tenant. */
export interface WorkspaceRecord {
  readonly id: number;
  readonly uuid: string;
  readonly name: string;
  readonly createdAt: number;
}
