import type { MetrikaSimulator } from "../../core/metrika/simulator/simulator.ts";

/** Who, what, when: what Metrika counts a conversion by. */
interface Told {
  readonly identifier: string;
  readonly target: string;
  /** Unix seconds. */
  readonly dateTime: number;
}

/** How the ledger differs from what senders were promised; all empty when every promise was kept. */
export interface Difference {
  /** Acknowledged, and not counted. */
  readonly lost: readonly string[];
  /** Counted under more than one counter or kind of identifier. */
  readonly twice: readonly string[];
  /** Counted, and never acknowledged: another visitor, target or second than any that was told. */
  readonly strange: readonly string[];
}

/** Every promise kept. */
export const whole: Difference = { lost: [], twice: [], strange: [] };

/**
 * Compares, one by one, the conversions that were acknowledged with those that Metrika counts, by (identifier, target,
 * second).
 * @param conversions as they were posted, one of each
 * @param perhaps posted without an answer: they may be counted or not
 */
export function differenceOf(
  { ledger }: MetrikaSimulator,
  conversions: Iterable<object>,
  perhaps: Iterable<object> = [],
): Difference {
  const missing = new Set<string>();
  for (const conversion of conversions) missing.add(keyOf(toldBy(conversion)));
  const promised = new Set(missing);
  const possible = new Set(Array.from(perhaps, (conversion) => keyOf(toldBy(conversion))));
  const seen = new Set<string>();
  const twice: string[] = [];
  const strange: string[] = [];
  for (const counted of ledger.each()) {
    const key = keyOf(counted);
    missing.delete(key);
    if (seen.has(key)) twice.push(key);
    seen.add(key);
    if (!promised.has(key) && !possible.has(key)) strange.push(key);
  }
  return { lost: [...missing], twice, strange };
}

const keyOf = ({ identifier, target, dateTime }: Told) => `${identifier} ${target} ${dateTime}`;

/** The strongest identifier first, as Metrika reads a row. */
function toldBy(conversion: object): Told {
  const { client_id, yclid, user_id, purchase_id, target, date_time } = conversion as Readonly<Record<string, unknown>>;
  const dateTime = typeof date_time === "number" ? date_time : Math.floor(Date.parse(String(date_time)) / 1000);
  return { identifier: String(client_id ?? yclid ?? user_id ?? purchase_id), target: String(target), dateTime };
}
