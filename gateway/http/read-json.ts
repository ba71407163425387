import { quoteValue } from "../../core/language.ts";
import { ProblemError } from "../../core/plugin/problem.ts";
import { parseJson } from "./parse-json.ts";
import { type BodyLimits, readBody } from "./read-body.ts";

const JSON_TYPE = /^(?:application|text)\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/**
 * Reads a request's body as JSON within the limits. Senders often forget to name the type (curl then says it is a form), so
 * JSON is taken for what it is; a body that is not JSON and says so is refused for its type.
 * @param parse replaces `JSON.parse`, see {@link parseJson}.
 * @throws {ProblemError} `unsupported_media_type`, `malformed_json`, and what {@link readBody} throws.
 */
export async function readJsonText(
  request: Request,
  limits: BodyLimits,
  parse?: (text: string) => unknown,
): Promise<{ readonly value: unknown; readonly text: string }> {
  const text = await readBody(request, limits);
  try {
    return { value: parseJson(text, parse), text };
  } catch (error) {
    const type = request.headers.get("content-type");
    if (type === null || JSON_TYPE.test(type) || /^\s*[[{]/.test(text)) throw error;
    throw new ProblemError("unsupported_media_type", { received: quoteValue(type) }, { cause: error });
  }
}

/** As {@link readJsonText}, the value alone. */
export async function readJson(request: Request, limits: BodyLimits): Promise<unknown> {
  return (await readJsonText(request, limits)).value;
}
