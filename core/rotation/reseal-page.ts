import type { Resealed, SealedTextKey, SealedTextStore } from "../store/store.ts";
import { type MasterVault, VaultError } from "../vault/vault.ts";

/** Rows of one page: a transaction short enough that nobody waits for it. */
const PAGE_ROWS = 200;

/** Where a pass through all sealed texts stands. */
export interface Position {
  /** The number of the column in the store's list. */
  readonly column: number;
  /** The key of the last row that was read there; null: none yet. */
  readonly after: SealedTextKey | null;
}

/** What became of a page. */
export interface ResealedPage {
  readonly column: string;
  readonly read: number;
  /** Texts that were sealed with an earlier key, and those of them that are sealed with the current one now. */
  readonly stale: number;
  readonly resealed: number;
  /** Texts that no key at hand opens. */
  readonly unreadable: number;
  /** Null: this was the last page. */
  readonly next: Position | null;
}

/** Seals the texts of one page with the current key; what was changed meanwhile is left to the next pass. */
export async function resealPage(
  texts: SealedTextStore,
  vault: MasterVault,
  position: Position,
): Promise<ResealedPage | null> {
  const column = texts.columns[position.column];
  if (column === undefined) return null;
  const page = await texts.read(column, position.after, PAGE_ROWS);
  const stale = page.texts.filter(({ sealed }) => vault.isStale(sealed));
  const fresh: Resealed[] = [];
  for (const { key, context, sealed } of stale) {
    const text = openOrNull(vault, sealed, context);
    if (text !== null) fresh.push({ key, was: sealed, sealed: vault.seal(text, context) });
  }
  const resealed = fresh.length === 0 ? 0 : await texts.write(column, fresh);
  return {
    ...{ column, read: page.texts.length, stale: stale.length, resealed, unreadable: stale.length - fresh.length },
    next: nextOf(texts, position, page.next),
  };
}

/** Seals the canary and the hashing key with the current key; whether they were sealed with an earlier one. */
export async function resealRecord(texts: SealedTextStore, vault: MasterVault): Promise<boolean> {
  const kept = await texts.readRecord();
  const { vaultCheck, sealedHashingKey } = kept;
  const isStale = vault.isStale(vaultCheck) || (sealedHashingKey !== null && vault.isStale(sealedHashingKey));
  if (isStale) await texts.writeRecord(kept, vault.record());
  return isStale;
}

function nextOf(texts: SealedTextStore, { column }: Position, last: SealedTextKey | null): Position | null {
  if (last !== null) return { column, after: last };
  return column + 1 < texts.columns.length ? { column: column + 1, after: null } : null;
}

function openOrNull(vault: MasterVault, sealed: string, context: string): string | null {
  try {
    return vault.open(sealed, context);
  } catch (error) {
    if (error instanceof VaultError) return null;
    throw error;
  }
}
