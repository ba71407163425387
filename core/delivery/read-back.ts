import type { UploadFacts, UploadRecord } from "../store/store.ts";
import { type DeliveryRules, firstReadBackMs } from "./rules.ts";

/** How often a file that a person must decide about is still looked for. */
const HELD_RECHECK_MS = 3_600_000;
/** How long Metrika's list may be unreadable before a person is called. */
const LIST_UNREADABLE_AFTER_MS = 86_400_000;

/** Lists that must have been read whole without finding the file before it may be sent again. */
const NEEDED_LISTS = 3;

/**
 * A complete list of a counter's uploadings does not hold the file whose answer was lost. Lists may be late, so absence is
 * believed only after at least three complete readings, the last at the end of the grace period; then the same rows, with
 * the same seconds, are sent again, which Metrika overwrites rather than adds. Where the source says `hold`, a person decides
 * instead; until then the file is still looked for, now and then.
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
  const readable = upload.errorCode === "list_unreadable" ? { errorCode: null } : {};
  const seen = { ...readable, completeLists: lists };
  if (next !== undefined) return { to: "uncertain", facts: { ...seen, nextAttemptAt: endedAt + next } };
  if (lists < NEEDED_LISTS) {
    return { to: "uncertain", facts: { ...seen, nextAttemptAt: now + firstReadBackMs(rules) } };
  }
  if (upload.uncertainPolicy === "hold") {
    const held = { errorCode: "held_for_person", nextAttemptAt: now + HELD_RECHECK_MS };
    return { to: "uncertain", facts: { ...seen, ...held } };
  }
  return { to: "planned", facts: { ...seen, nextAttemptAt: now, requestEndedAt: null } };
}

/** Metrika's list could not be read when a file was looked for in it. Unreadable for a day, it becomes a person's matter. */
export function afterUnreadableList(upload: UploadRecord, now: number, nextAttemptAt: number): UploadFacts {
  const endedAt = upload.requestEndedAt ?? upload.updatedAt;
  const since = now - endedAt;
  if (upload.errorCode === "held_for_person" || since < LIST_UNREADABLE_AFTER_MS) return { nextAttemptAt };
  return { nextAttemptAt, errorCode: "list_unreadable" };
}
