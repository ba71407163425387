import type { KeptLeftover, KeptReason, RunRecord } from "../store.ts";

/** The columns of a record. */
export const RUN = `id, uuid, source_id as "sourceId", kind, state, cast(input as text) as input, due_at as "dueAt", next_attempt_at as "nextAttemptAt",
  attempts, done, total, accepted, duplicates, rejected, error_code as "errorCode", cast(error as text) as error, cast(leftovers as text) as leftovers,
  cast(report as text) as report, created_at as "createdAt", started_at as "startedAt", ended_at as "endedAt"`;

/** A record as columns: documents are text. */
export interface RunLine extends Omit<RunRecord, "input" | "error" | "leftovers" | "report"> {
  readonly input: string;
  readonly error: string | null;
  readonly leftovers: string;
  readonly report: string | null;
}

/** A record out of its columns. */
export function toRun({ input, error, leftovers, report, ...line }: RunLine): RunRecord {
  return {
    ...line,
    input: JSON.parse(input) as RunRecord["input"],
    error: error === null ? null : (JSON.parse(error) as KeptReason),
    leftovers: JSON.parse(leftovers) as readonly KeptLeftover[],
    report: report === null ? null : (JSON.parse(report) as RunRecord["report"]),
  };
}
