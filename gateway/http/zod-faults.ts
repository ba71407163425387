import type { z } from "@hono/zod-openapi";
import { quoteValue } from "../../core/language.ts";
import { type FieldFault, fieldFault, isSecretField, kindNames } from "./field-faults.ts";

type Issue = z.core.$ZodIssue;

/**
 * The faults that zod found in path parameters, query or headers, in the words of all our answers.
 * @param given the values as they came: zod's issues do not carry them.
 */
export function zodFaults(
  error: { readonly issues: readonly Issue[] },
  given: Readonly<Record<string, unknown>>,
): readonly FieldFault[] {
  return error.issues.flatMap((issue) => {
    const field = issue.path.map(String).join(".");
    const value = given[String(issue.path[0])];
    return faultsOf(issue, field, isSecretField(field) ? "***" : quoteValue(value ?? ""), value === undefined);
  });
}

function faultsOf(issue: Issue, field: string, received: string, absent: boolean): readonly FieldFault[] {
  switch (issue.code) {
    case "invalid_type":
      if (absent) return [fieldFault(field, "required", {})];
      if (issue.expected === "int") return [fieldFault(field, "not_whole", { received })];
      return [fieldFault(field, "wrong_type", { expected: kindNames[kindOf(issue.expected)], received })];
    case "too_small":
      return [bound(issue.origin === "string" ? "too_short" : "too_small", issue.minimum)];
    case "too_big":
      return [bound(issue.origin === "string" ? "too_long" : "too_large", issue.maximum)];
    case "invalid_value":
      return [fieldFault(field, "not_one_of", { allowed: issue.values.map(String).join(", "), received })];
    case "unrecognized_keys":
      return issue.keys.map((key) => fieldFault(key, "unknown_field", {}));
    default:
      return [fieldFault(field, "bad_format", { received })];
  }

  function bound(code: "too_short" | "too_long" | "too_small" | "too_large", limit: number | bigint): FieldFault {
    return fieldFault(field, code, { limit: String(limit), received });
  }
}

function kindOf(expected: string): keyof typeof kindNames {
  return expected in kindNames ? (expected as keyof typeof kindNames) : "other";
}
