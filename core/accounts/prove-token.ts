import type { MetrikaClient } from "../metrika/client.ts";
import { MetrikaError } from "../metrika/errors.ts";
import { ProblemError } from "../plugin/problem.ts";
import { answered, refusalText } from "./yandex-silence.ts";

/** What Yandex and Metrika tell of a token. */
export interface ProvenToken {
  readonly yandexId: string;
  readonly login: string;
  /** The application that it was issued to. */
  readonly clientId: string | null;
  /** Counters that it may see. */
  readonly counters: number;
}

/** How long each of both may take. */
const ASK_MS = 15_000;

/**
 * Asks Yandex whose a token is, and Metrika whether it may read counters. That it may write cannot be asked without writing.
 * @throws {ProblemError} `token_not_accepted`, `token_rights_missing`, `yandex_not_answering`
 */
export async function proveToken(
  metrika: Pick<MetrikaClient, "login" | "counters">,
  token: string,
): Promise<ProvenToken> {
  const signal = () => AbortSignal.timeout(ASK_MS);
  const { id, login, clientId } = await judged(metrika.login.get({ token, signal: signal() }));
  const { total } = await judged(metrika.counters.list({ token, loginKey: login, perPage: 1, signal: signal() }));
  return { yandexId: id, login, clientId, counters: total };
}

async function judged<T>(call: Promise<T>): Promise<T> {
  try {
    return await answered(call);
  } catch (error) {
    if (!(error instanceof MetrikaError)) throw error;
    if (error.kind === "forbidden") throw rightsMissing(["metrika:read"], error);
    throw new ProblemError("token_not_accepted", { text: refusalText(error) }, { cause: error });
  }
}

/**
 * Judges the rights that Yandex tells of a token; `metrika:offline_data` uploads as `metrika:write` does.
 * https://yandex.ru/dev/metrika/ru/intro/authorization
 * @param scopes null where Yandex does not tell them, which means all that were asked for
 * @throws {ProblemError} `token_rights_missing`
 */
export function requireRights(scopes: readonly string[] | null): void {
  if (scopes === null) return;
  const uploads = scopes.includes("metrika:write") || scopes.includes("metrika:offline_data");
  const missing = [...(scopes.includes("metrika:read") ? [] : ["metrika:read"]), ...(uploads ? [] : ["metrika:write"])];
  if (missing.length > 0) throw rightsMissing(missing);
}

function rightsMissing(rights: readonly string[], cause?: unknown): ProblemError {
  return new ProblemError("token_rights_missing", { rights: rights.join(", ") }, { cause });
}
