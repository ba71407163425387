const HOUR_MS = 3_600_000;

/** What is to be done at start and then once an hour, made into a step of every round of the worker. A failed try is repeated. */
export function hourly(now: () => number, work: (at: number) => Promise<void>): () => Promise<void> {
  let nextAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const at = now();
    if (at < nextAt) return;
    await work(at);
    nextAt = at + HOUR_MS;
  };
}
