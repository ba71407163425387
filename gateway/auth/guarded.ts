import type { Permission } from "../../core/accounts/permissions.ts";
import { callerProblems } from "../../core/plugin/problem-openapi.ts";

/** What a route asks of its caller: a permission in a workspace, or only to be a person who is signed in. */
export type Asked = Permission | "signed_in";

/** A route's definition, as far as it says who may call it. */
export interface Guarded {
  readonly "x-permission": Asked;
}

/**
 * The part of a route's definition that says who may call it: the document shows it, and `authorize` asks for the same.
 * `createRoute({ …, ...guarded("read") })`
 */
export const guarded = <P extends Asked>(permission: P) => ({
  "x-permission": permission,
  security: permission === "signed_in" ? [{ session: [] }] : [{ apiKey: [] }, { session: [] }],
});

/** How a caller of a guarded route may be refused. */
export const accessProblems = ["unauthorized", ...callerProblems] as const;

/** The same of a route that asks only for a person who is signed in. */
export const sessionProblems = [
  "unauthorized",
  "session_invalid",
  "session_expired",
  "person_required",
  "identity_unavailable",
] as const;
