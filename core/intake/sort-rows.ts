import { normaliseConversion } from "../conversion/normalise.ts";
import { givenKey, purchaseKey } from "../conversion/purchase-key.ts";
import type { IntakeRow, RejectedRow, RowWarning, SourceRecord } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";
import { warnOfGoal } from "./known-targets.ts";
import { type Rejection, sealRejection } from "./receipt.ts";

/** Rows that are worked on in one go, so that a sender of 100,000 rows does not hold the others up. */
export const SLICE_ROWS = 2000;

interface SortDeps {
  readonly vault: Vault;
  readonly now: () => number;
}

/** The received rows, each on its way: into the store, or back to the sender. */
export interface SortedRows {
  readonly rows: readonly IntakeRow[];
  readonly rejections: readonly Rejection[];
  readonly rejected: readonly RejectedRow[];
  readonly warnings: readonly RowWarning[];
}

/** What the rows of one request are judged by. */
export interface Judging {
  readonly source: SourceRecord;
  /** The counter that the rows are for. */
  readonly counterId: number;
  /** The targets that the counter has; null when they are not known, or missing ones will be made. */
  readonly goals: ReadonlySet<string> | null;
  /** Whether refused rows will be stored, sealed. */
  readonly keepRefused: boolean;
  /** See `AcceptOptions.keys`. */
  readonly keys: readonly (string | null)[] | null;
}

/**
 * Splits the received rows into conversions and refusals: up to {@link SLICE_ROWS} at once, more of them letting other
 * requests run in between.
 */
export function sortOut(
  { vault, now }: SortDeps,
  { source, counterId, goals, keepRefused, keys }: Judging,
  received: readonly unknown[],
): SortedRows | Promise<SortedRows> {
  const options = {
    timeZone: source.timeZone,
    defaultCurrency: source.defaultCurrency,
    allowPersonalUserId: source.options.allowPersonalUserId,
    now: now(),
  };
  const counter = { workspaceId: source.workspaceId, counterId };
  const given = source.options.dedupeBy === "purchase" ? keys : null;
  const rows: IntakeRow[] = [];
  const rejections: Rejection[] = [];
  const rejected: RejectedRow[] = [];
  const warnings: RowWarning[] = [];
  const sorted: SortedRows = { rows, rejections, rejected, warnings };

  function sortSlice(from: number): void {
    const end = Math.min(from + SLICE_ROWS, received.length);
    for (let row = from; row < end; row++) {
      const normalised = normaliseConversion(received[row], options);
      if (normalised.ok) {
        const { conversion } = normalised;
        const key = given?.[row] ?? null;
        const keyHash =
          key === null ? purchaseKey(vault, counter, conversion) : givenKey(vault, counter, conversion.target, key);
        rows.push({ row, conversion, keyHash });
        for (const warning of normalised.warnings) warnings.push({ row, ...warning });
        const missing = goals && warnOfGoal(conversion.target, goals);
        if (missing) warnings.push({ row, ...missing });
      } else {
        const rejection: Rejection = { row, findings: normalised.findings };
        rejections.push(rejection);
        if (keepRefused) rejected.push(sealRejection(vault, source.uuid, rejection, received[row]));
      }
    }
  }

  async function sortInTurns(): Promise<SortedRows> {
    for (let from = 0; from < received.length; from += SLICE_ROWS) {
      if (from > 0) await new Promise(setImmediate);
      sortSlice(from);
    }
    return sorted;
  }

  if (received.length > SLICE_ROWS) return sortInTurns();
  sortSlice(0);
  return sorted;
}
