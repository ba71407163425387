/** One page of a list: `after` is the cursor of the next page, null on the last. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly after: number | null;
}
