import { normaliseConversion } from "../conversion/normalise.ts";
import { purchaseKey } from "../conversion/purchase-key.ts";
import type { IntakeRow, RejectedRow, RowWarning, SourceRecord } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";
import { type KnownTargets, warnOfGoal } from "./known-targets.ts";
import { type Rejection, sealRejection } from "./receipt.ts";

/** Rows that are worked on in one go, so that a sender of 100,000 rows does not hold the others up. */
export const SLICE_ROWS = 2000;

interface SortDeps {
  readonly vault: Vault;
  readonly targets: KnownTargets;
  readonly now: () => number;
}

/** The received rows, each on its way: into the store, or back to the sender. */
export interface SortedRows {
  readonly rows: readonly IntakeRow[];
  readonly rejections: readonly Rejection[];
  readonly rejected: readonly RejectedRow[];
  readonly warnings: readonly RowWarning[];
}

/**
 * Splits the received rows into conversions and refusals, letting other requests run in between.
 * @param keepRefused whether refused rows will be stored, sealed
 */
export async function sortOut(
  deps: SortDeps,
  source: SourceRecord,
  received: readonly unknown[],
  batchUuid: string,
  keepRefused: boolean,
): Promise<SortedRows> {
  const options = {
    timeZone: source.timeZone,
    defaultCurrency: source.defaultCurrency,
    allowPersonalUserId: source.options.allowPersonalUserId,
    now: deps.now(),
  };
  const goals = source.options.createMissingGoals ? null : await deps.targets(source);
  const rows: IntakeRow[] = [];
  const rejections: Rejection[] = [];
  const rejected: RejectedRow[] = [];
  const warnings: RowWarning[] = [];
  for (let row = 0; row < received.length; row++) {
    if (row > 0 && row % SLICE_ROWS === 0) await new Promise(setImmediate);
    const normalised = normaliseConversion(received[row], options);
    if (normalised.ok) {
      rows.push({
        row,
        conversion: normalised.conversion,
        keyHash: purchaseKey(deps.vault, source, normalised.conversion),
      });
      for (const warning of normalised.warnings) warnings.push({ row, ...warning });
      const missing = goals && warnOfGoal(normalised.conversion.target, goals);
      if (missing) warnings.push({ row, ...missing });
    } else {
      const rejection: Rejection = { row, findings: normalised.findings };
      rejections.push(rejection);
      if (keepRefused) rejected.push(sealRejection(deps.vault, batchUuid, rejection, received[row]));
    }
  }
  return { rows, rejections, rejected, warnings };
}
