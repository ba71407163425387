import { parseBody } from "../http/parse-body.ts";
import type { BodyLimits } from "../http/read-body.ts";
import { readOptionalJson } from "../http/read-json.ts";
import { Cancellation } from "./webhook-shapes.ts";

/**
 * Whether a request to cancel only wants to know how many; it may have no body.
 * @throws {ProblemError} as `readJson` and `parseBody` do
 */
export async function readCancellation(request: Request, limits: BodyLimits): Promise<boolean> {
  return parseBody(Cancellation, await readOptionalJson(request, limits)).dry_run ?? false;
}
