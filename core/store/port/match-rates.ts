import type { IdentifierKind } from "../../conversion/conversion.ts";

/** What match rates can be told by. */
export const matchDimensions = ["webhook", "counter", "target", "identifier"] as const;

/** One of {@link matchDimensions}. */
export type MatchDimension = (typeof matchDimensions)[number];

/** Which rows are meant; what is null does not narrow. Instants are Unix milliseconds. */
export interface MatchRateFilter {
  readonly workspaceId: number;
  readonly sourceId: number | null;
  readonly counterId: number | null;
  readonly target: string | null;
  readonly identifier: IdentifierKind | null;
  /** Files that Metrika finished from this instant on, and before that one. */
  readonly settledFrom: number | null;
  readonly settledBefore: number | null;
}

/**
 * What Metrika has told about the rows of one key. It tells linked rows by the file: where a file holds rows of other keys
 * too, only bounds follow for this one. Of a file of N rows with L linked and n of this key, between max(0, L − (N − n))
 * and min(n, L) of these are linked. Rows that Metrika did not take count as not linked.
 */
export interface MatchCounts {
  /** Rows in files that Metrika has finished and told the linked rows of. */
  readonly rows: number;
  readonly linkedMin: number;
  readonly linkedMax: number;
  /** Rows in files that Metrika has finished without telling how many are linked. */
  readonly rowsUnknown: number;
  /** Rows in files that Metrika has not finished. */
  readonly rowsOpen: number;
}

/** The counts of one key; a dimension that was not asked for is null. */
export interface MatchRate extends MatchCounts {
  readonly sourceUuid: string | null;
  readonly counterId: number | null;
  readonly target: string | null;
  readonly identifier: IdentifierKind | null;
}

/** How well conversions met visits. */
export interface MatchRateStore {
  /**
   * Keys with the most rows first; `after` is how many of them to pass over, as given with the page before. Open files are
   * counted only if the period has not ended by `now`: they can be finished only later.
   */
  list(request: {
    readonly filter: MatchRateFilter;
    readonly by: readonly MatchDimension[];
    readonly now: number;
    readonly after: number;
    readonly limit: number;
  }): Promise<{ readonly rows: readonly MatchRate[]; readonly after: number | null }>;
}
