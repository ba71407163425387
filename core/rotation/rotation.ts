import type { SealedTextStore } from "../store/store.ts";
import type { MasterVault, VaultKeys } from "../vault/vault.ts";
import { type Position, resealPage, resealRecord } from "./reseal-page.ts";

/** Where the master key can be changed by the gateway itself: the key file. */
export interface KeyFile {
  /** Makes a new key unless a change is under way; what is held then. */
  change(): Promise<VaultKeys>;
  /** Forgets the former keys; what is held then. */
  dropFormer(): Promise<VaultKeys>;
}

/** What a change of the master key works with. */
export interface RotationDeps {
  readonly texts: SealedTextStore;
  readonly vault: MasterVault;
  /** Null where the environment gives the keys: then an operator changes them, and only sealing again is left to do. */
  readonly keyFile: KeyFile | null;
  readonly now: () => number;
  /** How long a text under the former key may still be in use, on its way into the database or out of it; see {@link SETTLING_MS}. */
  readonly settlingMs: number;
  /** Is told when texts were sealed again: whoever remembers sealed texts must read them anew. */
  readonly onResealed: () => void;
  /** Lets the event loop serve others, see `DeliveryDeps`. */
  readonly breathe: (since: number) => Promise<void>;
}

/** A change of the master key that is under way. */
export interface RotationStart {
  /** The key that everything is to be sealed with. */
  readonly keyId: string;
  readonly keptIn: "file" | "environment";
}

/** How far a change has got. */
export interface RotationProgress {
  /**
   * `resealing`: go on with steps; `settling`: go on in `waitMs`; `done`: nothing sealed with another key is left, and a key
   * file has forgotten the former; `unreadable`: nothing is left that could be sealed again, but some texts cannot be opened,
   * so that the former key stays; `superseded`: another key is current by now.
   */
  readonly phase: "resealing" | "settling" | "done" | "unreadable" | "superseded";
  /** Texts that this pass through all of them has read so far. */
  readonly read: number;
  /** Texts that this step has sealed with the current key. */
  readonly resealed: number;
  readonly waitMs: number;
  /** Texts that no key at hand opens, by their column; empty but for the end of a pass. */
  readonly unreadable: readonly { readonly column: string; readonly texts: number }[];
  /** Keys that are still held besides the current one. */
  readonly previousKeyIds: readonly string[];
}

/** Changes the master key step by step, while everything else goes on. Each step can be repeated, and two callers at once do no harm. */
export interface Rotation {
  /** @throws {MasterKeyError} */
  begin(): Promise<RotationStart>;
  /**
   * Seals some pages again.
   * @param keyId as {@link begin} told it
   */
  step(keyId: string): Promise<RotationProgress>;
}

/**
 * What was sealed before the key was changed may still be on its way into the database: a request of 100,000 rows is sealed as a
 * whole and written in slices (10 s on a slow machine). What was read before it was sealed again may be kept for as long as a
 * minute before it is opened, such as the key that signs sessions. So much later nothing of either is left, and a pass that finds
 * nothing is proof.
 */
export const SETTLING_MS = 60_000;
/** Pages of one step: an answer within a second, so that whoever asks sees it go on. */
const STEP_PAGES = 20;

/** One reading of all sealed texts. */
interface Pass {
  readonly startedAt: number;
  position: Position | null;
  read: number;
  stale: number;
  readonly unreadable: Map<string, number>;
}

/** Makes the rotation of one process. */
export function createRotation(deps: RotationDeps): Rotation {
  const { texts, vault, keyFile, now, breathe } = deps;
  // An operator takes keys of the environment away himself, later.
  const settlingMs = keyFile ? deps.settlingMs : 0;
  /** When something under a former key was last seen, or made. */
  let seenAt = Number.NEGATIVE_INFINITY;
  let pass: Pass | null = null;
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  }

  const told = (phase: RotationProgress["phase"], resealed: number, waitMs = 0): RotationProgress => ({
    ...{ phase, resealed, waitMs, read: pass?.read ?? 0, previousKeyIds: vault.previousKeyIds },
    unreadable: [...(pass?.unreadable ?? [])].map(([column, count]) => ({ column, texts: count })),
  });

  async function begin(): Promise<RotationStart> {
    if (keyFile) {
      const keys = await keyFile.change();
      const former = vault.keyId;
      vault.hold(keys);
      if (vault.keyId !== former) seenAt = now();
      pass = null;
    }
    return { keyId: vault.keyId, keptIn: keyFile ? "file" : "environment" };
  }

  async function beginPass(): Promise<Pass> {
    const isStale = await resealRecord(texts, vault);
    return {
      ...{ startedAt: now(), position: { column: 0, after: null }, read: 0, stale: isStale ? 1 : 0 },
      unreadable: new Map(),
    };
  }

  async function step(keyId: string): Promise<RotationProgress> {
    if (keyId !== vault.keyId) return told("superseded", 0);
    pass ??= await beginPass();
    const resealed = await readPages(pass);
    if (pass.position !== null) return told("resealing", resealed);
    const ended = pass;
    const waitMs = seenAt + settlingMs - now();
    const isProof = ended.startedAt >= seenAt + settlingMs;
    const progress = await endOf(ended, resealed, isProof, waitMs);
    pass = null;
    return progress;
  }

  /** Some pages of a pass; how many texts they sealed again. */
  async function readPages(under: Pass): Promise<number> {
    let resealed = 0;
    for (let pages = 0; pages < STEP_PAGES && under.position !== null; pages++) {
      const since = performance.now();
      const page = await resealPage(texts, vault, under.position);
      under.position = page?.next ?? null;
      if (page === null) break;
      under.read += page.read;
      under.stale += page.stale;
      resealed += page.resealed;
      if (page.stale > page.unreadable) seenAt = now();
      if (page.resealed > 0) deps.onResealed();
      if (page.unreadable > 0) {
        under.unreadable.set(page.column, (under.unreadable.get(page.column) ?? 0) + page.unreadable);
      }
      await breathe(since);
    }
    return resealed;
  }

  /** Only a pass that found every text under the current key, and began when nothing could be on its way, is the last. */
  async function endOf(ended: Pass, resealed: number, isProof: boolean, waitMs: number): Promise<RotationProgress> {
    const unreadable = [...ended.unreadable.values()].reduce((sum, count) => sum + count, 0);
    if (ended.stale > unreadable) return told(waitMs > 0 ? "settling" : "resealing", resealed, Math.max(waitMs, 0));
    if (!isProof) return told("settling", resealed, Math.max(waitMs, 0));
    if (unreadable > 0) return told("unreadable", resealed);
    if (keyFile) vault.hold(await keyFile.dropFormer());
    return told("done", resealed);
  }

  return { begin: () => inTurn(begin), step: (keyId) => inTurn(() => step(keyId)) };
}
