import { closest } from "fastest-levenshtein";

/** The existing target that is most like the given one; null when there is none. */
export function nearestTarget(target: string, existing: readonly string[]): string | null {
  return existing.length === 0 ? null : closest(target, [...existing]);
}
