import { ProblemError } from "../../core/plugin/problem.ts";
import { firstTooDeep } from "./json-depth.ts";
import { findJsonFault, type JsonFault, jsonFaultCauses, placeOf } from "./json-fault.ts";

/** Deeper documents are refused: ours have four levels, and recursion over a strange one must not exhaust the stack. */
const MAX_DEPTH = 64;

/**
 * Parses a body as JSON.
 * @param parse replaces `JSON.parse`, e.g. to keep long numbers exact; it throws `SyntaxError` for what is not JSON.
 * @throws {ProblemError} `malformed_json` with line, column and the likely cause.
 */
export function parseJson(text: string, parse: (text: string) => unknown = JSON.parse): unknown {
  const tooDeep = firstTooDeep(text, MAX_DEPTH);
  if (tooDeep !== null) throw malformed({ ...placeOf(text, tooDeep), cause: "too_deep" });
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw malformed(findJsonFault(text) ?? { line: 1, column: 1, cause: "unexpected" }, cause);
  }
}

function malformed({ line, column, cause: reason }: JsonFault, cause?: unknown): ProblemError {
  return new ProblemError("malformed_json", { line, column, cause: jsonFaultCauses[reason] }, { cause });
}
