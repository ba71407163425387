import { MetrikaError } from "../metrika/errors.ts";
import type { QuotaFreed } from "../metrika/quota.ts";
import { visible } from "../metrika/refusal.ts";
import { ProblemError, retryLater } from "../plugin/problem.ts";
import type { AccountRecord } from "../store/store.ts";

/** What a person asked of Metrika on behalf of an account. */
export interface AskedOfMetrika {
  readonly account: Pick<AccountRecord, "login" | "scopes">;
  /** Null: no counter in particular. */
  readonly counterId: number | null;
  /** The right that the request needs. https://yandex.ru/dev/metrika/ru/intro/authorization */
  readonly scope: "metrika:read" | "metrika:write";
  readonly now: number;
}

const RETRY_SECONDS = 10;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Whether a right was surely not given; false where Yandex did not tell the rights. */
export const lacksScope = ({ scopes }: Pick<AccountRecord, "scopes">, scope: AskedOfMetrika["scope"]): boolean =>
  scopes !== null && !scopes.includes(scope);

/** The refusal that says what a failed call to Metrika means for whoever waits for it. Anything else is thrown as it is. */
export function problemOf(error: unknown, asked: AskedOfMetrika): unknown {
  if (!(error instanceof MetrikaError)) return error;
  const { account, counterId, scope } = asked;
  const { login } = account;
  switch (error.kind) {
    case "unauthorized":
      return new ProblemError("account_token_refused", { login }, { cause: error });
    case "throttled":
      return quotaProblem(error, login, asked.now);
    case "forbidden":
    case "not_found":
      // https://yandex.ru/dev/metrika/ru/intro/errors: a missing right and a foreign counter are refused in the same words.
      if (counterId === null || lacksScope(account, scope))
        return new ProblemError("account_scope_missing", { login, scope }, { cause: error });
      return new ProblemError("counter_not_accessible", { login, counter_id: counterId }, { cause: error });
    case "rejected":
      return new ProblemError("metrika_refused", { text: visible(error.message) }, { cause: error });
    default:
      return retryLater("metrika_not_answering", secondsOf(error) ?? RETRY_SECONDS, error);
  }
}

function quotaProblem(error: MetrikaError, login: string, now: number): ProblemError {
  const seconds = secondsOf(error) ?? Math.ceil((freedAt(error.quota?.freed ?? "unknown", now) - now) / 1000);
  const freedIso = new Date(now + seconds * 1000).toISOString();
  const options = { headers: { "retry-after": String(seconds) }, cause: error };
  return new ProblemError("metrika_quota_exhausted", { login, freed_at: freedIso }, options);
}

const secondsOf = ({ retryAfterSeconds }: MetrikaError): number | null =>
  retryAfterSeconds === undefined ? null : Math.max(1, Math.ceil(retryAfterSeconds));

/** When a quota is freed, in Unix milliseconds. https://yandex.com/dev/metrika/en/intro/quotas */
function freedAt(freed: QuotaFreed, now: number): number {
  if (freed === "midnight_gmt") return (Math.floor(now / DAY_MS) + 1) * DAY_MS;
  if (freed === "start_of_hour") return (Math.floor(now / HOUR_MS) + 1) * HOUR_MS;
  return now + (freed === "next_second" ? 1000 : RETRY_SECONDS * 1000);
}
