/** The points at which `tests/setup/dying-handler.ts` kills itself once, on the way of a raw intake. */
export const rawIntakeDeaths = ["kept, not answered", "claimed", "facts on disk, not told", "settled"] as const;
/** One of {@link rawIntakeDeaths}. */
export type RawIntakeDeath = (typeof rawIntakeDeaths)[number];
