import type { UploadState } from "../store/store.ts";

/**
 * The state machine of an upload. A state may be written again with new facts; any other move must stand here.
 * `failed` means that Metrika took nothing; `uncertain` that the answer was lost and is being looked up.
 */
export const moves = {
  filling: ["planned"],
  planned: ["sending"],
  sending: ["sent", "planned", "uncertain", "failed"],
  uncertain: ["sent", "planned", "failed"],
  sent: ["processing", "completed", "failed"],
  processing: ["completed", "failed"],
  completed: [],
  failed: [],
} as const satisfies Record<UploadState, readonly UploadState[]>;

const unsent: readonly UploadState[] = ["filling", "planned", "sending", "uncertain"];

/** Whether nobody knows yet of a file in this state that Metrika has it. */
export const isUnsent = (state: UploadState): boolean => unsent.includes(state);

/** Whether an upload may go from one state to another (or stay, with new facts). */
export function mayMove(from: UploadState, to: UploadState): boolean {
  return from === to || (moves[from] as readonly UploadState[]).includes(to);
}
