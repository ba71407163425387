/** A sealed text where it stands. */
export interface SealedText {
  /** The values of the row's key, by which its column is read further and written. */
  readonly key: SealedTextKey;
  /** What the text was sealed for; empty where the record it belongs to is gone. */
  readonly context: string;
  readonly sealed: string;
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
  /** Reads a column in the order of its keys, from behind `after` on (null: from the first). Nulls are left out. */
  read(column: string, after: SealedTextKey | null, limit: number): Promise<readonly SealedText[]>;
  /** All or nothing but for what was changed meanwhile; how many were written. */
  write(column: string, texts: readonly Resealed[]): Promise<number>;
  readRecord(): Promise<KeyRecord>;
  /** Both at once, if they stand as they were read; whether they did. */
  writeRecord(was: KeyRecord, record: KeyRecord): Promise<boolean>;
}
