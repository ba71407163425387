import type { Language } from "../../language.ts";
import type { Page } from "./page.ts";

/** Why sending with a credential rests; `until` is when it is asked again. */
export type PauseReason = "unauthorized" | "forbidden" | "quota";

export interface CredentialRecord {
  readonly id: number;
  readonly uuid: string;
  readonly workspaceId: number;
  readonly sealedToken: string;
  readonly tokenHash: string;
  readonly login: string | null;
  readonly pausedUntil: number | null;
  readonly pausedReason: PauseReason | null;
  /** Pauses in a row since the credential last worked: the exponent of the backoff. */
  readonly pauses: number;
}

export interface CredentialStore {
  /** `seal` receives the new row's uuid, which binds the sealed token to this row. */
  create(credential: {
    uuid: string;
    workspaceId: number;
    sealedToken: string;
    tokenHash: string;
    now: number;
  }): Promise<CredentialRecord>;
  get(id: number): Promise<CredentialRecord | null>;
  /** Replaces the token, forgets the login and ends a pause: what waited for a working token goes on by itself. */
  replaceToken(id: number, sealedToken: string, tokenHash: string, now: number): Promise<void>;
  recordLogin(id: number, login: string, now: number): Promise<void>;
  pause(id: number, reason: PauseReason, until: number, now: number): Promise<void>;
  /** The credential worked: ends a pause. */
  resume(id: number, now: number): Promise<void>;
}

/** What the core does with a source's rows, whatever its plugin. */
export interface SourceOptions {
  readonly dedupeBy: "exact" | "purchase";
  readonly identifiers: "all" | "best";
  readonly createMissingGoals: boolean;
  readonly allowPersonalUserId: boolean;
}

export interface SourceRecord {
  readonly id: number;
  readonly uuid: string;
  readonly workspaceId: number;
  readonly plugin: string;
  readonly name: string;
  readonly description: string | null;
  readonly counterId: number;
  readonly credentialId: number;
  readonly config: Readonly<Record<string, unknown>>;
  /** The version of `config` by its plugin's counting. */
  readonly configVersion: number;
  readonly options: SourceOptions;
  readonly timeZone: string;
  readonly timeZoneFrom: string;
  readonly defaultCurrency: string;
  readonly defaultCurrencyFrom: string;
  readonly language: Language;
  readonly secretHash: string | null;
  readonly previousSecretHash: string | null;
  readonly previousSecretExpiresAt: number | null;
  readonly isActive: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type NewSource = Omit<SourceRecord, "id" | "previousSecretHash" | "previousSecretExpiresAt">;
export type SourceChange = Partial<
  Pick<
    SourceRecord,
    | "name"
    | "description"
    | "options"
    | "timeZone"
    | "timeZoneFrom"
    | "defaultCurrency"
    | "defaultCurrencyFrom"
    | "language"
    | "isActive"
    | "secretHash"
    | "previousSecretHash"
    | "previousSecretExpiresAt"
  >
>;

export interface SourceStore {
  create(source: NewSource): Promise<SourceRecord>;
  /** Null for a deleted one. */
  findByUuid(uuid: string): Promise<SourceRecord | null>;
  /** Also a deleted one: its batches can still be read. */
  get(id: number): Promise<SourceRecord | null>;
  /** Newest first; `before` is the cursor of the page before. */
  list(filter: {
    workspaceId: number;
    plugin: string;
    before: number | null;
    limit: number;
  }): Promise<Page<SourceRecord>>;
  update(id: number, change: SourceChange, now: number): Promise<SourceRecord>;
  remove(id: number, now: number): Promise<void>;
}
