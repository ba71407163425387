import { statement, type Work } from "./work.ts";

const paused = statement<{ paused: number }, [number]>("select delivery_paused as paused from sources where id = ?1");

/** Whether a person has paused the delivery of a source, as it stands in the transaction that asks. */
export function* isPaused(sourceId: number): Work<boolean> {
  return (yield* paused.get(sourceId))?.paused === 1;
}
