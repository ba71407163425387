import { type ContactTexts, hashContact } from "../conversion/contact.ts";
import type { NamelessSale, NormalisedRow } from "../conversion/conversion.ts";
import { normaliseConversion } from "../conversion/normalise.ts";
import { givenKey, LONGEST_KEY, purchaseKey } from "../conversion/purchase-key.ts";
import { showValue } from "../conversion/show-value.ts";
import { contactKey, namelessKey } from "../conversion/unidentified-key.ts";
import type { IntakeRow, RejectedRow, RowWarning, SourceRecord, UnidentifiedSale } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";
import { warnOfGoal } from "./known-targets.ts";
import { type Rejection, sealRejection, WITHHELD } from "./receipt.ts";

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
  readonly unidentified: readonly UnidentifiedSale[];
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
  /** See `AcceptOptions.contacts`; null where sales are not kept by them. */
  readonly contacts: readonly (ContactTexts | null)[] | null;
}

/** What a sale that is kept by its buyer's contact is refused with. */
const KEPT_BY_CONTACT = { code: "kept_by_contact", field: "client_id", params: {} } as const;

/** A row whose key is too long is refused for it, whatever else it is. */
function withKey(key: string | null, normalised: NormalisedRow): NormalisedRow {
  if (key === null || key.length <= LONGEST_KEY) return normalised;
  const params = { value: showValue(key), length: key.length, limit: LONGEST_KEY };
  const fault = { code: "too_long", field: "key", params } as const;
  return { ok: false, findings: normalised.ok ? [fault] : [...normalised.findings, fault] };
}

/**
 * Splits the received rows into conversions and refusals: up to {@link SLICE_ROWS} at once, more of them letting other
 * requests run in between.
 */
export function sortOut(
  { vault, now }: SortDeps,
  { source, counterId, goals, keepRefused, keys, contacts }: Judging,
  received: readonly unknown[],
): SortedRows | Promise<SortedRows> {
  const options = {
    timeZone: source.timeZone,
    defaultCurrency: source.defaultCurrency,
    allowPersonalUserId: source.options.allowPersonalUserId,
    now: now(),
  };
  const teller = { id: source.id, workspaceId: source.workspaceId, counterId };
  const given = source.options.dedupeBy === "purchase" ? keys : null;
  const rows: IntakeRow[] = [];
  const rejections: Rejection[] = [];
  const rejected: RejectedRow[] = [];
  const unidentified: UnidentifiedSale[] = [];
  const warnings: RowWarning[] = [];
  const sorted: SortedRows = { rows, rejections, rejected, unidentified, warnings };
  /** How many sales that name nobody are alike so far. */
  const alike = new Map<string, number>();

  function sortSlice(from: number): void {
    const end = Math.min(from + SLICE_ROWS, received.length);
    for (let row = from; row < end; row++) {
      const key = given?.[row] ?? null;
      const normalised = withKey(key, normaliseConversion(received[row], options));
      if (normalised.ok) {
        const { conversion } = normalised;
        const keyHash =
          key === null ? purchaseKey(vault, teller, conversion) : givenKey(vault, teller, conversion.target, key);
        rows.push({ row, conversion, keyHash });
        for (const warning of normalised.warnings) warnings.push({ row, ...warning });
        const missing = goals && warnOfGoal(conversion.target, goals);
        if (missing) warnings.push({ row, ...missing });
      } else {
        const { findings, nameless } = normalised;
        const sale = nameless ? unidentifiedSale(row, nameless) : null;
        const isKept = sale !== null && sale.contact !== null;
        const rejection: Rejection = { row, findings: isKept ? [KEPT_BY_CONTACT] : findings };
        rejections.push(rejection);
        if (!keepRefused) continue;
        // What is kept of such a sale is the hashes: whatever else the row holds may be the contact itself.
        rejected.push(sealRejection(vault, source.uuid, rejection, isKept ? WITHHELD : received[row]));
        if (sale) unidentified.push(sale);
      }
    }
  }

  function unidentifiedSale(row: number, sale: NamelessSale): UnidentifiedSale {
    const texts = contacts?.[row] ?? null;
    const hashes = texts && hashContact(texts);
    const contact = hashes && { ...sale, ...hashes };
    const key = given?.[row] ?? null;
    if (key !== null) return { keyHash: givenKey(vault, teller, sale.target, key), contact };
    if (hashes) return { keyHash: contactKey(vault, teller, sale, hashes), contact };
    const look = `${sale.target}\n${sale.dateTime}\n${sale.price}\n${sale.currency}`;
    const nth = alike.get(look) ?? 0;
    alike.set(look, nth + 1);
    return { keyHash: namelessKey(vault, teller, sale, nth), contact };
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
