import type { Page } from "./page.ts";
import type { KeptLeftover, KeptReason } from "./reasons.ts";

/** `waiting`: at once, or at its next attempt. The last three are ends. */
export const runStates = ["waiting", "running", "succeeded", "failed", "cancelled"] as const;

/** One of {@link runStates}. */
export type RunState = (typeof runStates)[number];

/** `schedule`: by the clock. `manual` and `dry_run`: a person asked for it. `event`, `import`: something that came. */
export const runKinds = ["schedule", "manual", "dry_run", "event", "import"] as const;

/** One of {@link runKinds}. */
export type RunKind = (typeof runKinds)[number];

/** One run of a source; instants are Unix milliseconds. */
export interface RunRecord {
  readonly id: number;
  readonly uuid: string;
  readonly sourceId: number;
  readonly kind: RunKind;
  readonly state: RunState;
  /** What it was asked with. */
  readonly input: Readonly<Record<string, unknown>>;
  /** When it should have begun by its schedule, or was asked for. */
  readonly dueAt: number;
  /** Null of one that does not wait. */
  readonly nextAttemptAt: number | null;
  readonly attempts: number;
  /** As its plugin told it last; `total` null: unknown. */
  readonly done: number;
  readonly total: number | null;
  /** Sums over its batches; of a dry run what would have been. */
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly errorCode: string | null;
  readonly error: KeptReason | null;
  readonly leftovers: readonly KeptLeftover[];
  /** What a dry run found. */
  readonly report: Readonly<Record<string, unknown>> | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** A run that is about to be made. */
export type NewRun = Pick<RunRecord, "uuid" | "sourceId" | "kind" | "input" | "dueAt"> & { readonly now: number };

/** One that a worker has the right to do until its lease ends. */
export interface ClaimedRun extends RunRecord {
  readonly claim: string;
}

/** A batch that a run has emitted, and what was found of its rows. */
export interface RunBatch {
  readonly batchId: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
}

/** How an attempt ended, by the worker that holds the claim. */
export interface RunEnd {
  readonly id: number;
  readonly claim: string;
  readonly to: "waiting" | "succeeded" | "failed";
  /** For `waiting`; null otherwise. */
  readonly nextAttemptAt: number | null;
  readonly done: number;
  readonly total: number | null;
  readonly errorCode: string | null;
  readonly error: KeptReason | null;
  readonly leftovers: readonly KeptLeftover[];
  /** Of a dry run: what it found, and how much would have been emitted. Null of any other, whose batches are counted one by one. */
  readonly report: {
    readonly told: Readonly<Record<string, unknown>>;
    readonly counts: Omit<RunBatch, "batchId">;
  } | null;
  readonly now: number;
}

/** A source whose time has come. */
export interface DueSource {
  readonly sourceId: number;
  readonly dueAt: number;
}

/** What sources do by the clock or because a person asks; of one source never two at a time, on any machine. */
export interface RunStore {
  /** Sources that are due by their schedule, the longest overdue first. */
  dueSources(now: number, limit: number): Promise<readonly DueSource[]>;
  /**
   * Moves a source on to its next time, null: never, and makes the run of this one where `run` is given. No run is made while another
   * of the source is under way: what it would do is done by that one, or by the next.
   * @returns whether a run was made; false too when another gateway was first
   */
  schedule(due: DueSource, nextRunAt: number | null, run: NewRun | null): Promise<boolean>;
  /** Null when one of the source waits or runs already. */
  create(run: NewRun): Promise<RunRecord | null>;
  /**
   * Takes up to `limit` that are due, the longest waiting first. What nobody asked for is left alone while its source rests, unless the
   * source was changed since it failed last.
   */
  claimDue(request: { claim: string; now: number; leaseMs: number; limit: number }): Promise<readonly ClaimedRun[]>;
  /** Makes the lease longer and keeps how far the run is. False when the claim was lost, or the run cancelled. */
  renew(claimed: {
    id: number;
    claim: string;
    leaseUntil: number;
    done: number;
    total: number | null;
  }): Promise<boolean>;
  /** Each batch is counted once, however often it is told. */
  addBatch(id: number, batch: RunBatch): Promise<void>;
  /** False, and nothing is written, when the claim was lost. */
  end(end: RunEnd): Promise<boolean>;
  /** Gives a claim back unused: the next worker goes on at once. */
  giveBack(id: number, claim: string, now: number): Promise<void>;
  /**
   * Lets what was done by workers that died wait for another, with growing pauses, since it may be what they died of. One that was
   * begun `mostAttempts` times is failed with the given reason.
   */
  freeLapsed(request: {
    leasesBefore: number;
    now: number;
    mostAttempts: number;
    errorCode: string;
    error: KeptReason;
  }): Promise<number>;
  /** False for one that has ended. What it has emitted stays. */
  cancel(id: number, now: number): Promise<boolean>;
  find(sourceId: number, uuid: string): Promise<RunRecord | null>;
  /** Ids of the first `limit` batches that it has emitted, oldest first. */
  batchesOf(id: number, limit: number): Promise<readonly number[]>;
  /** Newest first; `before` is the cursor of the page before. */
  list(request: { sourceId: number; before: number | null; limit: number }): Promise<Page<RunRecord>>;
}
