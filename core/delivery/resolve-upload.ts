import type { MetrikaClient } from "../metrika/client.ts";
import { MetrikaError } from "../metrika/errors.ts";
import type { Store, UploadFacts, UploadRecord } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";
import { openCredential } from "./credential-use.ts";
import { commentOf } from "./send-upload.ts";
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

/** How long Metrika may take to say whether it has the file that a person named. */
const CHECK_MS = 5000;

/**
 * Asks Metrika about the number a person gave for a lost file, since a slip of the pen would have another file's outcome told
 * as this one's. `other_file`: Metrika knows the number, but its comment is not this upload's.
 */
export async function checkFound(
  {
    store,
    metrika,
    vault,
  }: { readonly store: Pick<Store, "credentials">; readonly metrika: MetrikaClient; readonly vault: Vault },
  upload: UploadRecord,
  metrikaUploadId: string,
): Promise<"this_file" | "other_file" | "unknown" | "unanswered"> {
  const credential = await store.credentials.get(upload.credentialId);
  if (!credential) return "unanswered";
  const { call } = openCredential(vault, credential);
  const { counterId } = upload;
  const signal = AbortSignal.timeout(CHECK_MS);
  try {
    const { comment } = await metrika.uploadings.get({ ...call, counterId, uploadingId: metrikaUploadId, signal });
    return comment === "" || comment === commentOf(upload) ? "this_file" : "other_file";
  } catch (error) {
    if (!(error instanceof MetrikaError)) throw error;
    return error.kind === "not_found" ? "unknown" : "unanswered";
  }
}
