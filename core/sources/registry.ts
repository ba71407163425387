import type { SourceRecord, SourceStore } from "../store/store.ts";

/** Sources by their public id, kept in memory for a moment: ten thousand of them cost a request no more than one. */
export interface SourceRegistry {
  /** The source if it is remembered, at once; null does not mean that there is none. */
  remembered(uuid: string): SourceRecord | null;
  find(uuid: string): Promise<SourceRecord | null>;
  /** A source was changed through this process: read it again. */
  forget(uuid: string): void;
  /** Many were changed through this process. */
  forgetAll(): void;
}

interface Entry {
  readonly source: SourceRecord;
  /** {@link SourceStore.changesElsewhere} from before it was read. */
  readonly elsewhere: number;
  until: number;
}

/**
 * Keeps a source as long as nobody else writes to the database. Of ten thousand busy ones two
 * thousand a second would be read anew otherwise, at 7 to 30 µs each; asking whether anybody wrote takes 2 (measured).
 * @param ttlMs how long a change made by another process may stay unseen
 * @param capacity sources kept at once; beyond it the oldest go
 */
export function createSourceRegistry(
  sources: Pick<SourceStore, "findByUuid" | "changesElsewhere">,
  now: () => number,
  ttlMs = 5000,
  capacity = 20_000,
): SourceRegistry {
  const known = new Map<string, Entry>();
  let changes = 0;
  const remembered = (uuid: string) => {
    const entry = known.get(uuid);
    return entry && entry.until > now() ? entry.source : null;
  };
  return {
    remembered,
    async find(uuid) {
      const kept = remembered(uuid);
      if (kept) return kept;
      const changesBefore = changes;
      const elsewhere = await sources.changesElsewhere();
      const entry = known.get(uuid);
      if (entry?.elsewhere === elsewhere) {
        entry.until = now() + ttlMs;
        return entry.source;
      }
      const source = await sources.findByUuid(uuid);
      known.delete(uuid);
      // What was read before a change must not be remembered after it.
      if (!source || changes !== changesBefore) return source;
      if (known.size >= capacity) known.delete(known.keys().next().value as string);
      known.set(uuid, { source, elsewhere, until: now() + ttlMs });
      return source;
    },
    forget(uuid) {
      changes++;
      known.delete(uuid);
    },
    forgetAll() {
      changes++;
      known.clear();
    },
  };
}
