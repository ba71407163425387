/** Work that is looked for again and again, and done beside each other. */
export interface WorkLoop {
  /** Looks for work now and from then on. */
  start(): void;
  /** There is something new: look at once. */
  wake(): void;
  /** One round; resolves when everything that is under way has ended. True if it found work. */
  runOnce(): Promise<boolean>;
  /** Begins nothing new, lets what is under way end for `graceMs`, then tells it to stop and waits for it. */
  stop(graceMs: number): Promise<void>;
}

/** What a look may do. */
export interface Look {
  /** How much is under way. */
  readonly underWay: number;
  /** Lets work go on beside all other work. It may reject: then that is reported as trouble. */
  begin(work: (stopping: AbortSignal) => Promise<void>): void;
}

/** What a loop works with. */
export interface WorkLoopDeps {
  /** What is done in a round. True if there was anything to do. */
  readonly look: (round: Look) => Promise<boolean>;
  readonly tickMs: number;
  readonly onTrouble: (error: unknown) => void;
  /** Lets the event loop serve others, see `DeliveryDeps`. */
  readonly breathe: (since: number) => Promise<void>;
}

/** Makes a loop that stands still until it is started. */
export function createWorkLoop({ look, tickMs, onTrouble, breathe }: WorkLoopDeps): WorkLoop {
  const underWay = new Set<Promise<void>>();
  const aborter = new AbortController();
  let timer: ReturnType<typeof setTimeout> | null = null;
  let timerAt = 0;
  let round: Promise<unknown> | null = null;
  let isRunning = false;
  let isWoken = false;

  const lookOnce = () =>
    look({
      underWay: underWay.size,
      begin(work) {
        const since = performance.now();
        const done = work(aborter.signal)
          .catch(onTrouble)
          .then(() => breathe(since))
          .finally(() => {
            underWay.delete(done);
            schedule(0);
          });
        underWay.add(done);
      },
    });

  function schedule(delay: number): void {
    const at = Date.now() + delay;
    // Not put off: requests that come without a gap would do so for ever.
    if (!isRunning || (timer && timerAt <= at)) return;
    if (timer) clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(tick, delay);
  }

  function tick(): void {
    timer = null;
    if (round) {
      isWoken = true;
      return;
    }
    isWoken = false;
    round = lookOnce()
      .catch(onTrouble)
      .then(() => {
        round = null;
        schedule(isWoken ? 0 : tickMs);
      });
  }

  return {
    start() {
      isRunning = true;
      schedule(0);
    },
    wake: () => schedule(0),
    async runOnce() {
      const found = await lookOnce();
      while (underWay.size > 0) await Promise.all(underWay);
      return found;
    },
    async stop(graceMs) {
      isRunning = false;
      if (timer) clearTimeout(timer);
      timer = null;
      await round;
      const abort = setTimeout(() => aborter.abort(new Error("The gateway is stopping.")), graceMs);
      while (underWay.size > 0) await Promise.all(underWay);
      clearTimeout(abort);
    },
  };
}
