/** A visit to a site, with everything by which a conversion may find it. Times are milliseconds since 1970, UTC. */
export interface Visit {
  readonly clientId?: string | undefined;
  readonly userId?: string | undefined;
  readonly yclid?: string | undefined;
  readonly purchaseIds?: readonly string[] | undefined;
  readonly startTime: number;
  /** Default: the start. */
  readonly endTime?: number | undefined;
  /** UInt64 as its digits; given out when the visit is added. */
  readonly visitId?: string | undefined;
}
