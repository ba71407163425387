import type { Uploading } from "../metrika/offline-conversions.ts";
import { meaningOf } from "../metrika/status.ts";
import type { UploadFacts, UploadRecord, UploadState } from "../store/store.ts";
import { type DeliveryRules, STUCK_AFTER_MS } from "./rules.ts";

/** Metrika has the file but has not begun: the rest of the waiting statuses mean that it works on it. */
const NOT_BEGUN: readonly string[] = ["PREPARED", "UPLOADED"];

/** What Metrika tells about a file, as the upload's facts. */
export function factsOf(uploading: Uploading): UploadFacts {
  return {
    metrikaUploadId: uploading.id,
    metrikaStatus: uploading.status,
    sourceQuantity: uploading.sourceQuantity,
    lineQuantity: uploading.lineQuantity,
    linkedQuantity: uploading.linkedQuantity,
    goalNotFoundQuantity: uploading.goalNotFoundQuantity,
    userNotFoundQuantity: uploading.userNotFoundQuantity,
  };
}

/** Metrika answered 200 and took no row. */
export function refusedAll({ lineQuantity, sourceQuantity }: Uploading): boolean {
  return lineQuantity === 0 && sourceQuantity !== null && sourceQuantity > 0;
}

/** Where an upload that Metrika has goes after its status was read. */
export function outcomeOfPoll(
  upload: UploadRecord,
  uploading: Uploading,
  { now, rules, wait }: { readonly now: number; readonly rules: DeliveryRules; readonly wait: number },
): { readonly to: UploadState; readonly facts: UploadFacts; readonly outcome: string } {
  const facts = factsOf(uploading);
  const { outcome, known } = meaningOf(uploading.status);
  if (outcome !== "waiting") {
    const failed = refusedAll(uploading);
    const errorCode = failed ? "metrika_refused_all_rows" : null;
    return {
      to: failed ? "failed" : "completed",
      facts: { ...facts, settledAt: now, errorCode, errorText: null },
      outcome,
    };
  }
  const stuck = now - (upload.sentAt ?? now) > STUCK_AFTER_MS;
  const errorCode = stuck ? "metrika_stuck" : known ? null : "metrika_unknown_status";
  const begun = upload.state === "processing" || !NOT_BEGUN.includes(uploading.status);
  return {
    to: begun ? "processing" : "sent",
    facts: { ...facts, nextAttemptAt: now + (wait || rules.pollMs), errorCode, errorText: null },
    outcome: uploading.status,
  };
}
