import { ProblemError } from "../../core/plugin/problem.ts";
import { findJsonFault, type JsonFaultCause, jsonFaultCauses } from "./json-fault.ts";

/** Deeper documents are refused: ours have four levels, and recursion over a strange one must not exhaust the stack. */
const MAX_DEPTH = 64;

/**
 * Parses a body as JSON.
 * @param parse replaces `JSON.parse`, e.g. to keep long numbers exact; it throws `SyntaxError` for what is not JSON.
 * @throws {ProblemError} `malformed_json` with line, column and the likely cause.
 */
export function parseJson(text: string, parse: (text: string) => unknown = JSON.parse): unknown {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    // A parser with a reviver recurses, and runs out of stack on deep documents.
    if (cause instanceof RangeError) throw malformed("too_deep", 1, 1, cause);
    if (!(cause instanceof SyntaxError)) throw cause;
    const fault = findJsonFault(text);
    throw malformed(fault?.cause ?? "unexpected", fault?.line ?? 1, fault?.column ?? 1, cause);
  }
  if (isDeeperThan(value, MAX_DEPTH)) throw malformed("too_deep", 1, 1);
  return value;
}

function malformed(reason: JsonFaultCause, line: number, column: number, cause?: unknown): ProblemError {
  return new ProblemError("malformed_json", { line, column, cause: jsonFaultCauses[reason] }, { cause });
}

/** Walks the parsed value, not the text: measured 4 ms against 23 for 100,000 conversions, whose parsing takes 25. */
function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  if (Array.isArray(value)) return value.some((element) => isDeeperThan(element, depth - 1));
  for (const name in value) {
    if (isDeeperThan((value as Readonly<Record<string, unknown>>)[name], depth - 1)) return true;
  }
  return false;
}
