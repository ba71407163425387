import { quoteValue, RetryLater, Unusable } from "metrika-gateway/plugin";

// What amoCRM's answers mean for what is to be done next.

/** amoCRM did not answer, or not with JSON. */
export function noAnswer(cause: unknown): RetryLater {
  return new RetryLater({ ru: "amoCRM не отвечает.", en: "amoCRM does not answer." }, null, { cause });
}

/** Neither a token nor the keys of an integration are configured. */
export function tokenMissing(): Unusable {
  return new Unusable("token_missing", {
    ru: "Не указаны ни access_token, ни oauth. Укажите долгосрочный токен или ключи интеграции, либо отключите enrich.",
    en: "Neither access_token nor oauth is given. Give a long-lived token or the keys of an integration, or switch enrich off.",
  });
}

/** The code or the refresh token is not accepted: only a person can make a new one. */
export function oauthRefused(status: number): Unusable {
  return new Unusable("token_refused", {
    ru: `amoCRM не выдала токены (HTTP ${status}): код авторизации живёт 20 минут и действует один раз, а токен обновления — три месяца. Скопируйте в oauth.code новый код из ключей интеграции.`,
    en: `amoCRM gave no tokens (HTTP ${status}): an authorization code lives for 20 minutes and works once, a refresh token for three months. Copy a new code from the keys of the integration into oauth.code.`,
  });
}

/** The error that an answer without success is; `retryAfter` is its header. */
export function refusalOf(status: number, retryAfter: string | null): RetryLater | Unusable {
  if (status === 429) {
    return new RetryLater(
      { ru: "amoCRM просит слать запросы реже (HTTP 429).", en: "amoCRM asks for fewer requests (HTTP 429)." },
      secondsOf(retryAfter),
    );
  }
  if (status >= 500) {
    const reason = { ru: `amoCRM неисправна (HTTP ${status}).`, en: `amoCRM fails (HTTP ${status}).` };
    return new RetryLater(reason, secondsOf(retryAfter));
  }
  if (status === 401 || status === 403) {
    return new Unusable("token_refused", {
      ru: `amoCRM не принимает токен (HTTP ${status}). Проверьте, что он из этого аккаунта, не отозван, а у его владельца есть права администратора. 403 бывает и тогда, когда аккаунт заблокирован за превышение лимита запросов.`,
      en: `amoCRM does not accept the token (HTTP ${status}). See that it is this account's, was not revoked, and that its owner is an administrator. A 403 may also mean that the account is blocked for too many requests.`,
    });
  }
  if (status === 402) {
    return new Unusable("account_unpaid", {
      ru: "Аккаунт amoCRM не оплачен, его API закрыт (HTTP 402).",
      en: "The amoCRM account is not paid for, its API is closed (HTTP 402).",
    });
  }
  if (status >= 300 && status < 400) {
    return new Unusable("account_moved", {
      ru: `amoCRM отвечает переадресацией (HTTP ${status}): аккаунт переименован или не существует. Исправьте domain.`,
      en: `amoCRM answers with a redirect (HTTP ${status}): the account was renamed or does not exist. Correct domain.`,
    });
  }
  return new Unusable("crm_refused", {
    ru: `amoCRM отклонила запрос (HTTP ${quoteValue(status)}).`,
    en: `amoCRM refused the request (HTTP ${quoteValue(status)}).`,
  });
}

function secondsOf(retryAfter: string | null): number | null {
  return retryAfter !== null && /^\d{1,5}$/.test(retryAfter) ? Number(retryAfter) : null;
}
