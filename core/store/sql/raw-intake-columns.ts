import type { KeptLeftover, KeptReason, RawIntakeRecord } from "../store.ts";

/** Stands in `expires_at` of what is never forgotten. */
export const FORGOTTEN_NEVER = Number.MAX_SAFE_INTEGER;

/** The columns of a record. Its content, which may have megabytes, is read by itself. */
export const RAW_INTAKE = `id, uuid, source_id as "sourceId", state, method, bytes, case when sealed is null then 0 else 1 end as has_content, attempts, replays,
  failures, trying_since as "tryingSince", next_attempt_at as "nextAttemptAt", error_code as "errorCode", cast(error as text) as error,
  cast(leftovers as text) as leftovers, accepted, duplicates, rejected, received_at as "receivedAt", handled_at as "handledAt", expires_at as "expiresAt"`;

/** A record as columns: documents are text. */
export interface RawIntakeLine extends Omit<RawIntakeRecord, "hasContent" | "error" | "leftovers"> {
  readonly has_content: number;
  readonly error: string | null;
  readonly leftovers: string;
}

/** A record out of its columns. */
export function toRawIntake({ has_content, error, leftovers, expiresAt, ...line }: RawIntakeLine): RawIntakeRecord {
  return {
    ...line,
    hasContent: has_content === 1,
    error: error === null ? null : (JSON.parse(error) as KeptReason),
    leftovers: JSON.parse(leftovers) as readonly KeptLeftover[],
    expiresAt: expiresAt === FORGOTTEN_NEVER ? null : expiresAt,
  };
}
