/** A Yandex account that was connected to a workspace; instants are Unix milliseconds. */
export interface AccountRecord {
  readonly id: number;
  readonly uuid: string;
  readonly workspaceId: number;
  /** Where its access token is kept, and whether it rests. Sources and uploads name it too. */
  readonly credentialId: number;
  /** The account's id at Yandex. */
  readonly yandexId: string;
  readonly login: string;
  /** As people call it here. */
  readonly name: string | null;
  readonly origin: "oauth" | "pasted";
  /** The application that its tokens belong to. */
  readonly clientId: string | null;
  /** Named when the token was asked for; only such a token can be revoked. */
  readonly deviceId: string | null;
  readonly sealedRefreshToken: string | null;
  /** Null where Yandex did not tell them. */
  readonly scopes: readonly string[] | null;
  /** When the token dies; null where that is unknown. */
  readonly expiresAt: number | null;
  /** When it is to be refreshed; null where that cannot be. */
  readonly refreshAt: number | null;
  readonly refreshedAt: number | null;
  readonly refreshFailures: number;
  /** A stable code of why the last refresh failed. */
  readonly refreshError: string | null;
  readonly warnedAt: number | null;
  readonly connectedAt: number;
  readonly disconnectedAt: number | null;
  readonly updatedAt: number;
}

/** Yandex accounts. */
export interface AccountStore {
  /** Also one that was disconnected: the caller judges. */
  findByUuid(uuid: string): Promise<AccountRecord | null>;
  get(id: number): Promise<AccountRecord | null>;
  getMany(ids: readonly number[]): Promise<ReadonlyMap<number, AccountRecord>>;
  /** By credential, the newest account where several had it; credentials that no account ever had are left out. */
  ofCredentials(credentialIds: readonly number[]): Promise<ReadonlyMap<number, AccountRecord>>;
  create(account: Omit<AccountRecord, "id">): Promise<AccountRecord>;
}
