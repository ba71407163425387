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
