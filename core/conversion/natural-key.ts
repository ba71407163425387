import type { Conversion, IdentifierKind } from "./conversion.ts";

/** What a conversion is known by in Metrika: one of its identifiers. */
export interface Identifier {
  readonly kind: IdentifierKind;
  readonly value: string;
}

/** From the strongest identifier to the weakest: a visitor, a click, a visitor known to the site, a purchase. */
export const identifierKinds = [
  "client_id",
  "yclid",
  "user_id",
  "purchase_id",
] as const satisfies readonly IdentifierKind[];

/** Whether two conversions state the same revenue; prices and currencies are canonical, so equal texts are equal amounts. */
export function sameRevenue(
  a: Pick<Conversion, "price" | "currency">,
  b: Pick<Conversion, "price" | "currency">,
): boolean {
  return a.price === b.price && a.currency === b.currency;
}

/**
 * The strongest identifier that a conversion has.
 *
 * @throws RangeError for a conversion without any identifier, which normalisation never lets through.
 */
export function strongestIdentifier(conversion: Conversion): Identifier {
  for (const kind of identifierKinds) {
    const value = identifierOf(conversion, kind);
    if (value !== "") return { kind, value };
  }
  throw new RangeError("A conversion must have an identifier");
}

function identifierOf(conversion: Conversion, kind: IdentifierKind): string {
  switch (kind) {
    case "client_id":
      return conversion.clientId;
    case "yclid":
      return conversion.yclid;
    case "user_id":
      return conversion.userId;
    case "purchase_id":
      return conversion.purchaseId;
  }
}
