import { LONGEST_KEY } from "../conversion/purchase-key.ts";
import type { EmitOptions } from "../plugin/source-context.ts";

/**
 * Refuses what no sender's data may lead to, but a plugin's mistake.
 * @throws {TypeError} a list beside the facts is longer or shorter than they are, or a key is empty or too long
 */
export function checkEmit(facts: readonly unknown[], { keys }: EmitOptions): void {
  if (keys !== undefined) checkLength("keys", keys, facts);
  const bad = keys?.findIndex((key) => key !== null && (key === "" || key.length > LONGEST_KEY)) ?? -1;
  if (bad === -1) return;
  const length = keys?.[bad]?.length ?? 0;
  throw new TypeError(
    `emit: keys[${bad}] has ${length} characters; a key has 1 to ${LONGEST_KEY}. Where a fact has none, give null.`,
  );
}

function checkLength(name: string, list: readonly unknown[], facts: readonly unknown[]): void {
  if (list.length === facts.length) return;
  throw new TypeError(
    `emit: ${name} has ${list.length} entries for ${facts.length} facts. Give one for each fact, null where there is none.`,
  );
}
