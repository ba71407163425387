import { demo } from "../../core/metrika/simulator/demo-data.ts";
import sales from "./sales.json" with { type: "text" };

const DAY_MS = 86_400_000;
/** TypeScript takes it for what is in the file, whatever the attribute says. */
const TEMPLATE = sales as unknown as string;

/** The goal that one of the sales names and the counter lacks. */
export const missingGoal = { identifier: "repeat_purchase", name: "Повторная покупка" } as const;

/** What must become of the sales; the demo fails if anything else does. */
export const salesExpected = {
  total: 20,
  accepted: 17,
  duplicates: 1,
  rejected: 2,
  /** All but the one whose visitor nobody has seen and the one whose goal is missing. */
  linked: 15,
} as const;

/**
 * The body of the CRM's request, as text: what stands in the file goes out digit for digit. `{-2d}` in it is the date two
 * days ago in the counter's zone, so that the sales follow the simulator's visits whenever the demo runs.
 */
export function salesBody(now: number): string {
  const date = new Intl.DateTimeFormat("sv-SE", { timeZone: demo.timeZone });
  return TEMPLATE.replace(/\{-(\d+)d\}/g, (_, days: string) => date.format(now - Number(days) * DAY_MS));
}
