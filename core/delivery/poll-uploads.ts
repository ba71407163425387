import { MetrikaError } from "../metrika/errors.ts";
import type { Uploading } from "../metrika/offline-conversions.ts";
import type { Attempt, UploadFacts, UploadRecord, UploadState } from "../store/store.ts";
import { asMetrikaError, credentialOf, noteSuccess, type OpenCredential, rest } from "./credential-use.ts";
import type { DeliveryDeps } from "./deps.ts";
import { moveUpload } from "./move-upload.ts";
import { factsOf, outcomeOfPoll } from "./poll-outcome.ts";
import { ONE_BY_ONE } from "./quota-plan.ts";
import { afterAbsence, afterUnreadableList } from "./read-back.ts";
import type { DeliveryRules } from "./rules.ts";
import { jittered, whenAgain } from "./send-outcome.ts";
import { commentOf } from "./send-upload.ts";

const PAGE_SIZE = 10_000;

/**
 * Asks Metrika about all claimed uploads of one counter with one credential: those it works on, and those whose answer
 * was lost. One list serves them all.
 * @param failures polls of this counter in a row that brought no answer
 * @returns whether Metrika answered
 */
export async function pollUploads(
  deps: DeliveryDeps,
  open: readonly UploadRecord[],
  claim: string,
  failures: number,
  signal: AbortSignal,
): Promise<boolean> {
  const [first] = open;
  if (!first) return true;
  const startedAt = deps.now();
  const credential = await credentialOf(deps, first.credentialId);
  const rules = await deps.plans.rulesFor(credential.record);
  // One chance for all of a counter, so that they fall due together and one list goes on serving them.
  const wait = jittered(rules.pollMs, deps.random());
  try {
    const found = await readUploadings(deps, open, credential, rules.isOneByOne, signal);
    await noteSuccess(deps, credential);
    for (const upload of open) {
      const uploading = found.get(upload.id) ?? null;
      const write = upload.state === "uncertain" ? recordReadBack : recordPoll;
      await write(deps, upload, uploading, { claim, startedAt, now: deps.now(), rules, wait });
      // Each is synced to the disk. A turn without a rest, since the claim on those behind it runs out.
      await deps.breathe(performance.now());
    }
    return true;
  } catch (thrown) {
    await postpone(deps, open, asMetrikaError(thrown), credential, claim, failures + 1, startedAt);
    return false;
  }
}

/** What Metrika says of each upload, by the upload's id; an upload it does not list is missing. */
async function readUploadings(
  deps: DeliveryDeps,
  open: readonly UploadRecord[],
  { call }: OpenCredential,
  isOneByOne: boolean,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Uploading>> {
  const counterId = (open[0] as UploadRecord).counterId;
  const known = open.filter((upload) => upload.metrikaUploadId !== null);
  const found = new Map<number, Uploading>();
  if (isOneByOne && known.length === open.length && known.length <= ONE_BY_ONE) {
    for (const upload of known) {
      const uploadingId = upload.metrikaUploadId as string;
      try {
        found.set(upload.id, await deps.metrika.uploadings.get({ ...call, counterId, uploadingId, signal }));
      } catch (error) {
        if (!(error instanceof MetrikaError && error.kind === "not_found")) throw error;
      }
    }
    return found;
  }
  const byId = new Map(known.map((upload) => [upload.metrikaUploadId, upload.id]));
  const byComment = new Map(open.map((upload) => [commentOf(upload), upload.id]));
  for (let offset = 0; ; offset += PAGE_SIZE) {
    const page = await deps.metrika.uploadings.list({ ...call, counterId, limit: PAGE_SIZE, offset, signal });
    for (const uploading of page) {
      const id = byId.get(uploading.id) ?? byComment.get(uploading.comment);
      if (id !== undefined) found.set(id, uploading);
    }
    if (found.size === open.length || page.length < PAGE_SIZE) return found;
  }
}

/** One poll of one upload: under which claim, and when. Instants are Unix milliseconds. */
interface Poll {
  readonly claim: string;
  readonly startedAt: number;
  readonly now: number;
  readonly rules: DeliveryRules;
  /** Milliseconds until the next one. */
  readonly wait: number;
}

/** Writes down whether the file whose answer was lost is at Metrika. */
async function recordReadBack(
  deps: DeliveryDeps,
  upload: UploadRecord,
  uploading: Uploading | null,
  poll: Poll,
): Promise<void> {
  const { now } = poll;
  if (uploading === null) {
    const { to, facts } = afterAbsence(upload, now, deps.rules);
    if (to === "planned")
      deps.log.warn("Upload {upload} never reached Metrika and is sent again", { upload: upload.uuid });
    warnOfPerson(deps, upload, facts);
    // A held file may be looked for for weeks: its history does not repeat each time that it is still absent.
    const isHeld = upload.errorCode === "held_for_person";
    await move(deps, upload, to, facts, poll, isHeld ? null : "absent");
    return;
  }
  deps.log.info("Upload {upload}, whose answer was lost, is at Metrika as {metrikaUploadId}", {
    upload: upload.uuid,
    metrikaUploadId: uploading.id,
  });
  const sentAt = upload.requestEndedAt ?? now;
  // Asked again at once: the poll then decides by the same rules as for any sent file.
  const facts = { ...factsOf(uploading), sentAt, nextAttemptAt: now, errorCode: null, errorText: null };
  await move(deps, upload, "sent", facts, poll, "found");
}

/** Tells once that a person must look at an upload whose answer was lost. */
function warnOfPerson({ log }: DeliveryDeps, upload: UploadRecord, { errorCode }: UploadFacts): void {
  if (errorCode == null || errorCode === upload.errorCode) return;
  log.warn("Upload {upload}, whose answer was lost, waits for a person: {code}", {
    upload: upload.uuid,
    counter: upload.counterId,
    code: errorCode,
  });
}

/** Writes down how far Metrika has got with a file. */
async function recordPoll(
  deps: DeliveryDeps,
  upload: UploadRecord,
  uploading: Uploading | null,
  poll: Poll,
): Promise<void> {
  const { now, rules, wait } = poll;
  if (uploading === null) {
    const errorCode = "metrika_lost_sight";
    const isNews = upload.errorCode !== errorCode;
    if (isNews) deps.log.warn("Upload {upload} needs a look: {code}", { upload: upload.uuid, code: errorCode });
    await move(
      deps,
      upload,
      upload.state,
      { nextAttemptAt: now + wait, errorCode },
      poll,
      isNews ? "not_listed" : null,
    );
    return;
  }
  const { to, facts, outcome } = outcomeOfPoll(upload, uploading, { now, rules, wait });
  const status = uploading.status;
  if (facts.errorCode && facts.errorCode !== upload.errorCode) {
    deps.log.warn("Upload {upload} needs a look: {code}, status {status}", {
      upload: upload.uuid,
      code: facts.errorCode,
      status,
    });
  }
  const hasMoved = to !== upload.state || status !== upload.metrikaStatus;
  await move(deps, upload, to, facts, poll, hasMoved ? outcome : null);
  if (to === "completed" || to === "failed") {
    deps.log.info("Upload {upload} is settled: {status}, {linked} of {rows} rows linked", {
      upload: upload.uuid,
      status,
      linked: facts.linkedQuantity,
      rows: facts.lineQuantity,
    });
  }
}

/** @param outcome stands in the list of attempts; null for a poll that brought nothing new */
async function move(
  deps: DeliveryDeps,
  upload: UploadRecord,
  to: UploadState,
  facts: UploadFacts,
  { claim, startedAt, now }: Pick<Poll, "claim" | "startedAt" | "now">,
  outcome: string | null,
): Promise<void> {
  const code = facts.errorCode ?? null;
  const attempt: Attempt | null =
    outcome === null ? null : { kind: kindOf(upload), startedAt, endedAt: now, outcome, code, detail: null };
  await moveUpload(deps, { id: upload.id, claim, from: upload.state, to, facts, attempt, now });
}

/** Metrika did not answer: all of them are asked about again later. */
async function postpone(
  deps: DeliveryDeps,
  open: readonly UploadRecord[],
  error: MetrikaError,
  credential: OpenCredential,
  claim: string,
  failures: number,
  startedAt: number,
): Promise<void> {
  const now = deps.now();
  const at = { now, random: deps.random(), rules: deps.rules, pauses: credential.record.pauses };
  const { retryAt, pause } = whenAgain(error, failures, at);
  if (pause) await rest(deps, credential, pause);
  for (const upload of open) {
    const attempt: Attempt = {
      kind: kindOf(upload),
      startedAt,
      endedAt: now,
      outcome: error.kind,
      code: error.code,
      detail: error.message,
    };
    const isLost = upload.state === "uncertain";
    const facts = isLost ? afterUnreadableList(upload, now, retryAt) : { nextAttemptAt: retryAt };
    if (isLost) warnOfPerson(deps, upload, facts);
    await moveUpload(deps, {
      id: upload.id,
      claim,
      from: upload.state,
      to: upload.state,
      facts,
      attempt,
      now,
    });
    await deps.breathe(performance.now());
  }
}

const kindOf = ({ state }: UploadRecord): Attempt["kind"] => (state === "uncertain" ? "read_back" : "poll");
