/** Fields of something, as they are written down. */
export type Fields = Readonly<Record<string, unknown>>;

/** What a change has changed: the fields that differ, as they were and as they are. */
export interface ChangedFields {
  readonly before: Fields;
  readonly after: Fields;
}

/**
 * The fields that differ between two states of one thing; null when none does. A field that only one state has is told as
 * null in the other.
 */
export function changedFields(before: Fields, after: Fields): ChangedFields | null {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.filter((name) => !Bun.deepEquals(before[name] ?? null, after[name] ?? null));
  if (changed.length === 0) return null;
  const only = (state: Fields): Fields => Object.fromEntries(changed.map((name) => [name, state[name] ?? null]));
  return { before: only(before), after: only(after) };
}
