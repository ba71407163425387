import type { Sql } from "postgres";

const BEAT_MS = 1000;
/** An answer that takes longer does not come: a cut network tells nobody that it is cut. */
const PATIENCE_MS = 3000;

/** A question that was longer on its way tells that the database lives, but not what time it is there. */
const LONG_WAY_MS = 250;

/** Whether the database answers, and what time it is there. */
export interface Pulse {
  readonly isUp: boolean;
  /** See `SharedDatabase.now`. */
  now(): number;
  stop(): void;
}

/**
 * Feels the pulse of a database once a second, on a connection of its own: those of the pool may be busy for longer than a dead
 * server should go unnoticed.
 * @param sql of one connection
 * @param onDown called when an answer did not come: what still waits for one waits in vain
 */
export async function startPulse(sql: Sql, onDown: () => void): Promise<Pulse> {
  let isUp = true;
  let ahead = 0;
  let hasClock = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  async function beat(): Promise<void> {
    const asked = performance.now();
    const [answer] = await sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as now`;
    const answered = performance.now();
    // Nobody knows when on a long way the clock was read: a process or a server that stood still would set it wrong by half of that.
    if (hasClock && answered - asked > LONG_WAY_MS) return;
    ahead = Number(answer?.now) - (asked + answered) / 2;
    hasClock = true;
  }

  async function live(): Promise<void> {
    let patience: ReturnType<typeof setTimeout> | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      patience = setTimeout(() => reject(new Error("The database does not answer.")), PATIENCE_MS);
    });
    try {
      await Promise.race([beat(), tooLong]);
      isUp = true;
    } catch {
      if (stopped) return;
      isUp = false;
      onDown();
    } finally {
      clearTimeout(patience);
    }
    if (stopped) return;
    timer = setTimeout(live, BEAT_MS);
    timer.unref?.();
  }

  await beat();
  timer = setTimeout(live, BEAT_MS);
  timer.unref?.();
  return {
    get isUp() {
      return isUp;
    },
    now: () => Math.round(performance.now() + ahead),
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
