import { distance } from "fastest-levenshtein";
import type { FindingPhrase } from "./finding-phrases.ts";
import type { Finding } from "./findings.ts";
import type { Report } from "./report.ts";
import { showValue } from "./show-value.ts";

const FIELDS = ["client_id", "user_id", "yclid", "purchase_id", "target", "date_time", "price", "currency"] as const;
const IDENTIFIERS: ReadonlySet<string> = new Set(["client_id", "user_id", "yclid", "purchase_id"]);
const known: ReadonlySet<string> = new Set(FIELDS);

const BARE_FIELDS = FIELDS.map((field): readonly [string, string] => [bare(field), field]);

/** Other names of the fields, bare: letters and digits in lower case. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ...BARE_FIELDS,
  ["ymuid", "client_id"],
  ["ymclientid", "client_id"],
  ["metrikaclientid", "client_id"],
  ["cid", "client_id"],
  ["clid", "yclid"],
  ["uid", "user_id"],
  ["customerid", "user_id"],
  ["orderid", "purchase_id"],
  ["transactionid", "purchase_id"],
  ["goal", "target"],
  ["goalid", "target"],
  ["date", "date_time"],
  ["time", "date_time"],
  ["timestamp", "date_time"],
  ["revenue", "price"],
  ["amount", "price"],
  ["sum", "price"],
]);

const LONGEST_COMPARED = 40;
const MOST_MISSPELLINGS = 2;

/** At most so many unknown fields of one row are told: a row with a million of them must not cost a million sentences. */
export const MOST_UNKNOWN_FIELDS = 10;

/** The same few names come with every row of a sender, so their findings are kept. */
const MOST_KEPT = 1000;
const kept = new Map<string, Finding>();

/** Warns about the fields of a row that no conversion has, naming the field that was probably meant. */
export function warnOfUnknownFields(row: object, report: Report): void {
  let told = 0;
  for (const key of Object.keys(row)) {
    if (known.has(key)) continue;
    if (told === MOST_UNKNOWN_FIELDS) return;
    report.warn(unknownField(key));
    told += 1;
  }
}

/** The fields of a row that look like misspelt identifiers: "clientId → client_id, ym_uid → client_id", or "". */
export function similarIdentifiers(row: object): string {
  const similar: string[] = [];
  for (const key of Object.keys(row)) {
    const nearest = known.has(key) ? null : nearestField(key);
    if (nearest !== null && IDENTIFIERS.has(nearest)) similar.push(`${showValue(key)} → ${nearest}`);
    if (similar.length === MOST_UNKNOWN_FIELDS) break;
  }
  return similar.join(", ");
}

function unknownField(key: string): Finding {
  const before = kept.get(key);
  if (before !== undefined) return before;
  const nearest = nearestField(key);
  const mend: FindingPhrase = nearest === null ? "field_ignored" : "field_similar";
  const finding: Finding = { code: "unknown_field", field: showValue(key), params: { mend, nearest: nearest ?? "" } };
  if (kept.size >= MOST_KEPT) kept.clear();
  if (key.length <= LONGEST_COMPARED) kept.set(key, finding);
  return finding;
}

function nearestField(key: string): string | null {
  if (key.length > LONGEST_COMPARED) return null;
  const name = bare(key);
  const alias = ALIASES.get(name);
  if (alias !== undefined) return alias;
  const similar = BARE_FIELDS.find(([spelling]) => isMisspelt(name, spelling));
  return similar === undefined ? null : similar[1];
}

/** The lengths are compared first: they rule out most names for a tenth of the price. */
function isMisspelt(name: string, spelling: string): boolean {
  return (
    name.length > MOST_MISSPELLINGS &&
    Math.abs(name.length - spelling.length) <= MOST_MISSPELLINGS &&
    distance(name, spelling) <= MOST_MISSPELLINGS
  );
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
