import * as v from "valibot";
import type { SourceContext } from "./source-context.ts";

/** As it is kept in the source's state; `at` in Unix milliseconds. */
const Remembered = v.object({ at: v.number(), value: v.unknown() });

/** What is asked of a CRM once in a while: its currency, the names of its stages. */
export interface RememberOptions<Value> {
  /** Under which it is kept in the source's state. */
  readonly name: string;
  /** What is kept and does not fit is asked for anew. */
  readonly schema: v.GenericSchema<unknown, Value>;
  /** How long an answer holds, in milliseconds. */
  readonly forMs: number;
  readonly ask: () => Promise<Value>;
}

/** What was asked within the given time, else the answer of now, which is kept. Throws what `ask` does. */
export async function remembered<Value>(
  { state, now }: Pick<SourceContext<unknown>, "state" | "now">,
  { name, schema, forMs, ask }: RememberOptions<Value>,
): Promise<Value> {
  const at = now().getTime();
  const kept = v.safeParse(Remembered, await state.get(name));
  if (kept.success && kept.output.at <= at && at - kept.output.at < forMs) {
    const known = v.safeParse(schema, kept.output.value);
    if (known.success) return known.output;
  }
  const value = await ask();
  await state.set(name, { at, value });
  return value;
}
