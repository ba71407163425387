/** The only row of an answer that has at most one. */
export const first = <T>(rows: readonly T[]): T | null => rows[0] ?? null;
