/** What a key may be used for: sending conversions, reading, changing things. */
export type ApiKeyScope = "intake" | "read" | "manage";

/** An API key as it is kept; instants are Unix milliseconds. */
export interface ApiKeyRecord {
  readonly id: number;
  readonly uuid: string;
  readonly workspaceId: number;
  readonly name: string;
  /** The part of the key that stands in clear, by which its row is found. */
  readonly prefix: string;
  /** SHA-256 of the whole key, in hex. */
  readonly hash: string;
  readonly scopes: readonly ApiKeyScope[];
  readonly createdAt: number;
  /** Null: never. */
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

/** Keys by which programs manage the gateway. */
export interface ApiKeyStore {
  create(key: Omit<ApiKeyRecord, "id" | "lastUsedAt" | "revokedAt">): Promise<ApiKeyRecord>;
  /** Also a revoked or expired one: the caller judges. */
  findByPrefix(prefix: string): Promise<ApiKeyRecord | null>;
  /** Oldest first, revoked ones too. */
  list(workspaceId: number): Promise<readonly ApiKeyRecord[]>;
  /** Null when no such key of the workspace was in force. */
  revoke(workspaceId: number, uuid: string, now: number): Promise<ApiKeyRecord | null>;
  recordUse(id: number, now: number): Promise<void>;
}
