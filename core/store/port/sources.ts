import type { Language } from "../../language.ts";
import type { Page } from "./page.ts";

/** Why sending with a credential rests; `until` is when it is asked again. */
export type PauseReason = "unauthorized" | "forbidden" | "quota";

/** What opens a counter: an OAuth token, sealed. Instants are Unix milliseconds. */
export interface CredentialRecord {
  readonly id: number;
  readonly uuid: string;
  readonly workspaceId: number;
  readonly sealedToken: string;
  /** Keyed hash of the token: tells whether it was replaced, and stands in for an unknown login. */
  readonly tokenHash: string;
  /** The Yandex login, which owns the quota; null until Yandex has told it. */
  readonly login: string | null;
  readonly pausedUntil: number | null;
  readonly pausedReason: PauseReason | null;
  /** Pauses in a row since the credential last worked: the exponent of the backoff. */
  readonly pauses: number;
}

/** Credentials of a workspace. */
export interface CredentialStore {
  /** The token is sealed for the given uuid, which binds it to this row. */
  create(credential: {
    uuid: string;
    workspaceId: number;
    sealedToken: string;
    tokenHash: string;
    now: number;
  }): Promise<CredentialRecord>;
  get(id: number): Promise<CredentialRecord | null>;
  /** In no order. */
  getMany(ids: readonly number[]): Promise<readonly CredentialRecord[]>;
  /** Replaces the token, forgets the login and ends a pause: what waited for a working token goes on by itself. */
  replaceToken(id: number, sealedToken: string, tokenHash: string, now: number): Promise<void>;
  /** What was counted under the token's hash is the login's from now on. */
  recordLogin(id: number, login: string, now: number): Promise<void>;
  /** Credentials that do not rest and whose login is not known, oldest first. */
  withoutLogin(limit: number): Promise<readonly CredentialRecord[]>;
  pause(id: number, reason: Exclude<PauseReason, "quota">, until: number, now: number): Promise<void>;
  /**
   * A login's quota is used up: every credential of it rests until then, whatever its workspace. One whose token was refused
   * keeps that reason. Not counted in `pauses`.
   */
  pauseLogin(loginKey: string, until: number, now: number): Promise<void>;
  /** The credential worked: ends a pause. */
  resume(id: number, now: number): Promise<void>;
}

/** What the core does with a source's rows, whatever its plugin. */
export interface SourceOptions {
  /** `exact`: the same row is a repeat. `purchase`: one conversion for a purchase and target, whatever its time. */
  readonly dedupeBy: "exact" | "purchase";
  /** Which identifiers of a row go into the file. */
  readonly identifiers: "all" | "best";
  /** Whether a goal is made in Metrika for a target that has none. */
  readonly createMissingGoals: boolean;
  /** Whether an e-mail address or a phone number may pass as `user_id`. */
  readonly allowPersonalUserId: boolean;
  /** A file whose answer was lost and that Metrika does not list: sent again, or held for a person. */
  readonly uncertainPolicy: "resend" | "hold";
  /** Counters besides the source's own that its facts may be for; its credential opens them too. */
  readonly counters: readonly number[];
  /** A sale without an identifier: refused, or kept under the MD5 of its buyer's phone and e-mail. */
  readonly matchByContact: "none" | "md5";
}

/** One configured use of a plugin; instants are Unix milliseconds. */
export interface SourceRecord {
  readonly id: number;
  readonly uuid: string;
  readonly workspaceId: number;
  readonly plugin: string;
  readonly name: string;
  readonly description: string | null;
  readonly counterId: number;
  readonly credentialId: number;
  /** As the plugin's schema has it, without its secrets. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Its secrets by path ("access.token"), as sealed JSON; null where it has none. */
  readonly sealedConfig: string | null;
  /** The version of `config` by its plugin's counting. */
  readonly configVersion: number;
  readonly options: SourceOptions;
  /** Of a time that states none: an IANA name or an offset; `timeZoneFrom` says who chose it. */
  readonly timeZone: string;
  readonly timeZoneFrom: string;
  /** Of a price that states none, ISO 4217. */
  readonly defaultCurrency: string;
  readonly defaultCurrencyFrom: string;
  readonly language: Language;
  /** SHA-256 of the shared secret, in hex; during a rotation the previous one is valid too. */
  readonly secretHash: string | null;
  /** A secret that must be read again, such as a key of signatures, sealed; a source keeps either this or the hash. */
  readonly sealedSecret: string | null;
  readonly previousSecretHash: string | null;
  readonly previousSealedSecret: string | null;
  readonly previousSecretExpiresAt: number | null;
  /** False: intake is refused; what was accepted is still sent. */
  readonly isActive: boolean;
  /** True: what was accepted waits and is not sent. */
  readonly deliveryPaused: boolean;
  /** A cron of five fields in the source's zone, or "off"; null: its plugin's default. */
  readonly schedule: string | null;
  /** When it is due by the clock; null: never. */
  readonly nextRunAt: number | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A source that is about to be made. */
export type NewSource = Omit<
  SourceRecord,
  "id" | "previousSecretHash" | "previousSealedSecret" | "previousSecretExpiresAt"
>;
/** What may change in a source. Its counter never does: rows that wait belong to it. */
export type SourceChange = Partial<
  Pick<
    SourceRecord,
    | "name"
    | "description"
    | "credentialId"
    | "config"
    | "sealedConfig"
    | "configVersion"
    | "options"
    | "timeZone"
    | "timeZoneFrom"
    | "defaultCurrency"
    | "defaultCurrencyFrom"
    | "language"
    | "isActive"
    | "deliveryPaused"
    | "schedule"
    | "nextRunAt"
    | "secretHash"
    | "sealedSecret"
    | "previousSecretHash"
    | "previousSealedSecret"
    | "previousSecretExpiresAt"
  >
>;

/** Sources of a workspace. */
export interface SourceStore {
  create(source: NewSource): Promise<SourceRecord>;
  /** Null for a deleted one. */
  findByUuid(uuid: string): Promise<SourceRecord | null>;
  /** A number that stays the same until another process writes to the database; what this process writes does not count. */
  changesElsewhere(): Promise<number>;
  /** Also a deleted one. */
  findWithDeleted(uuid: string): Promise<SourceRecord | null>;
  /** Also a deleted one: its batches can still be read. */
  get(id: number): Promise<SourceRecord | null>;
  /** Deleted ones as well. */
  getMany(ids: readonly number[]): Promise<ReadonlyMap<number, SourceRecord>>;
  /** The names of the plugins that sources have, without those of deleted ones; in no order. */
  pluginsInUse(): Promise<readonly string[]>;
  /** Newest first; `before` is the cursor of the page before, `plugin` null: of all plugins. */
  list(filter: {
    workspaceId: number;
    plugin: string | null;
    before: number | null;
    limit: number;
  }): Promise<Page<SourceRecord>>;
  update(id: number, change: SourceChange, now: number): Promise<SourceRecord>;
  /** Its batches stay, and what was accepted is still sent: its delivery is paused no longer. */
  remove(id: number, now: number): Promise<void>;
}
