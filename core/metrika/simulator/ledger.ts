import { type IdentifierKind, type Identity, identifierKinds } from "./settings.ts";
import type { KeptConversion, Uploading } from "./uploading.ts";

/** One conversion that Metrika counts, and how it came to be. */
export interface LedgerConversion {
  readonly counterId: number;
  readonly identifierKind: IdentifierKind;
  readonly identifier: string;
  readonly target: string;
  /** Unix seconds. */
  readonly dateTime: number;
  /** The price last written; null when none, or when its currency is not supported. */
  readonly price: string | null;
  readonly currency: string | null;
  /** Rows that said this; more than one does not count it twice, it overwrites. */
  readonly timesUploaded: number;
  readonly uploadingIds: readonly string[];
  readonly outcome: KeptConversion["outcome"];
}

/** Which conversions to count; what is left out may be anything. */
export interface ConversionQuery {
  readonly identifier: string;
  readonly identifierKind?: IdentifierKind;
  readonly target?: string;
  readonly dateTime?: number;
  readonly counterId?: number;
}

/** A row that is about to be kept. */
export interface RowToKeep {
  readonly identity: Identity;
  readonly target: string;
  readonly dateTime: number;
  readonly price: string | null;
  readonly currency: string | null;
}

/** The books of the simulator: what Metrika would count, and from which files. */
export interface Ledger {
  /** Conversions counted: different pairs of counter, identifier, target and second. */
  readonly total: number;
  /** Rows taken, repeats included. */
  readonly rows: number;
  readonly files: readonly Uploading[];
  conversions(): readonly LedgerConversion[];
  /** The same, one at a time: for a million of them. */
  each(): Generator<LedgerConversion, void>;
  /** How many conversions fit. A sale counted once gives 1, however often it was uploaded. */
  countOf(query: ConversionQuery): number;
  /** How many rows that fit have been uploaded. */
  timesUploaded(query: ConversionQuery): number;
}

/** The side of the ledger that only the simulator writes to. */
export interface LedgerBook extends Ledger {
  addFile(uploading: Uploading): void;
  /** Keeps a row under (counter, identifier, target, second): the last price wins. */
  keep(row: RowToKeep, uploading: Uploading): KeptConversion;
}

/** Empty books. */
export function createLedger(): LedgerBook {
  // Two steps instead of one long key: a visitor has few conversions, so the inner search is short, and a question
  // about one visitor needs no walk over a million rows.
  const byIdentity = new Map<string, KeptConversion | KeptConversion[]>();
  const counterIds = new Set<number>();
  const files: Uploading[] = [];
  let total = 0;
  let rows = 0;

  function found(query: ConversionQuery): KeptConversion[] {
    const kinds = query.identifierKind === undefined ? identifierKinds : [query.identifierKind];
    const counters = query.counterId === undefined ? [...counterIds] : [query.counterId];
    return counters
      .flatMap((counterId) => kinds.map((kind) => keyOf({ counterId, kind, identifier: query.identifier })))
      .flatMap((key) => byIdentity.get(key) ?? [])
      .filter((it) => query.target === undefined || it.target === query.target)
      .filter((it) => query.dateTime === undefined || it.dateTime === query.dateTime);
  }

  function* each(): Generator<LedgerConversion, void> {
    for (const kept of byIdentity.values()) {
      if (Array.isArray(kept)) yield* kept.map(entryOf);
      else yield entryOf(kept);
    }
  }

  return {
    files,
    each,
    conversions: () => [...each()],
    get total() {
      return total;
    },
    get rows() {
      return rows;
    },
    countOf: (query) => found(query).length,
    timesUploaded: (query) => found(query).reduce((sum, it) => sum + it.timesUploaded, 0),
    addFile: (uploading) => void files.push(uploading),
    keep(row, uploading) {
      rows++;
      counterIds.add(row.identity.counterId);
      const key = keyOf(row.identity);
      const others = byIdentity.get(key);
      const same = [others ?? []].flat().find((it) => it.target === row.target && it.dateTime === row.dateTime);
      if (same !== undefined) {
        overwrite(same, row, uploading);
        return same;
      }
      total++;
      const { counterId, kind, identifier } = row.identity;
      const { target, dateTime, price, currency } = row;
      const kept: KeptConversion = {
        ...{ counterId, kind, identifier, target, dateTime, price, currency },
        ...{ timesUploaded: 1, firstUploading: uploading, laterUploadings: null, outcome: "pending" },
      };
      if (others === undefined) byIdentity.set(key, kept);
      else if (Array.isArray(others)) others.push(kept);
      else byIdentity.set(key, [others, kept]);
      return kept;
    },
  };
}

function overwrite(kept: KeptConversion, row: RowToKeep, uploading: Uploading): void {
  kept.price = row.price;
  kept.currency = row.currency;
  kept.timesUploaded++;
  kept.outcome = "pending";
  kept.laterUploadings ??= [];
  kept.laterUploadings.push(uploading);
}

function keyOf({ counterId, kind, identifier }: Identity): string {
  return `${counterId} ${kind} ${identifier}`;
}

function entryOf(kept: KeptConversion): LedgerConversion {
  const { counterId, identifier, target, dateTime, price, currency, timesUploaded, outcome } = kept;
  const uploadings = [kept.firstUploading, ...(kept.laterUploadings ?? [])];
  const uploadingIds = [...new Set(uploadings.map((uploading) => uploading.id))];
  return {
    ...{ counterId, identifierKind: kept.kind, identifier, target, dateTime, price, currency },
    ...{ timesUploaded, uploadingIds, outcome },
  };
}
