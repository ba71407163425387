import type { FileRow } from "./file-rows.ts";
import type { RowToKeep } from "./ledger.ts";
import type { IdentifierKind, Identity } from "./settings.ts";

const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));

/** A row whose cells are good: under its strongest identifier, with the weaker ones beside it. */
export interface CheckedRow extends RowToKeep {
  readonly weaker: readonly Identity[];
}

/** What a row is checked against. */
export interface RowRules {
  readonly counterId: number;
  /** Unix seconds; a later row is refused. */
  readonly nowSeconds: number;
  /** All four kinds, strongest first. */
  readonly identifierPriority: readonly IdentifierKind[];
  /** Whether identifiers beside the strongest are of use. */
  readonly keepWeaker: boolean;
  readonly emptyCurrency: string;
}

/** The row, or in one phrase what is wrong with it. */
export function checkRow(row: FileRow, rules: RowRules): CheckedRow | string {
  const [identity, ...others] = identitiesOf(row, rules);
  if (identity === undefined) return "no identifier";
  if (row.target === "") return "no target";
  if (!/^\d{1,11}$/.test(row.dateTime)) return "DateTime is not a number of seconds";
  const dateTime = Number(row.dateTime);
  if (dateTime > rules.nowSeconds) return "DateTime is in the future";
  if (!/^(\d+(\.\d+)?)?$/.test(row.price)) return "Price is not a number";
  const weaker = others.length === 0 ? NONE : others;
  return { identity, weaker, target: row.target, dateTime, ...amountOf(row, rules.emptyCurrency) };
}

// One for all: a million rows would otherwise hold a million empty lists.
const NONE: readonly Identity[] = [];

function identitiesOf({ identifiers }: FileRow, { counterId, identifierPriority, keepWeaker }: RowRules): Identity[] {
  const found: Identity[] = [];
  for (const kind of identifierPriority) {
    const identifier = identifiers[kind];
    if (identifier === undefined) continue;
    found.push({ counterId, kind, identifier });
    if (!keepWeaker) break;
  }
  return found;
}

/** An unsupported currency takes the amount with it. https://yandex.com/support/metrica/en/data/offline-conversion-data */
function amountOf(
  row: FileRow,
  emptyCurrency: string,
): { readonly price: string | null; readonly currency: string | null } {
  if (row.price === "") return { price: null, currency: null };
  const currency = row.currency === "" ? emptyCurrency : row.currency.toUpperCase();
  return CURRENCIES.has(currency) ? { price: row.price, currency } : { price: null, currency: null };
}
