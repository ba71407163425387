/**
 * What is to be done at start and then once in a while, made into a step of every round of the worker. A failed try is repeated.
 * @param periodMs in milliseconds
 */
export function every(periodMs: number, now: () => number, work: (at: number) => Promise<void>): () => Promise<void> {
  let nextAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const at = now();
    if (at < nextAt) return;
    await work(at);
    nextAt = at + periodMs;
  };
}
