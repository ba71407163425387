import type { Finding } from "../conversion/conversion.ts";
import { nearestTarget } from "../conversion/nearest-target.ts";
import { showValue } from "../conversion/show-value.ts";
import type { GoalStore } from "../store/store.ts";

type Targets = ReadonlySet<string> | null;

/** The targets that a counter had when its goals were last read, null when they never were; at once when remembered. */
export type KnownTargets = (counter: {
  readonly workspaceId: number;
  readonly counterId: number;
}) => Targets | Promise<Targets>;

/** Goals change rarely, and a warning may be a moment late. */
const KEPT_MS = 5000;
const MOST_COUNTERS = 20_000;

/** Reads known targets through a short memory, so that a warning costs a request next to nothing. */
export function createKnownTargets(goals: Pick<GoalStore, "get">, now: () => number): KnownTargets {
  const known = new Map<string, { readonly targets: Targets; readonly until: number }>();
  const read = async (key: string, workspaceId: number, counterId: number): Promise<Targets> => {
    const stored = await goals.get(workspaceId, counterId);
    const targets = stored?.fetchedAt == null ? null : new Set(stored.identifiers);
    if (known.size >= MOST_COUNTERS) known.clear();
    known.set(key, { targets, until: now() + KEPT_MS });
    return targets;
  };
  return ({ workspaceId, counterId }) => {
    const key = `${workspaceId}/${counterId}`;
    const kept = known.get(key);
    return kept && kept.until > now() ? kept.targets : read(key, workspaceId, counterId);
  };
}

/** The warning for a target that no goal had when the goals were last read; the sink judges it anew before sending. */
export function warnOfGoal(target: string, known: ReadonlySet<string>): Finding | null {
  if (known.has(target)) return null;
  const nearest = nearestTarget(target, [...known]);
  if (nearest === null)
    return { code: "goal_not_found_no_match", field: "target", params: { target: showValue(target) } };
  return { code: "goal_not_found", field: "target", params: { target: showValue(target), nearest } };
}
