import type { Operation } from "./faults.ts";
import type { SimulatorSettings } from "./settings.ts";

/** The groups whose requests Metrika counts apart; requests to the login and OAuth hosts belong to none of its quotas. */
export type RequestGroup = "client_read" | "client_write" | "report_read" | "login" | "oauth";

/** What has been asked of the simulator. Requests that ran into a quota are counted as refused only. */
export interface RequestCounts {
  readonly byGroup: Readonly<Record<RequestGroup, number>>;
  readonly byOperation: Readonly<Partial<Record<Operation, number>>>;
  /** Answers that told of a used-up quota, by its name. */
  readonly refused: Readonly<Record<string, number>>;
  /** The most requests of one login that were under way at once. */
  readonly mostParallel: Readonly<Record<string, number>>;
  /** The most requests of one group from one address within any second. */
  readonly mostPerSecond: number;
  /** Requests of a login in a group on a day (GMT): `login client_write 2026-11-23`. */
  readonly byDay: Readonly<Record<string, number>>;
}

/** A request for the books. */
export interface RequestFacts {
  readonly operation: Operation;
  readonly group: RequestGroup;
  /** The Logs API has a quota of requests per second of its own. */
  readonly isLogs?: boolean;
  /** Empty where nobody has logged in yet. */
  readonly login: string;
  readonly address: string;
  /** Milliseconds since 1970, UTC. */
  readonly now: number;
}

/** A used-up quota. */
export interface QuotaRefusal {
  readonly errorType: string;
  readonly message: string;
  readonly freedInSeconds: number;
}

/** Books on requests, which enforce the quotas of the settings. */
export interface RequestBook {
  readonly counts: RequestCounts;
  /** Lets a request in, or tells which quota is used up. Whoever is let in calls `leave` at the end. */
  enter(facts: RequestFacts, settings: SimulatorSettings): { leave(): void } | QuotaRefusal;
}

/** Empty books. */
export function createRequestBook(): RequestBook {
  const byGroup = { client_read: 0, client_write: 0, report_read: 0, login: 0, oauth: 0 };
  const byOperation: Partial<Record<Operation, number>> = {};
  const refused: Record<string, number> = {};
  const mostParallel: Record<string, number> = {};
  const byDay: Record<string, number> = {};
  const running = new Map<string, number>();
  const recent = new Map<string, number[]>();
  const reports = new Map<string, { asked: number[]; closedUntil: number }>();
  let mostPerSecond = 0;

  function reportsOf(login: string): { asked: number[]; closedUntil: number } {
    const own = reports.get(login) ?? { asked: [], closedUntil: 0 };
    reports.set(login, own);
    return own;
  }

  return {
    get counts() {
      return structuredClone({ byGroup, byOperation, refused, mostParallel, mostPerSecond, byDay });
    },
    enter(facts, settings) {
      const { login, group, now } = facts;
      const addressAndGroup = `${facts.address} ${facts.isLogs ? "logs" : group}`;
      const second = recent.get(addressAndGroup) ?? [];
      while (second[0] !== undefined && now - second[0] >= 1000) second.shift();
      const parallel = running.get(login) ?? 0;
      const day = `${login} ${group} ${new Date(now).toISOString().slice(0, 10)}`;
      const today = byDay[day] ?? 0;

      const counted = group !== "login" && group !== "oauth";
      const limits = counted ? settings.quotas : null;
      const perSecond = facts.isLogs ? limits?.logsPerSecond : limits?.requestsPerSecond;
      const usedUp =
        limits &&
        (quotaUsedUp({ ...limits, requestsPerSecond: perSecond ?? null }, second.length, parallel, today, now) ??
          (group === "report_read" ? reportsUsedUp(reportsOf(login), limits.reportsPer5Minutes, settings, now) : null));
      if (usedUp) {
        refused[usedUp.errorType] = (refused[usedUp.errorType] ?? 0) + 1;
        return usedUp;
      }

      second.push(now);
      if (group === "report_read") reportsOf(login).asked.push(now);
      recent.set(addressAndGroup, second);
      byGroup[group]++;
      byOperation[facts.operation] = (byOperation[facts.operation] ?? 0) + 1;
      if (counted) {
        mostPerSecond = Math.max(mostPerSecond, second.length);
        byDay[day] = today + 1;
        running.set(login, parallel + 1);
        mostParallel[login] = Math.max(mostParallel[login] ?? 0, parallel + 1);
      }
      return { leave: () => void (counted && running.set(login, (running.get(login) ?? 1) - 1)) };
    },
  };
}

const FIVE_MINUTES = 300_000;

/** Whoever asks for too many reports is let in again five minutes after the one too many. */
function reportsUsedUp(
  reports: { asked: number[]; closedUntil: number },
  limit: number | null,
  settings: SimulatorSettings,
  now: number,
): QuotaRefusal | null {
  reports.asked = reports.asked.filter((at) => now - at < FIVE_MINUTES);
  if (limit === null) return null;
  if (now >= reports.closedUntil && reports.asked.length < limit) return null;
  if (now >= reports.closedUntil) {
    reports.closedUntil = now + FIVE_MINUTES;
    reports.asked = [];
  }
  const freedInSeconds = Math.ceil((reports.closedUntil - now) / 1000);
  return { errorType: settings.reportsQuotaType, message: "Quota exceeded for requests to reports", freedInSeconds };
}

function quotaUsedUp(
  limits: NonNullable<SimulatorSettings["quotas"]>,
  second: number,
  parallel: number,
  today: number,
  now: number,
): QuotaRefusal | null {
  const reached = (limit: number | null, count: number) => limit !== null && count >= limit;
  if (reached(limits.requestsPerSecond, second))
    return { errorType: "quota_requests_by_ip", message: "Quota exceeded for requests from one IP", freedInSeconds: 1 };
  if (reached(limits.parallelPerLogin, parallel))
    return { errorType: "quota_parallel_requests", message: "Quota exceeded for parallel requests", freedInSeconds: 1 };
  if (!reached(limits.requestsPerDay, today)) return null;
  const freedInSeconds = Math.ceil((86_400_000 - (now % 86_400_000)) / 1000);
  return { errorType: "quota_requests_by_uid", message: "Quota exceeded for requests of one user", freedInSeconds };
}
