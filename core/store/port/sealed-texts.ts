/** A sealed text where it stands. */
export interface SealedText {
  /** The values of the row's key, by which its column is read further and written. */
  readonly key: SealedTextKey;
  /** What the text was sealed for; empty where the record it belongs to is gone. */
  readonly context: string;
  readonly sealed: string;
}

/** The sealed texts of some rows that follow one another. */
export interface SealedTextPage {
  readonly texts: readonly SealedText[];
  /** The key of the last row, from behind which to read on; null when there is no further row. */
  readonly next: SealedTextKey | null;
}

/** The values of a key's columns, in their order. */
export type SealedTextKey = readonly (string | number)[];

/** The same text under another key. */
export interface Resealed {
  readonly key: SealedTextKey;
  /** As it was read: whatever stands there otherwise by now stays. */
  readonly was: string;
  readonly sealed: string;
}

/** What the installation keeps of its master key. */
export interface KeyRecord {
  readonly vaultCheck: string;
  readonly sealedHashingKey: string | null;
}

/** Everything that is sealed with the master key, for sealing it with another one. */
export interface SealedTextStore {
  /** The columns that hold sealed texts, as `table.column`; those of the installation go apart, see {@link readRecord}. */
  readonly columns: readonly string[];
  /** Reads up to `limit` rows in the order of their keys, from behind `after` on (null: from the first). */
  read(column: string, after: SealedTextKey | null, limit: number): Promise<SealedTextPage>;
  /** All or nothing but for what was changed meanwhile; how many were written. */
  write(column: string, texts: readonly Resealed[]): Promise<number>;
  readRecord(): Promise<KeyRecord>;
  /** Both at once, if they stand as they were read; whether they did. */
  writeRecord(was: KeyRecord, record: KeyRecord): Promise<boolean>;
}
