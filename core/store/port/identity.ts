import type { UserRecord } from "./members.ts";
import type { Page } from "./page.ts";

/** A device that somebody is, or was, signed in on. */
export interface SessionRecord {
  readonly id: number;
  readonly uuid: string;
  readonly userId: number;
  readonly createdAt: number;
  readonly refreshedAt: number;
  readonly expiresAt: number;
  readonly endedAt: number | null;
  readonly userAgent: string | null;
  readonly address: string | null;
}

/** A session and whose it is. */
export interface OwnedSession {
  readonly session: SessionRecord;
  readonly user: UserRecord;
}

/** People of the issuer `local`. */
export interface LocalUserStore {
  /** Null when the e-mail address is taken. */
  create(user: {
    readonly uuid: string;
    readonly email: string;
    readonly name: string | null;
    readonly passwordHash: string;
    readonly now: number;
  }): Promise<UserRecord | null>;
  /** Takes back a person who was just made and got no place. */
  remove(id: number): Promise<void>;
  findByUuid(uuid: string): Promise<UserRecord | null>;
  findByEmail(email: string): Promise<UserRecord | null>;
  /** Null for whoever has no password. */
  passwordHash(id: number): Promise<string | null>;
  /** Oldest first, those after the id `after`. */
  list(after: number | null, limit: number): Promise<Page<UserRecord>>;
  rename(id: number, name: string | null, now: number): Promise<void>;
  /**
   * Sets a password, ends the sessions begun with the former one, but not the session `keep`, and makes open recovery codes worthless.
   * Returns the public ids of the sessions that ended.
   */
  setPassword(change: {
    readonly userId: number;
    readonly hash: string;
    readonly keep: string | null;
    readonly now: number;
  }): Promise<readonly string[]>;
}

/** A refresh token on its way to be exchanged; hashes are SHA-256 in hex. */
export interface TokenExchange {
  readonly hash: string;
  readonly successorHash: string;
  readonly now: number;
  /** Until when the session lives from now on. */
  readonly expiresAt: number;
  /** A used token that comes back later than this ends its session. */
  readonly graceMs: number;
}

/**
 * What became of it: `repeated` when it was used a moment ago, so that its answer may have been lost; `reused` when it was used
 * long ago, which has ended its session.
 */
export type ExchangeOutcome =
  | { readonly outcome: "exchanged" | "repeated" | "reused"; readonly sessionUuid: string }
  | { readonly outcome: "unknown" | "ended" };

/** Which sessions of a person end. */
export interface SessionsToEnd {
  readonly userId: number;
  /** Null: all, but `except`. */
  readonly only: string | null;
  readonly except: string | null;
}

/** Sessions and the refresh tokens by which they live on. */
export interface SessionStore {
  /** Also notes that the person was seen. */
  open(session: Omit<SessionRecord, "id" | "refreshedAt" | "endedAt">, tokenHash: string): Promise<void>;
  /** Also an ended one: the caller judges. */
  find(uuid: string): Promise<OwnedSession | null>;
  exchange(exchange: TokenExchange): Promise<ExchangeOutcome>;
  /** Whether a refresh token was used; null when there is none. */
  isTokenUsed(hash: string): Promise<boolean | null>;
  /** Those not ended and not expired, newest first. */
  list(userId: number, now: number): Promise<readonly SessionRecord[]>;
  /** The addresses from which the person signed in, as far as they are still known; empty for an unknown person. */
  addresses(email: string): Promise<readonly string[]>;
  /** Returns the public ids of those that ended just now. */
  end(which: SessionsToEnd, now: number): Promise<readonly string[]>;
}

/** A key pair that signs access tokens. */
export interface SigningKeyRecord {
  readonly kid: string;
  readonly publicJwk: JsonWebKey;
  readonly sealedPrivateKey: string;
  readonly createdAt: number;
  /** Since when it signs nothing any more. */
  readonly retiredAt: number | null;
}

/** Keys that sign access tokens, shared by all gateways on the database. */
export interface SigningKeyStore {
  /** Newest first. */
  list(): Promise<readonly SigningKeyRecord[]>;
  /** Adds a key and retires those made before it. */
  add(key: Omit<SigningKeyRecord, "retiredAt">): Promise<void>;
}

/** Codes by which somebody who forgot his password sets another. */
export interface RecoveryCodeStore {
  create(code: {
    readonly uuid: string;
    readonly userId: number;
    readonly hash: string;
    readonly createdAt: number;
    readonly expiresAt: number;
  }): Promise<void>;
  /** Uses a code up. Null when it is unknown, used or expired. */
  use(hash: string, now: number): Promise<UserRecord | null>;
}

/** One count of tries: what it is counted under, and how long the count holds up after so many tries without success. */
export interface Throttle {
  readonly key: string;
  readonly windowMs: number;
  readonly blockMs: (tries: number) => number;
}

/** Tries that may fail, counted where all gateways see them. */
export interface ThrottleStore {
  /**
   * Counts a try under each key before it is known how it ends, so that tries at once count as well, or, when one is held up,
   * counts nothing.
   * @returns null, or the instant until which it is held up
   */
  take(throttles: readonly Throttle[], now: number): Promise<number | null>;
  /** Takes a counted try back. */
  giveBack(keys: readonly string[]): Promise<void>;
  clear(keys: readonly string[]): Promise<void>;
}

/** What signing people in keeps. */
export interface IdentityStore {
  readonly users: LocalUserStore;
  readonly sessions: SessionStore;
  readonly signingKeys: SigningKeyStore;
  readonly recoveryCodes: RecoveryCodeStore;
  readonly throttles: ThrottleStore;
}
