import type { Page } from "./page.ts";

/** Metrika counts requests that read and requests that write apart. https://yandex.com/dev/metrika/en/intro/quotas */
export type RequestKind = "read" | "write";

/** What a login has spent of a day's quota. */
export interface LoginSpending {
  readonly reads: number;
  readonly writes: number;
  /** When Metrika said that the day is used up (Unix ms); null: it has not. */
  readonly exhaustedAt: number | null;
}

/** How many files a kind of rows went in lately, and how long these gathered rows; instants are Unix milliseconds. */
export interface LaneGroup {
  readonly counterId: number;
  readonly credentialId: number;
  readonly currency: string;
  readonly target: string;
  readonly identifier: string;
  readonly files: number;
  /** On the average, from the opening of a file to its closing, in milliseconds. */
  readonly lingerMs: number;
  /** When the first of the files was opened. */
  readonly firstAt: number;
}

/** What a login will need requests for. */
export interface LoginDemand {
  readonly groups: readonly LaneGroup[];
  /** Files that are closed and not yet sent. */
  readonly plannedFiles: number;
  /** For each counter that Metrika works for: how many files it has there. */
  readonly openFiles: readonly number[];
  /** Counters with rows that wait for a goal. */
  readonly countersWaiting: number;
}

/** A login of a workspace, as far as its webhooks' credentials tell. */
export interface LoginRecord {
  /** The login, or the token's hash that stands in for an unknown one. */
  readonly loginKey: string;
  /** Null until Yandex has told it. */
  readonly login: string | null;
  readonly credentials: number;
  /** How many of them rest now, for whatever reason. */
  readonly paused: number;
}

/** The day's quota of each Yandex login; a day begins at 00:00 GMT. `now` is Unix milliseconds. */
export interface QuotaStore {
  /** Counts one request of the day, on disk, unless so many of its kind are spent already; false: nothing was counted. */
  spend(request: { loginKey: string; kind: RequestKind; limit: number; now: number }): Promise<boolean>;
  /** Metrika says that the day is used up. The first word stays. */
  exhaust(loginKey: string, now: number): Promise<void>;
  /** What the login has spent on the day of `now`. */
  spent(loginKey: string, now: number): Promise<LoginSpending>;
  /** What the login needs requests for, by its files opened since an instant. */
  demand(loginKey: string, since: number): Promise<LoginDemand>;
  /** Logins of a workspace's sources, deleted ones left out, in the order of their first credential. */
  logins(filter: { workspaceId: number; after: number | null; limit: number; now: number }): Promise<Page<LoginRecord>>;
}
