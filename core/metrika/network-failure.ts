import { MetrikaError } from "./errors.ts";

/**
 * Codes that Bun 1.4.5's fetch gives before a single byte of the request is written, each provoked by experiment:
 * nobody listens (ECONNREFUSED), the name does not resolve (ENOTFOUND, EAI_*), and a certificate that is not accepted
 * (DEPTH_ZERO_SELF_SIGNED_CERT, ERR_TLS_CERT_ALTNAME_INVALID and the other verdicts of the verifier).
 *
 * Not among them, on purpose: ECONNRESET comes alike for a connection cut at once and for one cut after the body was
 * read; EPROTO says "TLS handshake failed" even when a TLS alert arrives in the middle of the body; EHOSTUNREACH and
 * ETIMEDOUT can end an established connection as well.
 */
const NOTHING_SENT =
  /^(ECONNREFUSED|ConnectionRefused|ENOTFOUND|EAI_\w+|ERR_TLS_\w+|CERT_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|UNABLE_TO_\w+)$/;

/** What is known about a request that ended without an answer. */
export interface NetworkFailure {
  readonly operation: string;
  readonly cause: unknown;
  /** Whether the request has a body at all. */
  readonly hasBody: boolean;
  /**
   * For a streamed body: whether any of it was handed to fetch. Bun asks a stream for its first byte only after the
   * connection stands and TLS is agreed, so false settles the question even where the code does not. Null: not known.
   */
  readonly bodyTaken: boolean | null;
}

/** Turns what fetch threw for want of an answer into the error that says whether the body may have arrived. */
export function unreachableBy(failure: NetworkFailure): MetrikaError {
  const code = failureCodeOf(failure.cause);
  const certainlyNot = !failure.hasBody || failure.bodyTaken === false || neverSent(failure.cause);
  return new MetrikaError(`No answer from Metrika to ${failure.operation}${code === null ? "" : ` (${code})`}`, {
    kind: "unreachable",
    bodyMayHaveArrived: !certainlyNot,
    cause: failure.cause,
  });
}

/** Whether what fetch threw proves that not a byte of the request left this process. */
export function neverSent(failure: unknown): boolean {
  const code = failureCodeOf(failure);
  return code !== null && NOTHING_SENT.test(code);
}

/** The `code` of what fetch threw, such as `ECONNRESET`. */
export function failureCodeOf(cause: unknown): string | null {
  if (typeof cause !== "object" || cause === null || !("code" in cause)) return null;
  return typeof cause.code === "string" ? cause.code : null;
}
