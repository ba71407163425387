import Big from "big.js";
import type { Deal } from "./deal.ts";
import { findValue } from "./find-value.ts";
import type { PriceRule } from "./mapping.ts";

const DECIMAL = /^\d+(?:\.\d+)?$/;
const ZERO = /^0+(?:\.0+)?$/;

/**
 * The price of a deal's conversion, exact; a share is rounded half up to two digits. What is not a decimal is handed on as it stands:
 * the sink refuses it and says how to mend it.
 * @returns null when there is none
 */
export function priceOf(
  rule: PriceRule,
  zeroPrice: "absent" | "sent",
  deal: Pick<Deal, "price" | "fields">,
): string | null {
  if (rule.from === "none") return null;
  if (rule.from === "constant") return rule.amount;
  const amount = "field" in rule && rule.field !== undefined ? findValue(deal.fields, [rule.field]) : deal.price;
  if (amount === null || amount === "" || (zeroPrice === "absent" && ZERO.test(amount))) return null;
  return rule.from === "share" && DECIMAL.test(amount) ? shareOf(amount, rule.percent) : amount;
}

function shareOf(amount: string, percent: string): string {
  return new Big(amount).times(percent).times("0.01").round(2, Big.roundHalfUp).toFixed();
}
