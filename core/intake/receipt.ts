import type { Conversion, Finding } from "../conversion/conversion.ts";
import { findingSentences } from "../conversion/findings.ts";
import { blanksOf } from "../language.ts";
import type { BatchStore, DuplicateRow, RejectedRow, RowWarning } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";

/** A refused row: its index in the request and all its faults, the main one first. */
export interface Rejection {
  readonly row: number;
  readonly findings: readonly [Finding, ...Finding[]];
}

/** The answer to an intake. `accepted + duplicates + rejections = received`. */
export interface Receipt {
  /** Null when nothing was stored: a dry run, or a strict request with a bad row. */
  readonly batchUuid: string | null;
  readonly received: number;
  readonly accepted: number;
  readonly duplicates: readonly DuplicateRow[];
  readonly rejections: readonly Rejection[];
  readonly warnings: readonly RowWarning[];
  /** True when the same request, known by its idempotency key, was answered before. */
  readonly repeated: boolean;
  /** The valid rows in canonical form; filled by a dry run only. */
  readonly conversions: readonly { readonly row: number; readonly conversion: Conversion }[];
}

/** What is kept, sealed, of a refused row. */
interface SealedRejection {
  readonly findings: readonly [Finding, ...Finding[]];
  /** The row as JSON text; null when it was too long to keep, or withheld. */
  readonly received: string | null;
}

/** Stands for a row that must not be kept, whatever it holds. */
export const WITHHELD = Symbol("withheld");

/** Longer rows are no sales; they are refused with their reason, but not kept. In characters. */
const LONGEST_KEPT = 8192;

/** A stored refused row, opened. */
export interface StoredRejection extends Rejection {
  /** The row as it came, as JSON text; null when it has expired, was too long to keep or withheld. */
  readonly received: string | null;
}

const contextOf = (sourceUuid: string, row: number) => `rejected:${sourceUuid}:${row}`;

/**
 * Seals a refused row for storage: what was received may hold personal data.
 * @param received the row, or {@link WITHHELD}
 */
export function sealRejection(vault: Vault, sourceUuid: string, rejection: Rejection, received: unknown): RejectedRow {
  const [{ code, field }] = rejection.findings;
  const text = received === WITHHELD ? null : (JSON.stringify(received) ?? "null");
  const content: SealedRejection = {
    findings: rejection.findings,
    received: text !== null && text.length <= LONGEST_KEPT ? text : null,
  };
  return {
    row: rejection.row,
    code,
    field,
    sealed: vault.seal(JSON.stringify(content), contextOf(sourceUuid, rejection.row)),
  };
}

/** Opens a stored refused row. After its content expired only code and field are known. */
export function openRejection(vault: Vault, sourceUuid: string, stored: RejectedRow): StoredRejection {
  if (stored.sealed === null) {
    const code = stored.code as Finding["code"];
    return {
      row: stored.row,
      findings: [{ code, field: stored.field, params: paramsForgotten(code) }],
      received: null,
    };
  }
  const content: SealedRejection = JSON.parse(vault.open(stored.sealed, contextOf(sourceUuid, stored.row)));
  return { row: stored.row, ...content };
}

/** Stands for each value that is no longer known, so that no reader meets a sentence with open blanks. */
function paramsForgotten(code: Finding["code"]): Finding["params"] {
  const names = blanksOf(findingSentences[code].en).filter((name) => name !== "field");
  return Object.fromEntries(names.map((name) => [name, "…"]));
}

/** Rebuilds the first answer to a request from what was stored with its batch. */
export async function rebuildReceipt(batches: BatchStore, vault: Vault, batchId: number): Promise<Receipt> {
  const batch = await batches.get(batchId);
  if (!batch) throw new Error(`Batch ${batchId} of an idempotency key is gone.`);
  const rejected = await batches.rejectedOf(batchId);
  const duplicates = await batches.duplicatesOf(batchId);
  return {
    batchUuid: batch.uuid,
    received: batch.total,
    accepted: batch.total - batch.duplicates - batch.rejected,
    duplicates,
    rejections: rejected.map((stored) => {
      const { row, findings } = openRejection(vault, batch.sourceUuid, stored);
      return { row, findings };
    }),
    warnings: batch.warnings,
    repeated: true,
    conversions: [],
  };
}
