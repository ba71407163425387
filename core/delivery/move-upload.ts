import type { UploadMove } from "../store/store.ts";
import type { DeliveryDeps } from "./deps.ts";
import { mayMove } from "./upload-state.ts";

/**
 * The one door through which delivery moves an upload. False: the claim or the state was lost, another holds it now.
 * @throws {Error} for a move that the state machine does not know, before anything is written
 */
export async function moveUpload({ store }: Pick<DeliveryDeps, "store">, move: UploadMove): Promise<boolean> {
  if (!mayMove(move.from, move.to)) throw new Error(`An upload cannot go from ${move.from} to ${move.to}.`);
  return store.uploads.move(move);
}
