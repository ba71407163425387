import { quoteValue } from "../../core/language.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { parseJson } from "./parse-json.ts";
import { parseLargeJson } from "./parse-large-json.ts";
import { type BodyLimits, readBody } from "./read-body.ts";
import { decodeUtf8 } from "./utf8.ts";

/** The types that name JSON. */
export const JSON_TYPE = /^(?:application|text)\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/** Larger bodies are parsed a piece at a time; for smaller ones, some milliseconds, that would cost more than it gives. */
const LARGE_BODY = 524_288;

/** A body that was JSON. */
export interface JsonBody {
  readonly value: unknown;
  /** As it was sent; of a large body it is made anew at each call. */
  readonly text: () => string;
}

/**
 * Reads a body as JSON. Senders often forget to name the type (curl then says it is a form), so JSON is taken for what it
 * is; a body that is not JSON and says so is refused for its type.
 * @param type the header `Content-Type`
 * @param parse replaces `JSON.parse`, see {@link parseLargeJson}.
 * @throws {ProblemError} `unsupported_media_type`, `malformed_json`, `invalid_encoding`
 */
export async function readJsonText(
  body: Uint8Array | Promise<Uint8Array>,
  type: string | null,
  parse?: (text: string) => unknown,
): Promise<JsonBody> {
  const bytes = await body;
  const isLarge = bytes.length > LARGE_BODY;
  const known = isLarge ? null : decodeUtf8(bytes);
  const text = () => known ?? decodeUtf8(bytes);
  try {
    return { value: known === null ? await parseLargeJson(bytes, parse) : parseJson(known, parse), text };
  } catch (error) {
    if (!(error instanceof ProblemError) || error.code !== "malformed_json") throw error;
    if (type === null || JSON_TYPE.test(type) || /^\s*[[{]/.test(text())) throw error;
    throw new ProblemError("unsupported_media_type", { received: quoteValue(type) }, { cause: error });
  }
}

/**
 * Reads a request's body as JSON within the limits.
 * @throws {ProblemError} as {@link readJsonText} and {@link readBody}
 */
export async function readJson(request: Request, limits: BodyLimits): Promise<unknown> {
  return (await readJsonText(readBody(request, limits), request.headers.get("content-type"))).value;
}

/** As {@link readJson}; an empty object where there is no body. */
export async function readOptionalJson(request: Request, limits: BodyLimits): Promise<unknown> {
  if (request.body === null || request.headers.get("content-length") === "0") return {};
  return await readJson(request, limits);
}
