import { ProblemError } from "../plugin/problem.ts";
import type { EmitOptions } from "../plugin/source-context.ts";
import type { SourceRecord } from "../store/store.ts";

/**
 * Refuses a call of `emit` that would take facts amiss.
 * @throws {ProblemError} `counter_not_allowed`: the source may not send to the counter
 * @throws {TypeError} a plugin's mistake, which no sender's data may lead to: a list beside the facts is longer or shorter than they are, or a key is empty
 */
export function checkEmit(
  { counterId: own, options: { counters } }: Pick<SourceRecord, "counterId" | "options">,
  facts: readonly unknown[],
  { keys, contacts, counterId = own }: EmitOptions,
): void {
  if (counterId !== own && !counters.includes(counterId)) {
    throw new ProblemError("counter_not_allowed", { counter_id: counterId, allowed: [own, ...counters].join(", ") });
  }
  if (keys !== undefined) checkLength("keys", keys, facts);
  if (contacts !== undefined) checkLength("contacts", contacts, facts);
  const empty = keys?.indexOf("") ?? -1;
  if (empty !== -1) throw new TypeError(`emit: keys[${empty}] is empty. Where a fact has no key, give null.`);
}

function checkLength(name: string, list: readonly unknown[], facts: readonly unknown[]): void {
  if (list.length === facts.length) return;
  throw new TypeError(
    `emit: ${name} has ${list.length} entries for ${facts.length} facts. Give one for each fact, null where there is none.`,
  );
}
