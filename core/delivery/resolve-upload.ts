import type { Store, UploadFacts, UploadRecord } from "../store/store.ts";
import { mayMove } from "./upload-state.ts";

/** What a person found out about a file whose answer was lost. */
export type UncertainDecision =
  | { readonly kind: "resend" }
  /** Metrika has it, under this number. */
  | { readonly kind: "found"; readonly metrikaUploadId: string };

/**
 * Carries out a person's decision about an uncertain upload: `resend` plans it again, with the same rows, seconds and comment,
 * which Metrika overwrites rather than adds; `found` makes it sent, and its status is asked for at once.
 * @param now Unix milliseconds
 */
export async function resolveUpload(
  store: Pick<Store, "uploads">,
  upload: UploadRecord,
  decision: UncertainDecision,
  now: number,
): ReturnType<Store["uploads"]["resolve"]> {
  const to = decision.kind === "resend" ? "planned" : "sent";
  if (!mayMove("uncertain", to)) throw new Error(`An upload cannot go from uncertain to ${to}.`);
  const cleared = { nextAttemptAt: now, errorCode: null, errorText: null };
  const facts: UploadFacts =
    decision.kind === "resend"
      ? { ...cleared, requestEndedAt: null, completeLists: 0 }
      : { ...cleared, metrikaUploadId: decision.metrikaUploadId, sentAt: upload.requestEndedAt ?? now };
  const moment = { startedAt: now, endedAt: now };
  const attempt = { kind: "decision", ...moment, outcome: decision.kind, code: null, detail: null } as const;
  return store.uploads.resolve({ id: upload.id, to, facts, attempt, now });
}
