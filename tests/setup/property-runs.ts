/** How many histories a property tries on PostgreSQL, where one takes some hundred times as long as in memory. */
export const RUNS_ON_POSTGRES = Number(process.env.PROPERTY_RUNS_POSTGRES ?? 3);

/** How many histories a property of flows tries, on whichever database the run is about. */
export function propertyRuns(usual: number): number {
  return process.env.TEST_STORE === "postgres" ? RUNS_ON_POSTGRES : Number(process.env.PROPERTY_RUNS ?? usual);
}
