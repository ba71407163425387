import { backoffMs } from "../../delivery/backoff.ts";
import type { KeptReason, RawIntakeRecord, SourceHealth, SourceHealthStore } from "../../store/store.ts";
import type { RawIntakeRules } from "./rules.ts";

/** What a failed attempt is noted with. */
interface Failure {
  /** The raw intake or run that failed, and how often it has before. */
  readonly of: Pick<RawIntakeRecord, "sourceId" | "failures">;
  readonly code: string;
  readonly reason: KeptReason;
  readonly now: number;
}

/**
 * Whether a failure counts towards its source's rest. Of one raw intake or run only the first does: one that fails again and again would otherwise
 * make its whole source rest. Once the source has rested, whatever is tried tells of it.
 */
export const countsTowardsRest = (
  { failures }: Pick<RawIntakeRecord, "failures">,
  health: Pick<SourceHealth, "failures"> | null,
  { restsAfter }: Pick<RawIntakeRules, "restsAfter">,
): boolean => failures === 0 || (health?.failures ?? 0) >= restsAfter;

/** Until when a source rests after so many failures in a row; twice as long each time. */
export function restUntil(rules: Pick<RawIntakeRules, "rest" | "restsAfter">, failures: number, now: number): number {
  const rests = Math.max(1, failures - rules.restsAfter + 1);
  // Whole, without chance: a source is one, and people are told when it is tried again.
  return now + backoffMs(rules.rest, rests, 1);
}

/**
 * Notes a failure of a source.
 * @returns the health as it is now, when the source began to rest by this
 */
export async function noteFailure(
  store: Pick<SourceHealthStore, "get" | "recordFailure">,
  rules: Pick<RawIntakeRules, "rest" | "restsAfter">,
  { of, code, reason, now }: Failure,
): Promise<SourceHealth | null> {
  const before = await store.get(of.sourceId);
  if (!countsTowardsRest(of, before, rules)) return null;
  const restingUntil = restUntil(rules, (before?.failures ?? 0) + 1, now);
  const failure = { code, reason, restsAfter: rules.restsAfter, restingUntil };
  const after = await store.recordFailure(of.sourceId, failure, now);
  return after.restingUntil === null ? null : after;
}
