import type { Page } from "./page.ts";
import type { KeptLeftover, KeptReason } from "./reasons.ts";

/**
 * `waiting`: to be handled, at once or at its next attempt. `kept`: came while its source was disabled or could not be used;
 * waits for that to end, or for a person. `taken`: something of it became a fact. `ignored`: nothing of it was meant.
 * `set_aside`: some of it needs a person. `failed`: given up, as a dead letter.
 */
export const rawIntakeStates = ["waiting", "kept", "taken", "ignored", "set_aside", "failed"] as const;

/** One of {@link rawIntakeStates}. */
export type RawIntakeState = (typeof rawIntakeStates)[number];

/** What a replay may bring back: all but what waits anyway. */
export const replayableStates = ["kept", "taken", "ignored", "set_aside", "failed"] as const;

/** One of {@link replayableStates}. */
export type ReplayableState = (typeof replayableStates)[number];

/** Why what was kept has failed: its content was forgotten before anybody released it. */
export const NOT_RELEASED: KeptReason = {
  ru: "Запрос пришёл, пока источник был выключен или неисправен, и за 30 дней этого никто не исправил. Его содержимое удалено.",
  en: "The request came while the source was disabled or out of order, and nobody mended that within 30 days. Its content is gone.",
};

/** A sender's request as it is kept; instants are Unix milliseconds. */
export interface RawIntakeRecord {
  readonly id: number;
  readonly uuid: string;
  readonly sourceId: number;
  readonly state: RawIntakeState;
  readonly method: "GET" | "POST";
  /** Of its body, unpacked. */
  readonly bytes: number;
  /** Whether query, headers and body can still be read. */
  readonly hasContent: boolean;
  /** Times that it was begun to be handled, over all replays. */
  readonly attempts: number;
  /** Times that a person brought it back. */
  readonly replays: number;
  /** In a row, since it came or was brought back. */
  readonly failures: number;
  /** When it was first begun to be handled since it came or was brought back; null before that, and once it no longer waits. */
  readonly tryingSince: number | null;
  /** Null of one that does not wait. */
  readonly nextAttemptAt: number | null;
  readonly errorCode: string | null;
  readonly error: KeptReason | null;
  readonly leftovers: readonly KeptLeftover[];
  /** Sums over its batches, of all replays. */
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly receivedAt: number;
  readonly handledAt: number | null;
  /** When its content is forgotten; null of one that waits, which is never forgotten. */
  readonly expiresAt: number | null;
}

/** A request that is about to be kept. */
export interface NewRawIntake {
  readonly uuid: string;
  readonly sourceId: number;
  readonly state: "waiting" | "kept";
  readonly method: "GET" | "POST";
  readonly bytes: number;
  /** Query, headers and body, sealed for the uuid. */
  readonly sealed: string;
  readonly errorCode: string | null;
  readonly error: KeptReason | null;
  readonly receivedAt: number;
  /** Null of one that waits. */
  readonly expiresAt: number | null;
}

/** One that a worker has the right to handle until its lease ends. */
export interface ClaimedRawIntake extends RawIntakeRecord {
  readonly claim: string;
  readonly sealed: string;
}

/** A batch that a raw intake has become, and what was found of its rows. */
export interface RawIntakeBatch {
  readonly batchId: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
}

/** How an attempt ended, by the worker that holds the claim. */
export interface RawIntakeEnd {
  readonly id: number;
  readonly claim: string;
  readonly to: RawIntakeState;
  /** For `waiting`; null otherwise. */
  readonly nextAttemptAt: number | null;
  readonly failures: number;
  readonly errorCode: string | null;
  readonly error: KeptReason | null;
  readonly leftovers: readonly KeptLeftover[];
  /** Each is counted once, however often it is told. */
  readonly batches: readonly RawIntakeBatch[];
  /** Null for `waiting`. */
  readonly expiresAt: number | null;
  readonly now: number;
}

/** Which raw intakes of a source are meant; what is null does not narrow. */
export interface RawIntakeFilter {
  readonly sourceId: number;
  readonly states: readonly ReplayableState[];
  readonly uuids: readonly string[] | null;
  /** By their arrival: from this instant on, and before that one. */
  readonly receivedFrom: number | null;
  readonly receivedBefore: number | null;
}

/** Requests of senders, kept first and handled afterwards. */
export interface RawIntakeStore {
  /** All of them durably on disk, or none. */
  keep(intakes: readonly NewRawIntake[]): Promise<void>;
  /**
   * Takes the first due one of up to `limit` sources behind `afterSource` by their ids: never two of a source at a time, and none
   * of a source that rests, unless it was changed since it failed last.
   */
  claimDue(request: {
    claim: string;
    now: number;
    leaseMs: number;
    limit: number;
    afterSource: number;
  }): Promise<readonly ClaimedRawIntake[]>;
  /** False, and nothing is written, when the claim was lost. */
  end(end: RawIntakeEnd): Promise<boolean>;
  /** Gives a claim back unused: the next worker goes on at once, and no failure is counted. */
  giveBack(id: number, claim: string): Promise<void>;
  /**
   * Frees what was claimed by workers that died: the first time at once, then with growing pauses, since it may be what they died
   * of. One that has been tried since `givenUpBefore` is failed with the given reason.
   */
  freeLapsed(request: {
    leasesBefore: number;
    now: number;
    givenUpBefore: number;
    expiresAt: number;
    errorCode: string;
    error: KeptReason;
  }): Promise<number>;
  /** Sources that have some in the state `kept`, by id. */
  sourcesWithKept(): Promise<readonly number[]>;
  /** Lets what was kept of a source be handled, at most `limit` of them; returns how many. */
  release(sourceId: number, now: number, limit: number): Promise<number>;
  /** Gives up what waits or is kept of a source and nobody is at; returns how many. */
  giveUp(
    sourceId: number,
    reason: { errorCode: string; error: KeptReason; expiresAt: number; now: number },
  ): Promise<number>;
  find(sourceId: number, uuid: string): Promise<RawIntakeRecord | null>;
  /** Query, headers and body, sealed; null once they are forgotten. */
  contentOf(id: number): Promise<string | null>;
  /** Ids of the batches that it has become, oldest first. */
  batchesOf(id: number): Promise<readonly number[]>;
  /** Newest first; `before` is the cursor of the page before. */
  list(request: {
    sourceId: number;
    state: RawIntakeState | null;
    before: number | null;
    limit: number;
  }): Promise<Page<RawIntakeRecord>>;
  countByState(sourceId: number): Promise<Readonly<Record<RawIntakeState, number>>>;
  /** How many a replay would bring back. */
  countReplayable(filter: RawIntakeFilter): Promise<number>;
  /**
   * Brings back at most `limit` of them, in the order of their arrival from behind `after` (an id; null: from the first).
   * `after` in the answer is null when no more are left.
   */
  replay(
    filter: RawIntakeFilter,
    after: number | null,
    limit: number,
    now: number,
  ): Promise<{ readonly replayed: number; readonly after: number | null }>;
}
