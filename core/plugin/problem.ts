import { type Language, type Localized, type Params, render } from "../language.ts";
import { type ProblemCode, type ProblemKind, problemCatalogue } from "./problem-catalogue.ts";

/** Values for the blanks of a problem's sentence; a value may itself be a sentence. */
export type ProblemParams = Readonly<Record<string, string | number | Localized>>;

/** Further members of the document (`rejections`, `batch_id`), computed in the reader's language where that matters. */
export type ProblemMembers =
  | Readonly<Record<string, unknown>>
  | ((language: Language) => Readonly<Record<string, unknown>>);

/** What may accompany a problem. */
export interface ProblemOptions {
  readonly members?: ProblemMembers;
  /** Headers of the answer, e.g. `{ "retry-after": "1" }`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Whom a problem is told, and under which id it is found in the log. */
export interface ProblemReader {
  readonly language: Language;
  readonly requestId: string;
}

/** A refusal on its way to the sender: thrown anywhere below a route, answered as an RFC 9457 document by the app. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly params: ProblemParams;
  readonly members: ProblemMembers;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, params: ProblemParams = {}, options: ProblemOptions = {}) {
    super(code, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ProblemError";
    this.code = code;
    this.params = params;
    this.members = options.members ?? {};
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return problemCatalogue[this.code].status;
  }
}

/** "Not now": a 503 that names the seconds to wait, in its sentence and as `Retry-After`. */
export function retryLater(
  code:
    | "overloaded"
    | "storage_unavailable"
    | "metrika_not_answering"
    | "yandex_not_answering"
    | "identity_unavailable",
  seconds: number,
  cause?: unknown,
): ProblemError {
  return new ProblemError(code, { seconds }, { headers: { "retry-after": String(seconds) }, cause });
}

/**
 * The document of a problem: `type`, `title`, `status`, `detail`, `code`, `request_id` and its further members, which
 * cannot replace the standard ones. https://www.rfc-editor.org/rfc/rfc9457
 */
export function problemDocument(error: ProblemError, reader: ProblemReader): Readonly<Record<string, unknown>> {
  const { language, requestId } = reader;
  const { status, title, detail }: ProblemKind = problemCatalogue[error.code];
  const params = flatten({ request_id: requestId, ...error.params }, language);
  return {
    ...(typeof error.members === "function" ? error.members(language) : error.members),
    type: `urn:metrika-gateway:problem:${error.code}`,
    title: render(title, language),
    status,
    detail: render(detail, language, params).trimEnd(),
    code: error.code,
    request_id: requestId,
  };
}

/** The answer to a problem: its document as `application/problem+json`, never cached. */
export function problemResponse(error: ProblemError, reader: ProblemReader): Response {
  return new Response(JSON.stringify(problemDocument(error, reader)), {
    status: error.status,
    headers: {
      "content-type": "application/problem+json; charset=utf-8",
      "content-language": reader.language,
      "cache-control": "no-store",
      ...problemCatalogue[error.code].headers,
      ...error.headers,
    },
  });
}

function flatten(params: ProblemParams, language: Language): Params {
  const sentence = (value: string | number | Localized) => (typeof value === "object" ? value[language] : value);
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, sentence(value)]));
}
