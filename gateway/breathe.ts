/**
 * How many times as long as a piece of work the rest after it lasts while others wait for the event loop. Measured with 64
 * busy senders: at 24 a request takes 27 µs of the loop's own processor time, at 12 it takes 33, and a drain of 200,000 rows
 * lasts no longer.
 */
const REST_PER_WORK = 24;
const LONGEST_REST_MS = 250;
/** One turn of the event loop takes longer than this when senders keep it busy. */
const BUSY_TURN_MS = 1;

/**
 * The pause between two pieces of background work: lets everything that waits have its turn, and where that took some time,
 * rests in proportion to the work. So senders go first, a machine that grows slow under load does not give the work a greater
 * share, and an idle one does it at full speed.
 * @param since when the piece of work began, by `performance.now()`
 */
export async function breathe(since: number): Promise<void> {
  const ended = performance.now();
  // Two turns: only between them are sockets read.
  await nextTurn();
  await nextTurn();
  if (performance.now() - ended < BUSY_TURN_MS) return;
  await Bun.sleep(Math.min(LONGEST_REST_MS, (ended - since) * REST_PER_WORK));
}

/** The pause of a process that answers nobody: its own timers and sockets have their turn. */
export const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
