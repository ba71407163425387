/** The points at which a gateway can be made to die; `tests/setup/dying-gateway.ts` kills itself there once. */
export const deaths = [
  "file built",
  "half of the body sent",
  "upload answered",
  "upload recorded",
  "poll answered",
  "list read for a lost answer",
  "goals answered",
  "goal created",
  "one page placed",
  "all placed, nothing sealed",
] as const;
/** One of {@link deaths}. */
export type Death = (typeof deaths)[number];
