/** A goal that an uploaded conversion has reached in a visit. */
export interface OfflineGoal {
  readonly goalId: number;
  /** Unix seconds: the conversion's own time, which may be days after the visit. */
  readonly dateTime: number;
  /** A decimal number, or null. */
  readonly price: string | null;
  readonly currency: string | null;
  /** Unix milliseconds: from then on reports and logs show it. */
  readonly processedAt: number;
}

/** The goals that uploaded conversions have reached, by visit. */
export interface OfflineGoals {
  /** Grows with each goal that is kept. */
  readonly version: number;
  /** A conversion of the same goal and second takes the earlier one's place. */
  keep(counterId: number, visitId: string, goal: OfflineGoal): void;
  of(counterId: number, visitId: string): readonly OfflineGoal[];
  /** Whether the counter has any. */
  has(counterId: number): boolean;
}

/** None yet. */
export function createOfflineGoals(): OfflineGoals {
  const byCounter = new Map<number, Map<string, readonly OfflineGoal[]>>();
  let version = 0;
  return {
    get version() {
      return version;
    },
    keep(counterId, visitId, goal) {
      version++;
      let visits = byCounter.get(counterId);
      if (visits === undefined) {
        visits = new Map();
        byCounter.set(counterId, visits);
      }
      const isOther = (one: OfflineGoal) => one.goalId !== goal.goalId || one.dateTime !== goal.dateTime;
      visits.set(visitId, [...(visits.get(visitId) ?? []).filter(isOther), goal]);
    },
    of: (counterId, visitId) => byCounter.get(counterId)?.get(visitId) ?? [],
    has: (counterId) => byCounter.has(counterId),
  };
}
