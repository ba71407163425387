export type ApiKeyScope = "intake" | "read" | "manage";

export interface ApiKeyRecord {
  readonly id: number;
  readonly uuid: string;
  readonly workspaceId: number;
  readonly name: string;
  readonly prefix: string;
  readonly hash: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

export interface ApiKeyStore {
  create(key: Omit<ApiKeyRecord, "id" | "lastUsedAt" | "revokedAt">): Promise<ApiKeyRecord>;
  findByPrefix(prefix: string): Promise<ApiKeyRecord | null>;
  list(workspaceId: number): Promise<readonly ApiKeyRecord[]>;
  /** False when no such key of the workspace was in force. */
  revoke(workspaceId: number, uuid: string, now: number): Promise<boolean>;
  recordUse(id: number, now: number): Promise<void>;
}
