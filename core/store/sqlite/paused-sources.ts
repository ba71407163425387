import type { Database } from "bun:sqlite";

/** Whether a person has paused the delivery of a source, as it stands in the transaction that asks. */
export function preparePaused(sqlite: Database): (sourceId: number) => boolean {
  const paused = sqlite.prepare<{ paused: number }, [number]>(
    "select delivery_paused as paused from sources where id = ?",
  );
  return (sourceId) => paused.get(sourceId)?.paused === 1;
}
