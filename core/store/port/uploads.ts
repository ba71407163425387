import type { Conversion } from "../../conversion/conversion.ts";
import type { Page } from "./page.ts";
import type { Lane } from "./planning.ts";

/** The states of an upload; how it goes from one to another stands in `core/delivery/upload-state.ts`. */
export const uploadStates = [
  "filling",
  "planned",
  "sending",
  "sent",
  "processing",
  "completed",
  "failed",
  "uncertain",
] as const;

/** One of {@link uploadStates}. */
export type UploadState = (typeof uploadStates)[number];

/** One CSV file for one counter, with Metrika's own numbers about it; instants are Unix milliseconds. */
export interface UploadRecord extends Lane {
  readonly id: number;
  readonly uuid: string;
  readonly state: UploadState;
  readonly rows: number;
  /** When the first of its rows that could still be joined to a visit no longer can; null: none could. */
  readonly deadline: number | null;
  /** When it was noticed that it waits beyond its deadline. */
  readonly lateAt: number | null;
  /** The failed upload whose rows it carries again. */
  readonly replayOf: number | null;
  readonly nextAttemptAt: number;
  /** Tries to send it. */
  readonly attempts: number;
  /** When the request whose answer was lost had ended. */
  readonly requestEndedAt: number | null;
  /** Whole lists of uploadings read since then that did not hold it. */
  readonly completeLists: number;
  readonly metrikaUploadId: string | null;
  readonly metrikaStatus: string | null;
  /** Rows in the file, rows taken, and what became of them, as Metrika told; null: not told (yet). */
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

/** One try to send, to poll or to look a lost answer up, or a person's decision; instants are Unix milliseconds. */
export interface Attempt {
  readonly kind: "send" | "poll" | "read_back" | "decision";
  readonly startedAt: number;
  readonly endedAt: number;
  /** In one word. */
  readonly outcome: string;
  readonly code: string | null;
  readonly detail: string | null;
}

/** One move of the state machine. */
export interface UploadMove {
  readonly id: number;
  /** The claim that whoever moves it must still hold. */
  readonly claim: string;
  readonly from: UploadState;
  readonly to: UploadState;
  readonly facts: UploadFacts;
  readonly attempt: Attempt | null;
  /** Keep the claim (the work goes on under the same lease) or give it back. */
  readonly keepClaim?: boolean;
  readonly now: number;
}

/** What a person decided about an upload whose answer was lost. */
export interface UploadDecision {
  readonly id: number;
  readonly to: UploadState;
  /** A `metrikaUploadId` among them must not be that of another upload to the same counter. */
  readonly facts: UploadFacts;
  readonly attempt: Attempt;
  readonly now: number;
}

/** One line of Metrika's file, with the options of the source that told it. */
export interface UploadLine {
  readonly id: number;
  readonly conversion: Conversion;
  readonly identifiers: "all" | "best";
}

/** How an upload hangs together with others by replays; public ids. */
export interface ReplayLinks {
  /** The failed upload whose rows it carries again. */
  readonly replayOf: string | null;
  /** Uploads that carry its rows again, oldest first. */
  readonly replayedBy: readonly string[];
}

/** Files on their way to Metrika. */
export interface UploadStore {
  /**
   * Claims due uploads in the given states whose credential does not rest, and sets a lease. A fresh claim id is named by
   * every later write, so that a worker that comes back late changes nothing.
   *
   * Logins share the places, and within a login its counters take turns: a counter with a file under way comes after those
   * without, then whoever waited longest for its turn. Within a counter the nearest deadline comes first. While several
   * counters of a login have something to send, none of them holds its last place.
   */
  claimDue(request: {
    states: readonly UploadState[];
    claim: string;
    now: number;
    leaseMs: number;
    limit: number;
    /** Files of one login that may be under way at once. */
    perLogin: number;
  }): Promise<readonly UploadRecord[]>;
  /**
   * Claims uploads that Metrika is due to be asked about, oldest due first, and with them every other one that it works on
   * for the same counter and credential: one list tells of all. A used-up quota of writes holds none of them back.
   */
  claimToPoll(request: {
    claim: string;
    now: number;
    leaseMs: number;
    /** Of due ones. */
    limit: number;
  }): Promise<readonly UploadRecord[]>;
  /** A counter's own quota is used up: what is to be sent to it rests until then, and files that fill go on filling. */
  restCounter(rest: {
    counterId: number;
    until: number;
    now: number;
    errorCode: string;
    errorText: string;
  }): Promise<void>;
  /** False when the claim is no longer held. */
  renewLease(id: number, claim: string, leaseUntil: number): Promise<boolean>;
  /** One move of the state machine with its attempt, in one transaction. False: the claim or the state was lost. */
  move(move: UploadMove): Promise<boolean>;
  /**
   * Frees claims whose lease ended before `leasesBefore`; what was being sent becomes uncertain and is looked up first
   * after `firstReadBackMs`. At the start of the only process every claim is a dead one's. Returns how many.
   */
  releaseClaims(request: { leasesBefore: number; now: number; firstReadBackMs: number }): Promise<number>;
  /**
   * Flags the uploads not yet sent (`filling`, `planned`, `uncertain`) whose deadline has come and that carry no flag: sets
   * `lateAt`. Returns them.
   */
  flagLate(now: number): Promise<readonly UploadRecord[]>;
  /**
   * Carries out what a person decided about an upload whose answer was lost: from `uncertain`, and only while no worker holds
   * a claim on it, so that the decision and a look-up under way cannot overwrite each other.
   */
  resolve(decision: UploadDecision): Promise<"resolved" | "claimed" | "not_uncertain" | "metrika_upload_taken">;
  /** The lines of a file, in pages by keyset; each fact once, in its revision of that file. */
  lines(uploadId: number, pageSize: number): AsyncGenerator<readonly UploadLine[]>;
  /** Newest first; `before` is the cursor of the page before. */
  list(filter: {
    workspaceId: number;
    counterId: number | null;
    state: UploadState | null;
    before: number | null;
    limit: number;
  }): Promise<Page<UploadRecord>>;
  findByUuid(uuid: string): Promise<UploadRecord | null>;
  get(id: number): Promise<UploadRecord | null>;
  /** Of each of the uploads, by its id. */
  replayLinksOf(ids: readonly number[]): Promise<ReadonlyMap<number, ReplayLinks>>;
  /** Oldest first. */
  attemptsOf(uploadId: number): Promise<readonly Attempt[]>;
  /** States without uploads are left out. */
  countByState(): Promise<Readonly<Record<string, number>>>;
}
