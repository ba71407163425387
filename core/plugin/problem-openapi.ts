import * as v from "valibot";
import { ProblemError, problemDocument } from "./problem.ts";
import { type ProblemCode, problemCatalogue } from "./problem-catalogue.ts";
import { component, responseAs } from "./valibot-openapi.ts";

/** A problem document as RFC 9457 describes it, with our members. */
export const Problem = v.pipe(
  v.looseObject({
    type: v.pipe(v.string(), v.description("URN of the problem: urn:metrika-gateway:problem:<code>")),
    title: v.pipe(v.string(), v.description("Its short name, in Russian or English by Accept-Language")),
    status: v.pipe(v.number(), v.integer(), v.description("The HTTP status")),
    detail: v.pipe(v.string(), v.description("What happened and what to do")),
    code: v.pipe(v.string(), v.description("Stable code for programs")),
    request_id: v.pipe(v.string(), v.description("The request's id in the gateway's log")),
  }),
  component("Problem"),
);

/** How a caller is refused who shows an API key or a session, which will do wherever a source's own proof is asked for. */
export const callerProblems = [
  "api_key_invalid",
  "session_invalid",
  "session_expired",
  "forbidden_scope",
  "forbidden_role",
  "workspace_required",
  "workspace_unknown",
  "identity_unavailable",
] as const satisfies readonly ProblemCode[];

type StatusOf<Code extends ProblemCode> = (typeof problemCatalogue)[Code]["status"];
type ProblemAnswer = ReturnType<typeof responseAs<"application/problem+json", typeof Problem>>;

/**
 * The refusals of a route, for the `responses` of `createRoute`: one entry a status, one example a code.
 * `responses: { 202: jsonResponse(Receipt, …), ...problemResponses("secret_missing", "secret_wrong") }`
 */
export function problemResponses<const Code extends ProblemCode>(
  ...codes: readonly Code[]
): { readonly [Status in StatusOf<Code>]: ProblemAnswer } {
  const byStatus = Map.groupBy(codes, (code) => problemCatalogue[code].status);
  const entries = [...byStatus].map(([status, group]) => {
    const description = group.map((code) => problemCatalogue[code].title.en).join(" · ");
    const examples = Object.fromEntries(group.map((code) => [code, { value: exampleOf(code) }]));
    return [status, responseAs("application/problem+json", Problem, { description, examples })];
  });
  return Object.fromEntries(entries);
}

/** The blanks stay visible in an example: they say what a real answer names there. */
function exampleOf(code: ProblemCode): v.InferOutput<typeof Problem> {
  const reader = { language: "en", requestId: "4b7e3c1e-2f0a-4a55-9d0b-1c8a5d0c7f11" } as const;
  return v.parse(Problem, problemDocument(new ProblemError(code), reader));
}
