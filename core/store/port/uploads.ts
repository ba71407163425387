import type { Conversion } from "../../conversion/conversion.ts";
import type { Page } from "./page.ts";

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
