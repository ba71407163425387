import type { Localized, Params } from "../language.ts";
import type { MetrikaClient } from "../metrika/client.ts";
import type { MetrikaCounter } from "../metrika/counters.ts";
import { MetrikaError } from "../metrika/errors.ts";
import { goalIdentifiers } from "../metrika/goals.ts";

/** What a pasted token can do with a counter, as far as Metrika told in the time given. */
export interface TokenReport {
  readonly login: string | null;
  /** IANA name; null when the counter could not be read. */
  readonly timeZone: string | null;
  readonly goals: readonly string[] | null;
  readonly warnings: readonly TokenWarning[];
}

/** What is doubtful about a token; `params` fill the blanks of its sentence. */
export interface TokenWarning {
  readonly code: TokenWarningCode;
  readonly params: Params;
}

/** What is told of a pasted token, by stable code. */
export const tokenSentences = {
  token_refused: {
    ru: "Метрика не принимает токен: {text}. Конверсии принимаются, но отправка начнётся только с рабочим токеном.",
    en: "Metrika does not accept the token: {text}. Conversions are taken, but sending begins only with a token that works.",
  },
  counter_not_accessible: {
    ru: "Токен не даёт доступа к счётчику {counter}: {text}. Попросите владельца счётчика выдать доступ на редактирование логину токена.",
    en: "The token gives no access to counter {counter}: {text}. Ask the counter's owner to grant the token's login the right to edit.",
  },
  counter_read_only: {
    ru: "У логина токена на счётчике {counter} есть только право «{permission}». Для загрузки конверсий нужно право на редактирование.",
    en: "The token's login has only the right “{permission}” on counter {counter}. Uploading conversions needs the right to edit.",
  },
  goals_not_readable: {
    ru: "Цели счётчика {counter} прочитать не удалось: {text}. Конверсии будут отправляться без проверки цели; дайте токену право metrika:read.",
    en: "The goals of counter {counter} could not be read: {text}. Conversions will be sent without checking their goal; give the token the right metrika:read.",
  },
  metrika_unreachable: {
    ru: "Метрика сейчас недоступна ({text}), поэтому токен и счётчик не проверены.",
    en: "Metrika cannot be reached now ({text}), so the token and the counter were not checked.",
  },
} as const satisfies Record<string, Localized>;

/** A stable code of {@link tokenSentences}. */
export type TokenWarningCode = keyof typeof tokenSentences;

/** Of the time that Metrika is given, the part in which the login must be known. */
const LOGIN_MS = 2000;

/**
 * Asks Metrika whose the token is and what it may do with the counter. A refusal is a warning, never an error. The login is
 * asked first, since it is under the login that Metrika counts the other requests.
 * @param tokenHash by what they are counted when the login cannot be known
 */
export async function checkToken(
  metrika: MetrikaClient,
  ask: {
    readonly token: string;
    readonly tokenHash: string;
    readonly counterId: number;
    readonly signal: AbortSignal;
  },
): Promise<TokenReport> {
  const { token, counterId, signal } = ask;
  const login = await loginOf(metrika, token, signal);
  const checked = await checkCounter(metrika, { token, loginKey: login ?? ask.tokenHash, counterId, signal });
  return { login, ...checked };
}

/** Whose a token is; null where Yandex does not tell in time. */
export async function loginOf(metrika: MetrikaClient, token: string, signal: AbortSignal): Promise<string | null> {
  const soon = AbortSignal.any([signal, AbortSignal.timeout(LOGIN_MS)]);
  const [known] = await Promise.allSettled([metrika.login.get({ token, signal: soon })]);
  return known.status === "fulfilled" ? known.value.login : null;
}

/** What could be told of a counter, and why it could not be read. */
export interface CounterReport extends Omit<TokenReport, "login"> {
  readonly counter: MetrikaCounter | null;
  /** What was thrown instead of the counter; undefined when there is one. */
  readonly refusal: unknown;
}

/** Asks Metrika what a token may do with a counter. A refusal is a warning, never an error. */
export async function checkCounter(
  metrika: MetrikaClient,
  call: {
    readonly token: string;
    readonly loginKey: string;
    readonly counterId: number;
    readonly signal: AbortSignal;
  },
): Promise<CounterReport> {
  const { counterId } = call;
  const [counter, goals] = await Promise.allSettled([metrika.counters.get(call), metrika.goals.list(call)]);
  const warnings: TokenWarning[] = [];
  if (counter.status === "rejected") warnings.push(warningOf(counter.reason, counterId));
  else if (counter.value.writable === false) {
    warnings.push({
      code: "counter_read_only",
      params: { counter: counterId, permission: counter.value.permission ?? "" },
    });
  }
  if (goals.status === "rejected" && counter.status === "fulfilled") {
    warnings.push({ code: "goals_not_readable", params: { counter: counterId, text: textOf(goals.reason) } });
  }
  return {
    counter: counter.status === "fulfilled" ? counter.value : null,
    refusal: counter.status === "rejected" ? counter.reason : undefined,
    timeZone: counter.status === "fulfilled" ? (counter.value.timeZoneName ?? null) : null,
    goals: goals.status === "fulfilled" ? [...goalIdentifiers(goals.value)] : null,
    warnings,
  };
}

function warningOf(error: unknown, counter: number): TokenWarning {
  const text = textOf(error);
  const kind = error instanceof MetrikaError ? error.kind : "unreachable";
  if (kind === "unauthorized") return { code: "token_refused", params: { text } };
  if (kind === "forbidden" || kind === "not_found" || kind === "rejected") {
    return { code: "counter_not_accessible", params: { counter, text } };
  }
  return { code: "metrika_unreachable", params: { text } };
}

function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\.$/, "");
}
