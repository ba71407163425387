import type { Quota } from "./quota.ts";

/** What went wrong, in the words a caller decides by. */
export type MetrikaErrorKind =
  /** A quota is used up: 420, 429 or any `quota_*`. */
  | "throttled"
  /** The token is missing, unknown, expired or revoked. */
  | "unauthorized"
  /** The token is good, but its scope or its right to the counter is not enough. */
  | "forbidden"
  /** Metrika read the request and refused it; the same request will be refused again. */
  | "rejected"
  | "not_found"
  /** Metrika, or a gateway before it, is broken or overloaded: 5xx, 408, `query_error`. */
  | "unavailable"
  /** No answer came: DNS, refused or cut connection, TLS, silence longer than the timeout. */
  | "unreachable"
  /** An answer came that is not what the documents promise. */
  | "invalid_answer"
  /** The caller gave up: its signal was aborted, its file broke off, its progress callback threw. */
  | "aborted";

/** Stable code of a failure, for logs, API answers and sentences. */
export type MetrikaErrorCode =
  | `metrika_${MetrikaErrorKind}`
  | "metrika_timed_out"
  | "metrika_file_size_mismatch"
  | "metrika_log_part_broken";

/** Everything a {@link MetrikaError} carries beside its message. */
export interface MetrikaErrorFacts {
  readonly kind: MetrikaErrorKind;
  /** Default: `metrika_` and the kind. */
  readonly code?: MetrikaErrorCode;
  readonly status?: number | undefined;
  readonly errorType?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly quota?: Quota | undefined;
  readonly bodyMayHaveArrived: boolean;
  readonly cause?: unknown;
}

/** A call to Metrika that brought no usable answer. The message never holds a token. */
export class MetrikaError extends Error {
  override readonly name = "MetrikaError";
  readonly code: MetrikaErrorCode;
  readonly kind: MetrikaErrorKind;
  /** HTTP status, when an answer came. */
  readonly status?: number;
  /** `error_type` of the first error in Metrika's envelope: https://yandex.ru/dev/metrika/ru/intro/errors */
  readonly errorType?: string;
  /** How long Metrika asks to wait, when it says so. */
  readonly retryAfterSeconds?: number;
  /** The quota that is used up, when the kind is `throttled`. */
  readonly quota?: Quota;
  /**
   * True when Metrika may have acted on the body that was sent, so that sending it again may do the thing twice.
   * False only where that is certain: nothing of the body left this process, or Metrika refused it.
   */
  readonly bodyMayHaveArrived: boolean;

  constructor(message: string, facts: MetrikaErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.kind = facts.kind;
    this.code = facts.code ?? `metrika_${facts.kind}`;
    this.bodyMayHaveArrived = facts.bodyMayHaveArrived;
    if (facts.status !== undefined) this.status = facts.status;
    if (facts.errorType !== undefined) this.errorType = facts.errorType;
    if (facts.retryAfterSeconds !== undefined) this.retryAfterSeconds = facts.retryAfterSeconds;
    if (facts.quota !== undefined) this.quota = facts.quota;
  }
}
