import { ProblemError } from "../../core/plugin/problem.ts";
import { firstTooDeep } from "./json-depth.ts";
import { findJsonFault, type JsonFault, jsonFaultCauses, placeOf } from "./json-fault.ts";
import { MOST_LEVELS } from "./json-pieces.ts";

/**
 * Parses a body as JSON.
 * @param parse replaces `JSON.parse`, e.g. to keep long numbers exact; it throws `SyntaxError` for what is not JSON.
 * @throws {ProblemError} `malformed_json` with line, column and the likely cause.
 */
export function parseJson(text: string, parse: (text: string) => unknown = JSON.parse): unknown {
  const tooDeep = firstTooDeep(text, MOST_LEVELS);
  if (tooDeep !== null) throw malformed({ ...placeOf(text, tooDeep), cause: "too_deep" });
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw malformed(findJsonFault(text) ?? { line: 1, column: 1, cause: "unexpected" }, cause);
  }
}

/** The refusal of a text that is no JSON, or more of it than is taken. */
export function malformed({ line, column, cause: reason }: JsonFault, cause?: unknown): ProblemError {
  return new ProblemError("malformed_json", { line, column, cause: jsonFaultCauses[reason] }, { cause });
}
