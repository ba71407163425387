import * as v from "valibot";
import { type Localized, quoteValue } from "../../core/language.ts";
import { maskSecret, maskText } from "../../core/vault/mask.ts";
import { type FieldFault, fieldFault, invalidFields, isSecretField, kindNames } from "./field-faults.ts";

/** Sentences for a schema's own checks, by the message they give: `v.check(isTimeZone, "time_zone_unknown")`. */
export type CheckSentences = Readonly<Record<string, Localized>>;

/** A body with a million strange fields is not told a million faults. */
const MOST_UNKNOWN_FIELDS = 20;

/**
 * Judges a parsed body by its valibot schema.
 * @param sentences for the schema's own checks; their message is the fault's code, `{received}` is their blank.
 * @throws {ProblemError} `invalid_field` with every fault in `errors[]`.
 */
export function parseBody<Schema extends v.GenericSchema>(
  schema: Schema,
  body: unknown,
  sentences: CheckSentences = {},
): v.InferOutput<Schema> {
  // To valibot a list is an object without the fields.
  if (Array.isArray(body)) throw invalidFields([wrongType("body", "object", quoteValue(shorten(body)))]);
  const parsed = v.safeParse(schema, body);
  if (parsed.success) return parsed.output;
  throw invalidFields([
    ...parsed.issues.filter((issue) => !isUnknownField(issue)).map((issue) => faultOf(issue, sentences)),
    ...parsed.issues.filter(isUnknownField).flatMap((issue) => unknownFields(schema, body, issue)),
  ]);
}

const isUnknownField = (issue: v.BaseIssue<unknown>) => issue.kind === "schema" && issue.expected === "never";

/** Valibot stops at the first field that the schema does not have; a sender wants to hear of all. */
function unknownFields(schema: v.GenericSchema, body: unknown, first: v.BaseIssue<unknown>): readonly FieldFault[] {
  const fault = (field: string) => fieldFault(spell(field), "unknown_field", {});
  if (first.path?.length !== 1 || !("entries" in schema)) return [fault(v.getDotPath(first) ?? "body")];
  const known = schema.entries as object;
  return Object.keys(body as object)
    .filter((name) => !Object.hasOwn(known, name))
    .slice(0, MOST_UNKNOWN_FIELDS)
    .map(fault);
}

/**
 * The fault that an issue of a schema tells.
 * @param sentences see {@link parseBody}
 * @param field where it stands, by its dotted path
 */
export function faultOf(
  issue: v.BaseIssue<unknown>,
  sentences: CheckSentences,
  field = v.getDotPath(issue) ?? "body",
): FieldFault {
  const received = receivedOf(field, issue.input);
  const own = sentences[issue.message];
  if (own !== undefined) return { field, code: issue.message, sentence: own, params: { received } };
  return issue.kind === "schema" ? typeFault(field, issue, received) : ruleFault(field, issue, received);
}

function typeFault(field: string, issue: v.BaseIssue<unknown>, received: string): FieldFault {
  if (issue.input === undefined) return fieldFault(field, "required", {});
  const isChoice = issue.type === "picklist" || issue.type === "literal" || issue.type === "variant";
  if (isChoice) return fieldFault(field, "not_one_of", { allowed: choices(issue.expected), received });
  // In quotation marks: "a number is expected, received: 12345" would puzzle whoever sent "12345".
  const shown = typeof issue.input === "string" && !isSecretField(field) ? `"${received}"` : received;
  return wrongType(field, kindOf(issue), shown);
}

function wrongType(field: string, expected: keyof typeof kindNames, received: string): FieldFault {
  return fieldFault(field, "wrong_type", { expected: kindNames[expected], received });
}

function ruleFault(field: string, issue: v.BaseIssue<unknown>, received: string): FieldFault {
  const { type, requirement: limit } = issue as v.BaseIssue<unknown> & { readonly requirement?: unknown };
  if (typeof limit === "number" || typeof limit === "bigint") {
    if (/^(?:min_length|min_bytes|min_graphemes|min_size|min_entries)$/.test(type)) return bound("too_short");
    if (/^(?:max_length|max_bytes|max_graphemes|max_size|max_entries)$/.test(type)) return bound("too_long");
    if (type === "min_value" || type === "gt_value") return bound("too_small");
    if (type === "max_value" || type === "lt_value") return bound("too_large");
  }
  if (type === "non_empty") return fieldFault(field, "too_short", { limit: 1 });
  if (type === "integer" || type === "safe_integer") return fieldFault(field, "not_whole", { received });
  return fieldFault(field, "bad_format", { received });

  function bound(code: "too_short" | "too_long" | "too_small" | "too_large"): FieldFault {
    return fieldFault(field, code, { limit: String(limit), received });
  }
}

/** The value as the sender may see it again; what looks like a secret by its field's name stays hidden. */
function receivedOf(field: string, input: unknown): string {
  if (!isSecretField(field)) return typeof input === "string" ? spell(input) : quoteValue(shorten(input));
  return typeof input === "string" ? maskSecret(input) : "***";
}

/** A token in a field that is not for tokens, by a slip, is masked as well. Cut first: the value may be megabytes long. */
const spell = (text: string) => quoteValue(maskText(text.slice(0, 200)));

/** An object is named by its shape, since its members may be secrets. */
function shorten(input: unknown): unknown {
  if (Array.isArray(input)) return `[…${input.length}]`;
  return typeof input === "object" && input !== null ? "{…}" : input;
}

function kindOf({ type }: v.BaseIssue<unknown>): keyof typeof kindNames {
  if (type === "string" || type === "number" || type === "boolean" || type === "array") return type;
  return /object|record/.test(type) ? "object" : "other";
}

/** Valibot writes `("a" | "b")`; a reader expects `"a", "b"`. */
function choices(expected: string | null): string {
  return (expected ?? "").replace(/^\((.*)\)$/s, "$1").replaceAll(" | ", ", ");
}
