/** The two kinds of rows that the Logs API gives out, and the prefix of the names of their fields. */
export const logSources = { visits: "ym:s:", hits: "ym:pv:" } as const;
/** One of {@link logSources}. */
export type LogSource = keyof typeof logSources;

/** Which columns of which rows. */
export interface LogColumns {
  readonly source: LogSource;
  /** With their prefix. */
  readonly fields: readonly string[];
  /** The request's parameter, in any case of letters; null: not given. */
  readonly attribution: string | null;
}
