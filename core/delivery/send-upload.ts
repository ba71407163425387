import type { UploadRecord } from "../store/store.ts";
import { type BuiltFile, buildFile } from "./build-file.ts";
import { asMetrikaError, credentialOf, noteSuccess, type OpenCredential, rest } from "./credential-use.ts";
import type { DeliveryDeps } from "./deps.ts";
import { keepLease } from "./lease.ts";
import { moveUpload } from "./move-upload.ts";
import { COUNTER_QUOTA_CODE, type Outcome, outcomeOfSend, outcomeOfSendError } from "./send-outcome.ts";

/** The comment by which a lost answer is found again: Metrika documents letters and digits only. */
export const commentOf = (upload: { readonly uuid: string }) => upload.uuid.replaceAll("-", "");

/** Sends one claimed, planned upload and writes down what became of it. */
export async function sendUpload(
  deps: DeliveryDeps,
  planned: UploadRecord,
  claim: string,
  signal: AbortSignal,
): Promise<void> {
  // First of all: a token that cannot be opened must not make a file uncertain that never left.
  const credential = await credentialOf(deps, planned.credentialId);
  const startedAt = deps.now();
  const attempts = planned.attempts + 1;
  const begun = await moveUpload(deps, {
    id: planned.id,
    claim,
    from: "planned",
    to: "sending",
    facts: { attempts },
    attempt: null,
    keepClaim: true,
    now: startedAt,
  });
  if (!begun) return;
  const upload = { ...planned, attempts };
  const { outcome, detail } = await trySend(deps, upload, credential, claim, signal);
  const attempt = {
    kind: "send",
    startedAt,
    endedAt: deps.now(),
    outcome: outcome.outcome,
    code: outcome.facts.errorCode ?? null,
    detail,
  } as const;
  const kept = await moveUpload(deps, {
    id: upload.id,
    claim,
    from: "sending",
    to: outcome.to,
    facts: outcome.facts,
    attempt,
    now: deps.now(),
  });
  const facts = { upload: upload.uuid, counter: upload.counterId, rows: upload.rows, outcome: outcome.outcome, detail };
  if (!kept) deps.log.warn("Upload {upload} was taken over by another worker while it was sent", facts);
  else if (outcome.to === "sent") {
    deps.log.info("Upload {upload} with {rows} rows is at Metrika as {metrikaUploadId}", {
      ...facts,
      metrikaUploadId: outcome.facts.metrikaUploadId,
    });
  } else deps.log.warn("Upload {upload} was not taken by Metrika: {outcome}, {detail}", facts);
}

async function trySend(
  deps: DeliveryDeps,
  upload: UploadRecord,
  credential: OpenCredential,
  claim: string,
  signal: AbortSignal,
): Promise<{ outcome: Outcome; detail: string | null }> {
  const lease = keepLease(deps, upload.id, claim);
  const rules = await deps.plans.rulesFor(credential.record);
  const at = () => ({ now: deps.now(), random: deps.random(), rules, pauses: credential.record.pauses });
  let file: BuiltFile | null = null;
  try {
    file = await buildFile(deps, upload, lease.renew);
    const uploading = await deps.metrika.uploadings.upload({
      ...credential.call,
      counterId: upload.counterId,
      comment: commentOf(upload),
      file,
      signal,
      onProgress: lease.renew,
    });
    await noteSuccess(deps, credential);
    return { outcome: outcomeOfSend(uploading, at()), detail: null };
  } catch (thrown) {
    const error = asMetrikaError(thrown, file !== null);
    const outcome = outcomeOfSendError(error, upload, at());
    if (outcome.pause) await rest(deps, credential, outcome.pause);
    if (outcome.counterRestsUntil) await restCounter(deps, upload, outcome.counterRestsUntil, error.message);
    return { outcome, detail: error.message };
  } finally {
    await file?.remove();
  }
}

/** Metrika takes nothing more for this counter today; the login's other counters go on. */
async function restCounter(
  deps: DeliveryDeps,
  { counterId }: UploadRecord,
  until: number,
  errorText: string,
): Promise<void> {
  deps.log.warn("Sending to counter {counter} rests until {until}: its daily quota is used up", {
    counter: counterId,
    until: new Date(until).toISOString(),
  });
  await deps.store.uploads.restCounter({ counterId, until, now: deps.now(), errorCode: COUNTER_QUOTA_CODE, errorText });
}
