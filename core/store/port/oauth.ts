/** The application registered with Yandex OAuth by which people connect accounts; instants are Unix milliseconds. */
export interface OauthApplicationRecord {
  /** Its secret is sealed for it. */
  readonly uuid: string;
  readonly clientId: string;
  readonly sealedSecret: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When Yandex last accepted id and secret. */
  readonly checkedAt: number | null;
}

/** The one application of the installation. */
export interface OauthApplicationStore {
  get(): Promise<OauthApplicationRecord | null>;
  /** In place of the one there was. */
  save(application: OauthApplicationRecord): Promise<void>;
  recordCheck(now: number): Promise<void>;
  /** False when there was none. */
  remove(): Promise<boolean>;
}

/** A connection that was begun; instants are Unix milliseconds. */
export interface OauthStateRecord {
  /** SHA-256 of the `state`, in hex. */
  readonly hash: string;
  readonly workspaceId: number;
  /** The account to be connected anew; null for whichever consents. */
  readonly accountId: number | null;
  /** Who began, as JSON. */
  readonly actor: string;
  /** SHA-256 of the cookie that the browser was given, in hex. */
  readonly browserHash: string | null;
  /** The verifier is sealed for it, and the device is named by it. */
  readonly uuid: string;
  readonly clientId: string;
  readonly sealedVerifier: string;
  readonly redirectUri: string;
  readonly returnTo: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** Connections under way. */
export interface OauthStateStore {
  /** Keeps one, and forgets those that have expired by its `createdAt`. */
  add(state: OauthStateRecord): Promise<void>;
  /** One that has not expired; it stays. */
  find(hash: string, now: number): Promise<OauthStateRecord | null>;
  /** Hands out one that has not expired, once: of several who ask at the same time one gets it. */
  take(hash: string, now: number): Promise<OauthStateRecord | null>;
}
