/** The goals of a counter as last read from Metrika; instants are Unix milliseconds. */
export interface CounterGoals {
  readonly workspaceId: number;
  readonly counterId: number;
  /** The targets that offline conversions can reach. */
  readonly identifiers: readonly string[];
  /** When the list was last read whole; null: never. */
  readonly fetchedAt: number | null;
  /** When the last read was tried; 0 leaves the next one free at once. */
  readonly attemptedAt: number;
  /** Reads in a row that failed. */
  readonly failures: number;
  /** Since when Metrika refuses to tell the goals; rows are then sent unjudged. */
  readonly unreadableSince: number | null;
  readonly errorCode: string | null;
}

/** The cache of goals, one entry for a counter of a workspace. */
export interface GoalStore {
  get(workspaceId: number, counterId: number): Promise<CounterGoals | null>;
  /** Of all counters with one of these numbers in one of these workspaces, in no order. */
  getMany(workspaceIds: readonly number[], counterIds: readonly number[]): Promise<readonly CounterGoals[]>;
  save(goals: CounterGoals): Promise<void>;
}
