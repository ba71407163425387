import type { CounterGoals, Lane, Placement, SourceRecord, UnassignedRow } from "../store/store.ts";
import { JOINED_FOR_MS } from "./rules.ts";

/** What is known of a counter's goals when rows are placed. */
export type KnownGoals = Pick<CounterGoals, "fetchedAt" | "attemptedAt" | "unreadableSince"> & {
  readonly identifiers: ReadonlySet<string>;
};

/**
 * Where a row goes: into a file of its lane, or aside because of its goal. A target counts as missing only by a list that
 * was read after the row arrived. Where goals cannot be read the row is sent unjudged: Metrika will tell. That is tried
 * anew from time to time, by the first row that comes after `recheckMs`.
 */
export function placeRow(
  row: UnassignedRow,
  goals: KnownGoals | null,
  now: number,
  recheckMs: number,
): Placement["to"] {
  if (goals?.identifiers.has(row.target)) return "upload";
  if (goals?.unreadableSince != null && now - goals.attemptedAt < recheckMs) return "upload";
  if (goals?.fetchedAt == null || goals.fetchedAt < row.receivedAt) {
    return row.setAside === "waiting_goal" ? "waiting_goal" : "checking_goal";
  }
  return now - row.receivedAt > JOINED_FOR_MS ? "goal_not_found" : "waiting_goal";
}

/**
 * Which rows a row may share its file with: those of its counter, token and currency. A file of one target and one kind of
 * identifier makes Metrika's sums say how well that target and kind match; a row without a price joins its source's currency.
 */
export function laneOf(row: UnassignedRow, source: SourceRecord, isSplit: boolean): Lane {
  return {
    workspaceId: row.workspaceId,
    counterId: row.counterId,
    credentialId: source.credentialId,
    currency: row.currency || source.defaultCurrency,
    target: isSplit ? row.target : null,
    identifier: isSplit ? row.identifier : null,
    uncertainPolicy: source.options.uncertainPolicy,
  };
}
