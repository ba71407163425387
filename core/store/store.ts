import type { Conversion, Finding } from "../conversion/conversion.ts";
import type { Language } from "../language.ts";

/** The storage port: what the core asks of a database, in its own words. One contract suite runs on every implementation. */
export interface Store {
  readonly installation: Installation;
  readonly apiKeys: ApiKeyStore;
  readonly credentials: CredentialStore;
  readonly sources: SourceStore;
  readonly intake: IntakeStore;
  readonly batches: BatchStore;
  readonly planning: PlanningStore;
  readonly uploads: UploadStore;
  readonly goals: GoalStore;
  readonly maintenance: MaintenanceStore;
  close(): Promise<void>;
}

/** Who this installation is; `workspaceId` is the workspace made at first start. */
export interface Installation {
  readonly uuid: string;
  readonly vaultCheck: string;
  readonly workspaceId: number;
}

/** One page of a list: `after` is the cursor of the next page, null on the last. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly after: number | null;
}

// ---------------------------------------------------------------------------------------------------- API keys

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

// ------------------------------------------------------------------------------------- credentials and sources

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

// -------------------------------------------------------------------------------------------------- intake

/** A valid row on its way in; `row` is its index in the request, `keyHash` the keyed hash of its purchase, if it names one. */
export interface IntakeRow {
  readonly row: number;
  readonly conversion: Conversion;
  readonly keyHash: string | null;
}

export interface RejectedRow {
  readonly row: number;
  readonly code: string;
  readonly field: string;
  readonly sealed: string | null;
}

/**
 * A part of one batch that is written at once. A small batch is one slice; a large one comes as several, the first with
 * `batchId` null, and stays invisible until the slice with `last` is committed.
 */
export interface IntakeSlice {
  readonly batchId: number | null;
  readonly batchUuid: string;
  readonly source: {
    readonly id: number;
    readonly workspaceId: number;
    readonly counterId: number;
    readonly dedupeBy: "exact" | "purchase";
  };
  readonly received: number;
  readonly rows: readonly IntakeRow[];
  readonly rejected: readonly RejectedRow[];
  readonly idempotency: { readonly key: string; readonly bodyHash: string; readonly expiresAt: number } | null;
  readonly rejectedExpireAt: number;
  readonly keysExpireAt: number;
  readonly last: boolean;
  /** On the last slice: all findings so far, stored with the batch so that the first answer can be rebuilt. */
  readonly warnings: readonly RowWarning[];
  readonly now: number;
}

export interface RowWarning extends Finding {
  readonly row: number;
}

export interface DuplicateRow {
  readonly row: number;
  readonly conversionId: number;
}

export interface SliceResult {
  readonly batchId: number;
  readonly accepted: number;
  readonly duplicates: readonly DuplicateRow[];
  /** Warnings that only the database could know; already stored with the batch. */
  readonly warnings: readonly RowWarning[];
}

export interface IntakeStore {
  /** Writes a group of slices in one durable transaction: all or nothing; resolved means on disk. */
  commit(group: readonly IntakeSlice[]): Promise<readonly SliceResult[]>;
  findIdempotent(
    sourceId: number,
    key: string,
    now: number,
  ): Promise<{ readonly bodyHash: string; readonly batchId: number } | null>;
  /** What `commit` would find, without writing anything. */
  preview(slice: IntakeSlice): Promise<Omit<SliceResult, "batchId">>;
  /**
   * Takes away a batch whose later slices could not be written; an unsealed batch holds the planner. Nothing happens to a
   * sealed one. What other senders were answered meanwhile stays true: a fact that another batch repeated becomes its own.
   */
  discard(batchId: number): Promise<void>;
}

// ------------------------------------------------------------------------------------------------- batches

export type BatchStatus = "pending" | "uploaded" | "processing" | "completed" | "error";

/** A batch with its derived status, as the view `webhook_batches` tells it. */
export interface BatchRecord {
  readonly id: number;
  readonly uuid: string;
  readonly sourceId: number;
  readonly sourceUuid: string;
  readonly counterId: number;
  readonly status: BatchStatus;
  readonly statusVersion: number;
  readonly total: number;
  readonly processed: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly metrikaUploadId: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly warnings: readonly RowWarning[];
}

export interface BatchUpload extends UploadRecord {
  /** Rows and repeats of the batch in this upload. */
  readonly batchRows: number;
  readonly batchDuplicates: number;
  /** No other batch has a row in it. */
  readonly exclusive: boolean;
}

export interface SetAside {
  readonly target: string;
  readonly reason: SetAsideReason;
  readonly rows: number;
}

/** One received row of a batch and what became of it. */
export interface BatchRow {
  readonly row: number;
  readonly kind: "accepted" | "replaced" | "duplicate" | "rejected";
  readonly conversionId: number | null;
  readonly conversion: Conversion | null;
  readonly setAside: SetAsideReason | null;
  readonly upload: {
    readonly uuid: string;
    readonly state: UploadState;
    readonly metrikaStatus: string | null;
    readonly rows: number;
    readonly linkedQuantity: number | null;
    readonly metrikaUploadId: string | null;
    readonly errorCode: string | null;
    readonly credentialPaused: boolean;
  } | null;
  readonly rejection: { readonly code: string; readonly field: string; readonly sealed: string | null } | null;
}

export interface BatchStore {
  findByUuid(uuid: string): Promise<BatchRecord | null>;
  get(id: number): Promise<BatchRecord | null>;
  list(filter: { sourceId: number; before: number | null; limit: number }): Promise<Page<BatchRecord>>;
  uploadsOf(batchId: number): Promise<readonly BatchUpload[]>;
  setAsideOf(batchId: number): Promise<readonly SetAside[]>;
  rejectedOf(batchId: number): Promise<readonly RejectedRow[]>;
  duplicatesOf(batchId: number): Promise<readonly DuplicateRow[]>;
  rowsOf(batchId: number, afterRow: number, limit: number): Promise<Page<BatchRow>>;
}

// ------------------------------------------------------------------------------------------------ planning

/**
 * Why an accepted row is in no file though the planner has seen it: the counter's goals must be read before its target can
 * be judged (`checking_goal`), no goal matches (`waiting_goal`, after 21 days `goal_not_found`), an earlier revision is
 * still under way (`waiting_upload`), it must go (again) into a file (`requeued`), or a person cancelled it.
 */
export type SetAsideReason =
  | "checking_goal"
  | "waiting_goal"
  | "goal_not_found"
  | "waiting_upload"
  | "requeued"
  | "cancelled";

/** A row that wants a file. */
export interface UnassignedRow {
  readonly id: number;
  readonly batchId: number;
  readonly receivedAt: number;
  readonly sourceId: number;
  readonly workspaceId: number;
  readonly counterId: number;
  readonly credentialId: number;
  readonly currency: string;
  readonly target: string;
  readonly purchaseId: string;
  readonly dateTime: number;
  /** About how long its line in the file will be. */
  readonly bytes: number;
  readonly createMissingGoals: boolean;
  readonly setAside: SetAsideReason | null;
}

/** What the planner decided about one row: into a file of its lane, or aside. */
export type Placement =
  | { readonly row: UnassignedRow; readonly to: "upload"; readonly keyHash: string | null }
  | { readonly row: UnassignedRow; readonly to: "checking_goal" | "waiting_goal" | "goal_not_found" };

export interface PlacementRules {
  readonly lingerMs: number;
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly keysExpireAt: number;
  readonly now: number;
  newUuid(): string;
}

export interface PlanningStore {
  /** New rows beyond the watermark, in order of arrival, none of a batch that is not yet sealed. */
  readNew(limit: number): Promise<readonly UnassignedRow[]>;
  /** Rows behind the watermark that may go into a file now: requeued ones, and corrections whose earlier file is settled. */
  readReturning(limit: number): Promise<readonly UnassignedRow[]>;
  /** Rows of a counter that wait for one of `targets` (any target when null), after the given id. */
  readWaitingForGoal(filter: {
    workspaceId: number;
    counterId: number;
    targets: readonly string[] | null;
    after: number;
    limit: number;
  }): Promise<readonly UnassignedRow[]>;
  /** Counters with rows that wait for a goal, with the newest arrival among them. */
  countersWaitingForGoal(): Promise<
    readonly {
      readonly workspaceId: number;
      readonly counterId: number;
      readonly newestArrival: number;
      readonly credentialId: number;
    }[]
  >;
  /** Targets that rows of a counter wait for, and whether a source of such rows wishes missing goals to be created. */
  targetsWaitingForGoal(
    workspaceId: number,
    counterId: number,
  ): Promise<readonly { readonly target: string; readonly create: boolean }[]>;
  /**
   * Carries placements out in one transaction. Rows that are no longer where they were read are passed over. Moves the
   * watermark of new rows to the highest id among them.
   */
  place(placements: readonly Placement[], rules: PlacementRules): Promise<number>;
  /** Closes filling uploads that are ripe or full: filling → planned. Returns how many. */
  sealRipe(now: number, limits: Pick<PlacementRules, "maxRows" | "maxBytes">): Promise<number>;
}

// ------------------------------------------------------------------------------------------------- uploads

export type UploadState =
  | "filling"
  | "planned"
  | "sending"
  | "sent"
  | "processing"
  | "completed"
  | "failed"
  | "uncertain";

export interface UploadRecord {
  readonly id: number;
  readonly uuid: string;
  readonly workspaceId: number;
  readonly counterId: number;
  readonly credentialId: number;
  readonly currency: string;
  readonly state: UploadState;
  readonly rows: number;
  readonly nextAttemptAt: number;
  readonly attempts: number;
  readonly requestEndedAt: number | null;
  readonly completeLists: number;
  readonly metrikaUploadId: string | null;
  readonly metrikaStatus: string | null;
  readonly sourceQuantity: number | null;
  readonly lineQuantity: number | null;
  readonly linkedQuantity: number | null;
  readonly goalNotFoundQuantity: number | null;
  readonly userNotFoundQuantity: number | null;
  readonly errorCode: string | null;
  readonly errorText: string | null;
  readonly createdAt: number;
  readonly sentAt: number | null;
  readonly settledAt: number | null;
  readonly updatedAt: number;
}

/** The fields a move may set beside the state. */
export type UploadFacts = Partial<
  Pick<
    UploadRecord,
    | "nextAttemptAt"
    | "attempts"
    | "requestEndedAt"
    | "completeLists"
    | "metrikaUploadId"
    | "metrikaStatus"
    | "sourceQuantity"
    | "lineQuantity"
    | "linkedQuantity"
    | "goalNotFoundQuantity"
    | "userNotFoundQuantity"
    | "errorCode"
    | "errorText"
    | "sentAt"
    | "settledAt"
  >
>;

export interface Attempt {
  readonly kind: "send" | "poll" | "read_back";
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: string;
  readonly code: string | null;
  readonly detail: string | null;
}

export interface UploadMove {
  readonly id: number;
  readonly claim: string;
  readonly from: UploadState;
  readonly to: UploadState;
  readonly facts: UploadFacts;
  readonly attempt: Attempt | null;
  /** Keep the claim (the work goes on under the same lease) or give it back. */
  readonly keepClaim?: boolean;
  readonly now: number;
}

/** One line of Metrika's file, with the options of the source that told it. */
export interface UploadLine {
  readonly id: number;
  readonly conversion: Conversion;
  readonly identifiers: "all" | "best";
}

export interface UploadStore {
  /**
   * Claims due uploads in the given states whose credential does not rest, oldest due first, and sets a lease. A fresh
   * claim id is named by every later write, so that a worker that comes back late changes nothing.
   */
  claimDue(request: {
    states: readonly UploadState[];
    claim: string;
    now: number;
    leaseMs: number;
    limit: number;
    /** Claims that one credential may hold at once, so that one sick counter cannot take every place. */
    perCredential: number;
  }): Promise<readonly UploadRecord[]>;
  /** False when the claim is no longer held. */
  renewLease(id: number, claim: string, leaseUntil: number): Promise<boolean>;
  /** One move of the state machine with its attempt, in one transaction. False: the claim or the state was lost. */
  move(move: UploadMove): Promise<boolean>;
  /**
   * Frees claims whose lease ended before `leasesBefore`; what was being sent becomes uncertain and is looked up first
   * after `firstReadBackMs`. At the start of the only process every claim is a dead one's. Returns how many.
   */
  releaseClaims(request: { leasesBefore: number; now: number; firstReadBackMs: number }): Promise<number>;
  /** The lines of a file, in pages by keyset; each fact once, in its revision of that file. */
  lines(uploadId: number, pageSize: number): AsyncGenerator<readonly UploadLine[]>;
  list(filter: {
    workspaceId: number;
    counterId: number | null;
    state: UploadState | null;
    before: number | null;
    limit: number;
  }): Promise<Page<UploadRecord>>;
  findByUuid(uuid: string): Promise<UploadRecord | null>;
  attemptsOf(uploadId: number): Promise<readonly Attempt[]>;
  countByState(): Promise<Readonly<Record<string, number>>>;
}

// --------------------------------------------------------------------------------------------------- goals

export interface CounterGoals {
  readonly workspaceId: number;
  readonly counterId: number;
  readonly identifiers: readonly string[];
  /** When the list was last read whole; null: never. */
  readonly fetchedAt: number | null;
  readonly attemptedAt: number;
  readonly failures: number;
  /** Since when Metrika refuses to tell the goals; rows are then sent unjudged. */
  readonly unreadableSince: number | null;
  readonly errorCode: string | null;
}

export interface GoalStore {
  get(workspaceId: number, counterId: number): Promise<CounterGoals | null>;
  save(goals: CounterGoals): Promise<void>;
}

// --------------------------------------------------------------------------------------------- maintenance

export interface MaintenanceStore {
  /** Takes away batches that were never sealed (their senders got no answer), with their rows. Before listening. */
  removeUnsealed(): Promise<number>;
  /** Expired idempotency keys, own keys and refused rows' contents. */
  purgeExpired(now: number): Promise<number>;
  /** Settled facts older than `before` (Unix ms of arrival), in slices; returns how many conversions went. */
  purgeSettled(before: number, limit: number): Promise<number>;
  /** A read that touches the database: throws when it is gone. */
  ping(): Promise<void>;
}
