/** The middle one; of an even number, the upper of the two. 0 for none. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** The value below which a share (0 to 1) of the values lies; the values rise. 0 for none. */
export function quantile(rising: readonly number[], share: number): number {
  return rising[Math.min(rising.length - 1, Math.floor(rising.length * share))] ?? 0;
}

/** A whole number with its thousands set apart. */
export const whole = (value: number) => Math.round(value).toLocaleString("en");

/** Milliseconds. */
export const ms = (value: number) => `${value.toFixed(value < 100 ? 2 : 0)} ms`;

/** Bytes as MB of 2^20. */
export const mb = (bytes: number) => `${(bytes / 1_048_576).toFixed(0)} MB`;

/** Two figures of one run against each other. */
export const ratio = (a: number, b: number) => (a / b).toFixed(2);

/** Both latencies of a load in one phrase. */
export const latencies = ({ p50, p99 }: { readonly p50: number; readonly p99: number }) =>
  `p50 ${ms(p50)}, p99 ${ms(p99)}`;
