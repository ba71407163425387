/** A counter attached to a workspace, as last read from Metrika; instants are Unix milliseconds. */
export interface CounterRecord {
  readonly workspaceId: number;
  /** Metrika's number. */
  readonly counterId: number;
  /** The account through which it was attached. */
  readonly accountId: number;
  readonly name: string;
  readonly site: string | null;
  /** IANA name. */
  readonly timeZone: string | null;
  /** The right of the account's login: `own`, `edit`, `view`, …; null where Metrika did not tell it. */
  readonly permission: string | null;
  readonly ownerLogin: string | null;
  /** `Active` or `Deleted`. */
  readonly status: string | null;
  /** Why the last read told nothing new, by a stable code; null: it did. */
  readonly errorCode: string | null;
  readonly attachedAt: number;
  readonly refreshedAt: number;
}

/** What reading a counter anew may change. */
export type CounterChange = Partial<Omit<CounterRecord, "workspaceId" | "counterId" | "accountId" | "attachedAt">>;

/** Attached counters. A counter has one entry in each workspace. */
export interface CounterStore {
  get(workspaceId: number, counterId: number): Promise<CounterRecord | null>;
  /** In no order. */
  getMany(workspaceId: number, counterIds: readonly number[]): Promise<readonly CounterRecord[]>;
  /** Lowest number first; `after` is the last number of the page before. */
  list(filter: { workspaceId: number; after: number | null; limit: number }): Promise<{
    readonly rows: readonly CounterRecord[];
    readonly after: number | null;
  }>;
  /** One that is attached already keeps the instant of its attaching, and takes everything else. */
  attach(counter: CounterRecord): Promise<CounterRecord>;
  /** Null when it is not attached. */
  update(workspaceId: number, counterId: number, change: CounterChange): Promise<CounterRecord | null>;
  /** False when it was not attached. */
  detach(workspaceId: number, counterId: number): Promise<boolean>;
  /** Living sources whose facts may be for this counter and that upload by an account, lowest id first. */
  usedBy(
    workspaceId: number,
    counterId: number,
    limit: number,
  ): Promise<readonly { readonly uuid: string; readonly name: string }[]>;
}
