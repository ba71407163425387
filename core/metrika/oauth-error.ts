import * as v from "valibot";
import { failureCodeOf, neverSent } from "./network-failure.ts";
import { visible } from "./refusal.ts";
import { retryAfterSeconds } from "./retry-after.ts";

/** What went wrong with Yandex OAuth, in the words a caller decides by. */
export type YandexOauthErrorKind =
  /** The application's id or secret is wrong. */
  | "invalid_client"
  /** The code or the refresh token is used, expired, revoked, or not this application's: consent must be asked anew. */
  | "invalid_grant"
  /** Rights were asked for that the application is not registered with. */
  | "invalid_scope"
  /** Yandex read the request and refused it for another reason, which {@link YandexOauthError.error} names. */
  | "rejected"
  /** No usable answer for now: network, silence, 5xx, 408, 429, or the caller gave up. */
  | "unreachable"
  /** An answer came that is not what the documents promise; another server may be answering. */
  | "unexpected";

/** Everything a {@link YandexOauthError} carries beside its message. */
export interface YandexOauthErrorFacts {
  readonly kind: YandexOauthErrorKind;
  readonly mayHaveTakenEffect: boolean;
  readonly status?: number | undefined;
  readonly error?: string | undefined;
  readonly errorDescription?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/**
 * A call to Yandex OAuth that brought no usable answer. Neither the message nor a property holds a token, a code or a
 * secret, and there is no cause: what fetch or a parser threw may quote any of them.
 */
export class YandexOauthError extends Error {
  override readonly name = "YandexOauthError";
  readonly kind: YandexOauthErrorKind;
  /** HTTP status, when an answer came. */
  readonly status: number | null;
  /** Yandex's own `error`: https://yandex.ru/dev/id/doc/en/codes/code-url */
  readonly error: string | null;
  /** Yandex's own `error_description`. */
  readonly errorDescription: string | null;
  /** How long Yandex asks to wait, when it says so. */
  readonly retryAfterSeconds: number | null;
  /**
   * True when Yandex may have done what was asked although no answer tells so: the code may be used up, and of a pair
   * that was being refreshed the old refresh token may be dead (https://yandex.ru/dev/id/doc/en/tokens/refresh-client).
   */
  readonly mayHaveTakenEffect: boolean;

  constructor(message: string, facts: YandexOauthErrorFacts) {
    super(message);
    this.kind = facts.kind;
    this.status = facts.status ?? null;
    this.error = facts.error ?? null;
    this.errorDescription = facts.errorDescription ?? null;
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
    this.mayHaveTakenEffect = facts.mayHaveTakenEffect;
  }
}

/** An answer of Yandex OAuth that is no success. */
export interface RefusedOauthAnswer {
  /** What was asked, for the message: `POST /token`. */
  readonly operation: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Milliseconds since 1970, UTC. */
  readonly now: number;
  /** What the request carried and no error may repeat. */
  readonly secrets: readonly string[];
}

const Refusal = v.object({ error: v.string(), error_description: v.optional(v.string()) });

/** Turns an answer whose status is not 2xx into the error that says what to do about it. */
export function oauthRefusalOf(answer: RefusedOauthAnswer): YandexOauthError {
  const { operation, status, headers, now } = answer;
  const said = readRefusal(answer);
  const kind = kindOf(status, said?.error ?? null);
  const reason = [said?.error, said?.errorDescription].filter(Boolean).join(": ");
  return new YandexOauthError(`Yandex OAuth answered ${status} to ${operation}${reason === "" ? "" : `: ${reason}`}`, {
    ...{ kind, status, ...said },
    retryAfterSeconds: retryAfterSeconds(headers, now) ?? undefined,
    // A gateway in front of Yandex answers with 408 and 5xx when the answer of the server behind it was lost.
    mayHaveTakenEffect: status === 408 || status >= 500,
  });
}

/** What ended a request without an answer. */
export type OauthSilence =
  | { readonly reason: "failure"; readonly failure: unknown }
  | { readonly reason: "timeout"; readonly timeoutMs: number }
  | { readonly reason: "given_up"; readonly begun: boolean };

/** The error for a request that ended without an answer. */
export function oauthUnreachable(operation: string, silence: OauthSilence): YandexOauthError {
  const unreachable = (message: string, mayHaveTakenEffect: boolean) =>
    new YandexOauthError(message, { kind: "unreachable", mayHaveTakenEffect });
  if (silence.reason === "timeout")
    return unreachable(`Yandex OAuth did not answer ${operation} within ${silence.timeoutMs} ms`, true);
  if (silence.reason === "given_up")
    return unreachable(`${operation} to Yandex OAuth was broken off by the caller`, silence.begun);
  const code = failureCodeOf(silence.failure);
  return unreachable(
    `No answer from Yandex OAuth to ${operation}${code === null ? "" : ` (${code})`}`,
    !neverSent(silence.failure),
  );
}

function kindOf(status: number, error: string | null): YandexOauthErrorKind {
  if (status === 408 || status === 429 || status >= 500) return "unreachable";
  if (error === "invalid_client" || error === "invalid_grant" || error === "invalid_scope") return error;
  // A code that has not the form of Yandex's codes.
  if (error === "bad_verification_code") return "invalid_grant";
  if (status === 401) return "invalid_client";
  // Redirects are not followed: they would carry the secret to another host.
  return error !== null && status >= 400 ? "rejected" : "unexpected";
}

function readRefusal({
  text,
  secrets,
}: RefusedOauthAnswer): { readonly error: string; readonly errorDescription: string | undefined } | null {
  const clean = (words: string) =>
    visible(secrets.filter((secret) => secret !== "").reduce((kept, secret) => kept.replaceAll(secret, "***"), words));
  try {
    const { error, error_description: description } = v.parse(Refusal, JSON.parse(text));
    return { error: clean(error), errorDescription: description === undefined ? undefined : clean(description) };
  } catch {
    return null;
  }
}
