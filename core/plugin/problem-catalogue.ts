import { accountsProblems } from "./problems/accounts.ts";
import { callersProblems } from "./problems/callers.ts";
import { countersProblems } from "./problems/counters.ts";
import type { ProblemKind } from "./problems/kind.ts";
import { peopleProblems } from "./problems/people.ts";
import { requestsProblems } from "./problems/requests.ts";
import { sendersProblems } from "./problems/senders.ts";
import { sourcesProblems } from "./problems/sources.ts";
import { uploadsProblems } from "./problems/uploads.ts";

export type { ProblemKind };

/** Every problem the HTTP interface answers with, by its stable code. Blanks such as `{limit}` are filled when thrown. */
export const problemCatalogue = {
  ...callersProblems,
  ...peopleProblems,
  ...sendersProblems,
  ...sourcesProblems,
  ...uploadsProblems,
  ...accountsProblems,
  ...countersProblems,
  ...requestsProblems,
} as const satisfies Record<string, ProblemKind>;

/** The stable code of a problem. */
export type ProblemCode = keyof typeof problemCatalogue;
