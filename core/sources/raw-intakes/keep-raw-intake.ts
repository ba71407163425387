import { OverloadedError, StorageUnavailableError } from "../../intake/committer.ts";
import type { NewRawIntake, RawIntakeStore, SourceRecord } from "../../store/store.ts";
import type { Vault } from "../../vault/vault.ts";
import type { OpenConfig } from "../open-config.ts";
import { type RawContent, sealContent } from "./content.ts";
import { reasonOf } from "./outcome.ts";
import type { RawIntakeRules } from "./rules.ts";

/** Bytes of bodies that may wait for the disk at once. */
const MOST_QUEUED_BYTES = 128 * 1024 * 1024;

/** What keeping works with. */
export interface KeepingDeps {
  readonly store: { readonly rawIntakes: Pick<RawIntakeStore, "keep"> };
  readonly vault: Pick<Vault, "seal">;
  readonly openConfig: OpenConfig;
  readonly rules: Pick<RawIntakeRules, "keptForPeopleMs">;
  readonly now: () => number;
  readonly newUuid: () => string;
  /** Called when something waits to be handled. */
  readonly onWaiting: () => void;
}

/**
 * Keeps a verified sender's request as it came. When it resolves, the request is on disk: only then may the sender be answered.
 * @returns the id of the raw intake
 * @throws {OverloadedError} {StorageUnavailableError} nothing was kept: the sender should repeat
 */
export type KeepRawIntake = (source: SourceRecord, method: "GET" | "POST", content: RawContent) => Promise<string>;

interface Waiting {
  readonly intake: NewRawIntake;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Makes the keeper of one process. Requests that come together are written together, and each by itself where that fails. */
export function createKeepRawIntake(deps: KeepingDeps): KeepRawIntake {
  let queue: Waiting[] = [];
  let queuedBytes = 0;
  let isScheduled = false;

  async function write(group: readonly Waiting[]): Promise<void> {
    try {
      await deps.store.rawIntakes.keep(group.map(({ intake }) => intake));
    } catch (cause) {
      if (group.length > 1) for (const waiting of group) await write([waiting]);
      else group[0]?.reject(new StorageUnavailableError("The database did not take the request.", { cause }));
      return;
    }
    for (const { resolve } of group) resolve();
    if (group.some(({ intake }) => intake.state === "waiting")) deps.onWaiting();
  }

  async function flush(): Promise<void> {
    const group = queue;
    queue = [];
    isScheduled = false;
    await write(group);
    for (const { intake } of group) queuedBytes -= intake.bytes;
  }

  function add(intake: NewRawIntake): Promise<void> {
    if (queuedBytes > 0 && queuedBytes + intake.bytes > MOST_QUEUED_BYTES)
      return Promise.reject(new OverloadedError("Too many requests wait to be written."));
    return new Promise((resolve, reject) => {
      queue.push({ intake, resolve, reject });
      queuedBytes += intake.bytes;
      if (isScheduled) return;
      isScheduled = true;
      setImmediate(flush);
    });
  }

  return async (source, method, content) => {
    const uuid = deps.newUuid();
    const receivedAt = deps.now();
    const held = whyHeld(source, deps.openConfig);
    await add({
      ...{ uuid, sourceId: source.id, method, bytes: content.body.length, receivedAt },
      sealed: sealContent(deps.vault, uuid, content),
      state: held === null ? "waiting" : "kept",
      errorCode: held?.code ?? null,
      error: held?.reason ?? null,
      expiresAt: held === null ? null : receivedAt + deps.rules.keptForPeopleMs,
    });
    return uuid;
  };
}

/** Why what comes for a source is only kept; null when it can be handled. */
export function whyHeld(source: SourceRecord, openConfig: OpenConfig) {
  if (!source.isActive) return { code: "source_disabled", reason: reasonOf("source_disabled") };
  const opened = openConfig(source);
  return opened.ok ? null : { code: opened.code, reason: opened.reason };
}
