import { isUnsent, moves } from "../../core/delivery/upload-state.ts";
import type { BatchRow, BatchStatus, UploadState } from "../../core/store/store.ts";

export const OPEN: readonly UploadState[] = ["filling", "planned", "sending", "uncertain", "sent", "processing"];

/** All states that a series of moves can lead to. */
export function reachableFrom(state: UploadState, seen = new Set<UploadState>()): ReadonlySet<UploadState> {
  if (seen.has(state)) return seen;
  seen.add(state);
  for (const next of moves[state]) reachableFrom(next, seen);
  return seen;
}

/** Whether a batch does not wait for rows that are set aside for a reason. */
export const isResting = (reason: BatchRow["setAside"]) =>
  reason === "waiting_goal" || reason === "goal_not_found" || reason === "cancelled";

/** The status of a batch, told from its rows alone. */
export function statusOf(rows: readonly BatchRow[]): BatchStatus {
  const some = (test: (row: BatchRow) => boolean) => rows.some(test);
  if (some((row) => (row.upload === null ? !isResting(row.setAside) : isUnsent(row.upload.state)))) return "pending";
  const at = (...states: UploadState[]) => some(({ upload }) => upload !== null && states.includes(upload.state));
  if (at("sent", "processing")) return at("processing", "completed") ? "processing" : "uploaded";
  const met = some(({ upload }) => upload?.state === "completed" && upload.metrikaStatus !== "LINKAGE_FAILURE");
  return met ? "completed" : "error";
}

/** How often each key occurs; a null key does not count. */
export function countBy<T>(all: readonly T[], keyOf: (one: T) => string | null): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of all) {
    const key = keyOf(one);
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
