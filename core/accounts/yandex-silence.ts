import { MetrikaError } from "../metrika/errors.ts";
import { YandexOauthError } from "../metrika/oauth-error.ts";
import { retryLater } from "../plugin/problem.ts";

/** What a person waits before the same is tried again. */
const RETRY_SECONDS = 30;

/**
 * Waits for an answer of Yandex; that none came, or none that can be read, becomes the problem `yandex_not_answering`.
 * A refusal stays what it is.
 */
export async function answered<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!isSilence(error)) throw error;
    throw retryLater("yandex_not_answering", RETRY_SECONDS, error);
  }
}

function isSilence(error: unknown): boolean {
  if (error instanceof YandexOauthError) return error.kind === "unreachable" || error.kind === "unexpected";
  if (!(error instanceof MetrikaError)) return false;
  return !["unauthorized", "forbidden", "rejected", "not_found"].includes(error.kind);
}

/** What Yandex said when it refused something, for a sentence. */
export function refusalText(error: YandexOauthError | MetrikaError): string {
  const said = error instanceof MetrikaError ? error.message : (error.errorDescription ?? error.error);
  return (said ?? `HTTP ${error.status}`).replace(/\.$/, "");
}
