import * as v from "valibot";
import { MetrikaError, type MetrikaErrorKind } from "./errors.ts";
import { quotaOf, type RequestArea } from "./quota.ts";
import { retryAfterSeconds } from "./retry-after.ts";

// https://yandex.ru/dev/metrika/ru/intro/errors; gateways in front of Metrika answer with other bodies, so all is optional.
const Envelope = v.object({
  errors: v.optional(
    v.array(
      v.object({
        error_type: v.optional(v.string()),
        message: v.optional(v.string()),
        location: v.optional(v.string()),
      }),
    ),
  ),
  message: v.optional(v.string()),
});

/** An answer that is no success, as {@link refusalOf} reads it. */
export interface RefusedAnswer {
  /** What was asked, for the message: `POST /management/v1/…`. */
  readonly operation: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Whether the request had a body that left this process. */
  readonly bodySent: boolean;
  readonly now: number;
  /** The part of the API that was asked, where it has quotas of its own. */
  readonly area?: RequestArea | undefined;
}

/** Turns an answer whose status is not 2xx into the error that says what to do about it. */
export function refusalOf(answer: RefusedAnswer): MetrikaError {
  const envelope = readEnvelope(answer.text);
  const first = envelope?.errors?.[0];
  const errorType = first?.error_type ?? null;
  const said = envelope?.message ?? first?.message ?? "";
  const quota = quotaOf(answer.status, errorType, answer.area);
  const kind = quota === null ? kindOf(answer.status, errorType) : "throttled";
  const location = first?.location === undefined ? "" : ` (at ${first.location})`;
  const reason = `${errorType ?? ""}${errorType !== null && said !== "" ? ": " : ""}${said}${location}`;
  return new MetrikaError(
    `Metrika answered ${answer.status} to ${answer.operation}${reason === "" ? "" : `: ${visible(reason)}`}`,
    {
      kind,
      status: answer.status,
      errorType: errorType ?? undefined,
      retryAfterSeconds: retryAfterSeconds(answer.headers, answer.now) ?? undefined,
      quota: quota ?? undefined,
      bodyMayHaveArrived: answer.bodySent && (kind === "unavailable" || kind === "invalid_answer"),
    },
  );
}

function kindOf(status: number, errorType: string | null): MetrikaErrorKind {
  // A bad token is told with 403 invalid_token in practice and with 401 in the documents.
  if (status === 401 || errorType === "invalid_token" || errorType === "unauthorized") return "unauthorized";
  // "Query is too complicated" depends on the load and passes: https://github.com/pavelmaksimov/tapi-yandex-metrika
  if (errorType === "query_error") return "unavailable";
  if (status === 403) return "forbidden";
  if (status === 404) return "not_found";
  if (status === 408 || status >= 500) return "unavailable";
  // Redirects are not followed: they would carry the file, and perhaps the token, to another host.
  return status >= 400 ? "rejected" : "invalid_answer";
}

function readEnvelope(text: string): v.InferOutput<typeof Envelope> | null {
  try {
    const parsed = v.safeParse(Envelope, JSON.parse(text));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** A text of another server on one line of bounded length. */
export function visible(text: string): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return line.length > 500 ? `${line.slice(0, 499)}…` : line;
}
