import type { DeadLetterFilter } from "./dead-letters.ts";
import type { Page } from "./page.ts";

/** How far a replay is. */
export const replayStates = ["running", "completed", "cancelled"] as const;

/** One of {@link replayStates}. */
export type ReplayState = (typeof replayStates)[number];

/** A person's wish to bring dead letters back; instants are Unix milliseconds. */
export interface ReplayRecord {
  readonly id: number;
  readonly uuid: string;
  readonly workspaceId: number;
  readonly filter: DeadLetterFilter;
  readonly state: ReplayState;
  /** Rows that it meant when it was made. */
  readonly matched: number;
  /** Rows that it has moved so far. */
  readonly replayed: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly endedAt: number | null;
}

/** By what rows are moved into new uploads. */
export interface ReplayRules {
  /** Rows looked at in one step. */
  readonly limit: number;
  readonly maxRows: number;
  readonly maxBytes: number;
  /** How long after its `date_time` a conversion can still be joined to a visit, in milliseconds. */
  readonly joinedForMs: number;
  /** Unix milliseconds. */
  readonly now: number;
  newUuid(): string;
}

/** Replays and what they do. */
export interface ReplayStore {
  create(replay: {
    uuid: string;
    workspaceId: number;
    filter: DeadLetterFilter;
    matched: number;
    now: number;
  }): Promise<ReplayRecord>;
  findByUuid(uuid: string): Promise<ReplayRecord | null>;
  /** Newest first; `before` is the cursor of the page before. */
  list(filter: { workspaceId: number; before: number | null; limit: number }): Promise<Page<ReplayRecord>>;
  /** Ends a running one: what was moved stays moved and is sent. One that has ended stays as it is. */
  cancel(id: number, now: number): Promise<ReplayRecord>;
  /** The oldest that has not ended: they are carried out one after the other. */
  nextRunning(): Promise<ReplayRecord | null>;
  /**
   * One step, in one transaction with the place that it has got to: moves the next rows. Those of a failed upload go into
   * another one, which no other rows join and which is closed when the walk leaves the failed one; those set aside go back
   * to the planner. Nothing happens to a replay that has ended.
   */
  advance(id: number, rules: ReplayRules): Promise<ReplayRecord>;
}
