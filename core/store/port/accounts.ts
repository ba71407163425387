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

/** What an account gets by being connected, or connected anew. */
export interface NewConnection
  extends Pick<
    AccountRecord,
    "login" | "origin" | "clientId" | "deviceId" | "sealedRefreshToken" | "scopes" | "expiresAt" | "refreshAt"
  > {
  readonly token: SealedToken;
}

/** An access token as a credential keeps it. */
export interface SealedToken {
  readonly sealed: string;
  /** See `CredentialRecord.tokenHash`. */
  readonly hash: string;
}

/** A refreshed pair of tokens, sealed. */
export interface RefreshedTokens extends Pick<AccountRecord, "sealedRefreshToken" | "expiresAt" | "refreshAt"> {
  readonly token: SealedToken;
}

/** What depends on an account: living sources, and attached counters. */
export interface AccountUse {
  readonly sources: number;
  readonly counters: number;
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
  /** Oldest first, disconnected ones too: their sources may still wait. */
  list(workspaceId: number): Promise<readonly AccountRecord[]>;
  /** The account of a Yandex id, the one connected last; disconnected or not. */
  findByYandexId(workspaceId: number, yandexId: string): Promise<AccountRecord | null>;
  /**
   * Makes an account with a credential of its own. Null when the Yandex account has come to be connected meanwhile.
   * @param account its token is sealed for `credentialUuid`
   */
  connect(
    account: NewConnection & Pick<AccountRecord, "uuid" | "workspaceId" | "yandexId"> & { credentialUuid: string },
    now: number,
  ): Promise<AccountRecord | null>;
  /** Gives account and credential new tokens, together: what waited for a token that works goes on by itself. */
  reconnect(id: number, connection: NewConnection, now: number): Promise<AccountRecord>;
  /**
   * Overwrites the access token and deletes the refresh token, together; sending with the credential rests until then.
   * False when it was disconnected already.
   */
  disconnect(id: number, token: SealedToken, restUntil: number, now: number): Promise<boolean>;
  rename(id: number, name: string | null, now: number): Promise<AccountRecord>;
  useOf(id: number): Promise<AccountUse>;
  /** Connected accounts whose `refreshAt` has come, the longest due first. */
  dueForRefresh(now: number, limit: number): Promise<readonly AccountRecord[]>;
  /** Takes a refresh that is due, so that nobody else begins it before `until`. False when somebody has. */
  claimRefresh(account: Pick<AccountRecord, "id" | "refreshAt">, until: number): Promise<boolean>;
  /**
   * Keeps a refreshed pair: account and credential together. False, and nothing is kept, when the claim is no longer held, since
   * the account was connected anew or disconnected.
   */
  saveRefreshed(id: number, claimedUntil: number, tokens: RefreshedTokens, now: number): Promise<boolean>;
  /** Notes why a claimed refresh failed and when it is tried again (null: never); counted until one succeeds. */
  failRefresh(
    id: number,
    claimedUntil: number,
    failure: { readonly error: string; readonly refreshAt: number | null },
    now: number,
  ): Promise<void>;
  /** Connected accounts that cannot be refreshed, end before an instant, and were not warned of. */
  endingUnwarned(before: number, limit: number): Promise<readonly AccountRecord[]>;
  recordWarning(id: number, now: number): Promise<void>;
}
