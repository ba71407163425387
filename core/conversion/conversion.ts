import type { Finding } from "./findings.ts";

export type { Finding } from "./findings.ts";

/** The columns by which Metrika can recognise a visitor, by their names in JSON. */
export type IdentifierKind = "client_id" | "yclid" | "user_id" | "purchase_id";

/** The normalized conversion: one fact in its canonical spelling, so that equal facts are equal field by field. */
export interface Conversion {
  /** The goal's event identifier (neither its number nor its name). */
  readonly target: string;
  /** Unix seconds, UTC. */
  readonly dateTime: number;
  /** Metrika's visitor id; this and the next three are "" when absent, and at least one is not. */
  readonly clientId: string;
  readonly userId: string;
  readonly yclid: string;
  readonly purchaseId: string;
  /** A decimal without exponent, sign, leading zeros and trailing fractional zeros ("1500", "0.5", "0"), or null. */
  readonly price: string | null;
  /** ISO 4217 in upper case; "" when price is null. */
  readonly currency: string;
}

/** A sale of which nothing but an identifier is missing. */
export type NamelessSale = Pick<Conversion, "target" | "dateTime" | "price" | "currency">;

/** What became of one received row: a conversion with its warnings, or all of its faults, the main one first. */
export type NormalisedRow =
  | { readonly ok: true; readonly conversion: Conversion; readonly warnings: readonly Finding[] }
  | {
      readonly ok: false;
      readonly findings: readonly [Finding, ...Finding[]];
      /** Where `no_identifier` is all that is wrong. */
      readonly nameless?: NamelessSale;
    };
