/** Sales of a source that were first told without an identifier on one day. */
export interface UnidentifiedOfDay {
  /** Days since 1970, UTC. */
  readonly day: number;
  /** Refused, and nothing kept of them but this. */
  readonly refused: number;
  /** Kept by the hashes of their buyers' contacts. */
  readonly byContact: number;
}

/** How many sales name no visitor. They are counted at intake, in the transaction of their batch, each once. */
export interface UnidentifiedSaleStore {
  /** Of the days from the first to the last; a day without such a sale is left out. */
  daysOf(sourceId: number, firstDay: number, lastDay: number): Promise<readonly UnidentifiedOfDay[]>;
}
