import type { Deal } from "./deal.ts";
import { findValue } from "./find-value.ts";
import type { DealMapping } from "./mapping.ts";

/** Zeros are what CRMs put for "nobody". */
const DIGITS = /^(?=.*[1-9])\d{1,256}$/;
const TWO_NUMBERS = /^\d{1,127}\.\d{1,128}$/;
const VISIBLE_ASCII = /^[!-~]{1,256}$/;

/** Identifiers of a deal's visitor, by their names in a conversion; those that nobody has filled in are absent. */
export interface DealIdentifiers {
  readonly client_id?: string;
  readonly yclid?: string;
  readonly user_id?: string;
}

/**
 * Who the visitor was, by the fields that the mapping names. A ClientID is digits; two numbers with a dot between them are Google's
 * more often than not, so they are taken only where nothing else is known, and the sink warns of them.
 */
export function identifiersOf({ identifiers }: Pick<DealMapping, "identifiers">, { fields }: Deal): DealIdentifiers {
  const clientId = findValue(fields, identifiers.client_id ?? [], (it) => DIGITS.test(it));
  const yclid = findValue(fields, identifiers.yclid ?? [], (it) => DIGITS.test(it));
  const userId = findValue(fields, identifiers.user_id ?? [], (it) => VISIBLE_ASCII.test(it) && !/^0+$/.test(it));
  if (clientId === null && yclid === null && userId === null) {
    const doubtful = findValue(fields, identifiers.client_id ?? [], (it) => TWO_NUMBERS.test(it));
    return doubtful === null ? {} : { client_id: doubtful };
  }
  return {
    ...(clientId !== null && { client_id: clientId }),
    ...(yclid !== null && { yclid }),
    ...(userId !== null && { user_id: userId }),
  };
}
