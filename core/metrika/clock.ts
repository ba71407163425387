/** Time as a value: the client and the simulator ask it for instants and for wake-ups, never the system itself. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Calls `wake` once after `ms` milliseconds; the returned function cancels the call. */
  after(ms: number, wake: () => void): () => void;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, wake) {
    const timer = setTimeout(wake, ms);
    return () => clearTimeout(timer);
  },
};

/** A clock that stands still until it is told to move; what falls due on the way is woken in order of its time. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** How many wake-ups have been asked for and neither came nor were cancelled. */
  readonly waiting: number;
}

/** Makes a {@link ManualClock} that shows `start` (milliseconds since 1970, UTC). */
export function createManualClock(start = 0): ManualClock {
  let now = start;
  const alarms = new Set<{ readonly at: number; readonly wake: () => void }>();
  return {
    now: () => now,
    after(ms, wake) {
      const alarm = { at: now + ms, wake };
      alarms.add(alarm);
      return () => alarms.delete(alarm);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const due = [...alarms].filter((alarm) => alarm.at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        alarms.delete(due);
        now = Math.max(now, due.at);
        due.wake();
      }
      now = end;
    },
    get waiting() {
      return alarms.size;
    },
  };
}
