import type { Localized } from "../../language.ts";

/** A kind of refusal: its HTTP status, its short name and the sentence that says what happened and what to do. */
export interface ProblemKind<Status extends number = number> {
  readonly status: Status;
  readonly title: Localized;
  readonly detail: Localized;
  /** Headers that every answer of this kind carries. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Makes a kind. */
export const kind = <const Status extends number>(
  status: Status,
  title: Localized,
  detail: Localized,
  headers: ProblemKind["headers"] = {},
): ProblemKind<Status> => ({ status, title, detail, headers });

// RFC 9110 §11.6.1 asks for it beside each 401. Webhook secrets travel in a header of their own, which has no scheme.
export const CHALLENGE = { "www-authenticate": 'Bearer realm="metrika-gateway"' };
// The rest of the body is not read, so the connection cannot carry another request.
export const CLOSE = { connection: "close" };
