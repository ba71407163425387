/** A code that makes whoever shows it the owner of the first workspace. */
export interface SetupCodeRecord {
  readonly uuid: string;
  /** SHA-256 of the code, in hex. */
  readonly hash: string;
  /** The code for those who may read the data folder, sealed. */
  readonly sealedCode: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
}

/** Setup codes; at most one is open. */
export interface SetupCodeStore {
  /** The open one; where there is none and the workspace has no owner, the given one from now on. Null: none is needed. */
  ensure(fresh: SetupCodeRecord, workspaceId: number): Promise<SetupCodeRecord | null>;
  /** Makes another one; the open one is worth nothing any more. */
  replace(fresh: SetupCodeRecord, workspaceId: number): Promise<void>;
  isOpen(hash: string): Promise<boolean>;
  /** Uses the code up and makes the person owner, whatever he was. False when it is not open. */
  use(use: {
    readonly hash: string;
    readonly userId: number;
    readonly workspaceId: number;
    readonly now: number;
  }): Promise<boolean>;
}
