/** When Metrika frees a used-up quota. */
export type QuotaFreed =
  | "next_second"
  | "when_fewer_run"
  | "in_five_minutes"
  | "midnight_gmt"
  | "start_of_hour"
  | "unknown";

/** The parts of Metrika's API that have quotas of their own. */
export type RequestArea = "reports" | "logs";

/** Which of Metrika's quotas a refused request ran into. */
export interface Quota {
  /** The `error_type` as Metrika named it, for example `quota_requests_by_uid`; null when the answer named none. */
  readonly name: string | null;
  readonly freed: QuotaFreed;
}

// https://yandex.com/dev/metrika/en/intro/quotas
const FREED: Readonly<Record<string, QuotaFreed>> = {
  quota_requests_by_ip: "next_second",
  quota_parallel_requests: "when_fewer_run",
  quota_requests_by_uid: "midnight_gmt",
  quota_requests_by_counter_id: "midnight_gmt",
  quota_grants_requests: "start_of_hour",
  quota_delegate_requests: "start_of_hour",
};

// The Russian quota page speaks of 429, the English one of 420.
const THROTTLING_STATUSES: readonly number[] = [420, 429];

/**
 * The quota that an answer complains of, or null when the answer is not throttling. Every `error_type` that begins
 * with `quota_` counts, whatever its status, so that a quota added later is still obeyed.
 *
 * A login has two quotas of reports, 200 in five minutes and 5000 a day, and the documents do not say how an answer tells
 * them apart. The shorter wait is told here: asking once too often costs one request, waiting until midnight a day.
 */
export function quotaOf(status: number, errorType: string | null, area: RequestArea | null = null): Quota | null {
  const named = errorType?.startsWith("quota_") === true;
  if (!named && !THROTTLING_STATUSES.includes(status)) return null;
  const name = named ? errorType : null;
  if (area === "reports" && (name === null || name === "quota_requests_by_uid"))
    return { name, freed: "in_five_minutes" };
  return { name, freed: (name !== null ? FREED[name] : undefined) ?? "unknown" };
}
