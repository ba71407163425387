import type { UploadFacts, UploadRecord } from "../store/store.ts";
import { type DeliveryRules, firstReadBackMs } from "./rules.ts";

/** Lists that must have been read whole without finding the file before it may be sent again. */
const NEEDED_LISTS = 3;

/**
 * A complete list of a counter's uploadings does not hold the file whose answer was lost. Lists may be late, so absence is
 * believed only after at least three complete readings, the last at the end of the grace period; then the same rows, with
 * the same seconds, are sent again, which Metrika overwrites rather than adds.
 * https://yandex.ru/dev/metrika/ru/faq
 */
export function afterAbsence(
  upload: UploadRecord,
  now: number,
  rules: DeliveryRules,
): { readonly to: "planned" | "uncertain"; readonly facts: UploadFacts } {
  const lists = upload.completeLists + 1;
  const endedAt = upload.requestEndedAt ?? upload.updatedAt;
  const next = rules.readBackMs.find((offset) => endedAt + offset > now);
  if (next !== undefined) return { to: "uncertain", facts: { completeLists: lists, nextAttemptAt: endedAt + next } };
  if (lists < NEEDED_LISTS) {
    const nextAttemptAt = now + firstReadBackMs(rules);
    return { to: "uncertain", facts: { completeLists: lists, nextAttemptAt } };
  }
  return { to: "planned", facts: { completeLists: lists, nextAttemptAt: now, requestEndedAt: null } };
}
