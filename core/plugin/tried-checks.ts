import type { Health } from "./contract.ts";
import { RetryLater, Unusable } from "./raw-intake.ts";

type Check = Health["checks"][number];

/** Looks at one thing of a CRM; its silence or refusal is what was found, under the given code. */
export async function triedChecks(code: string, look: () => Promise<readonly Check[]>): Promise<readonly Check[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof Unusable || error instanceof RetryLater)) throw error;
    return [{ code, ok: false, message: error.reason }];
  }
}
