import { strongestIdentifier } from "../../conversion/natural-key.ts";
import { type ConversionColumns, toConversion } from "./to-conversion.ts";

/** Farther back a sale could come to lie before the visit it belongs to, and Metrika would not link it. */
export const FARTHEST_SECONDS = 30;

/** A row of the same second and counter. */
export interface Neighbour {
  readonly id: number;
  readonly target: string;
  readonly client_id: string;
  readonly user_id: string;
  readonly yclid: string;
  readonly purchase_id: string;
}

/** A fact with what it is known by, and which of that its file tells. */
export interface IdentifiedFact extends ConversionColumns {
  readonly identifiers: "all" | "best";
}

/** Whether Metrika may take the two for one. */
export function isNamesake(a: Neighbour, b: Neighbour): boolean {
  return (
    a.target === b.target &&
    ((a.client_id !== "" && a.client_id === b.client_id) ||
      (a.user_id !== "" && a.user_id === b.user_id) ||
      (a.yclid !== "" && a.yclid === b.yclid) ||
      (a.purchase_id !== "" && a.purchase_id === b.purchase_id))
  );
}

/** By what Metrika may know a fact, as far as its file tells. */
export function identitiesOf(fact: IdentifiedFact): readonly number[] {
  const { target, client_id, user_id, yclid, purchase_id } = fact;
  if (fact.identifiers === "best") {
    const { kind, value } = strongestIdentifier(toConversion(fact));
    return [identityOf(target, kind, value)];
  }
  return Object.entries({ client_id, user_id, yclid, purchase_id })
    .filter(([, value]) => value !== "")
    .map(([kind, value]) => identityOf(target, kind, value));
}

/** A number in place of the text spares four fifths of the memory. Should two texts meet, a sale moves by a second for nothing. */
function identityOf(target: string, kind: string, value: string): number {
  return Number(BigInt.asUintN(53, BigInt(Bun.hash(`${target}\n${kind}\n${value}`))));
}
