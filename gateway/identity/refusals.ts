import { getLogger } from "@logtape/logtape";
import { TokenError } from "../../core/identity/access-tokens.ts";
import { IdentityError, identityRefusals } from "../../core/identity/identity-error.ts";
import { type Language, render } from "../../core/language.ts";
import { ProblemError, type ProblemParams, problemDocument } from "../../core/plugin/problem.ts";
import { isStorageFault } from "../../core/store/storage-fault.ts";

/** For whom a refusal is written. */
interface Reader {
  readonly language: Language;
  readonly requestId: string;
}

interface RefusalAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly errorCode: string;
  readonly message: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** Seconds after which a client asks again while the database does not answer. */
const RETRY_SECONDS = 2;

/** The codes of Supabase Auth for problems that have a name of their own here. */
const codesOfProblems: Readonly<Record<string, string>> = {
  signup_closed: "signup_disabled",
  malformed_json: "bad_json",
  invalid_field: "validation_failed",
};

const faulty = {
  ru: "Шлюз не смог выполнить запрос. Ошибка записана в журнал под номером {request_id}; повторите запрос позже.",
  en: "The gateway could not carry out the request. The fault is in its log under {request_id}; try again later.",
};
const away = {
  ru: "База данных сейчас не отвечает. Повторите через {seconds} с.",
  en: "The database does not answer just now. Try again in {seconds} s.",
};

/**
 * A refusal as supabase-js understands it: `{ code, error_code, msg }`, where `code` is the status.
 * https://supabase.com/docs/guides/auth/debugging/error-codes
 */
export function refusalResponse(error: unknown, reader: Reader): Response {
  const { status, headers, errorCode, message, more } = answerOf(error, reader);
  return Response.json(
    { code: status, error_code: errorCode, msg: message, ...more },
    { status, headers: { "content-language": reader.language, "cache-control": "no-store", ...headers } },
  );
}

function answerOf(error: unknown, reader: Reader): RefusalAnswer {
  if (error instanceof IdentityError) return answerOfRefusal(error, reader.language);
  // supabase-js lets go of a session for a 403 with `session_not_found`; an expired token it refreshes.
  if (error instanceof TokenError) return answerOfRefusal(new IdentityError("bad_jwt"), reader.language);
  if (error instanceof ProblemError) return answerOfProblem(error, reader);
  const log = getLogger(["metrika-gateway", "identity"]);
  const { requestId } = reader;
  if (isStorageFault(error)) {
    const detail = error instanceof Error ? error.message : String(error);
    log.error("Request {requestId} met a database that fails: {detail}", { requestId, detail });
    const message = render(away, reader.language, { seconds: RETRY_SECONDS });
    const headers = { "retry-after": String(RETRY_SECONDS) };
    return { status: 503, headers, errorCode: "unexpected_failure", message };
  }
  log.error("Request {requestId} failed: {error}", { requestId, error });
  const message = render(faulty, reader.language, { request_id: requestId });
  return { status: 500, errorCode: "unexpected_failure", message };
}

function answerOfRefusal({ code, params, reasons }: IdentityError, language: Language): RefusalAnswer {
  const { status, sentence } = identityRefusals[code];
  const message = render(sentence, language, plain(params, language));
  return {
    ...{ status, errorCode: code, message },
    ...(status === 429 && { headers: { "retry-after": String(params.seconds) } }),
    ...(reasons.length > 0 && { more: { weak_password: { reasons, message } } }),
  };
}

/** What the rest of the gateway refuses: a body too large, a code of invitation that is wrong. */
function answerOfProblem(error: ProblemError, reader: Reader): RefusalAnswer {
  const { detail } = problemDocument(error, reader);
  const errorCode = codesOfProblems[error.code] ?? error.code;
  return { status: error.status, headers: error.headers, errorCode, message: String(detail) };
}

function plain(params: ProblemParams, language: Language): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, typeof value === "object" ? value[language] : value]),
  );
}
