import { asText, ForbiddenAddress, quoteValue, RetryLater, Unusable } from "metrika-gateway/plugin";

// What Bitrix24's answers mean for what is to be done next: https://apidocs.bitrix24.ru/limits.html and the list of system errors of each method.

/** The counters of a method's time fall once a minute. */
const METHOD_RESTS_SECONDS = 60;

/**
 * The portal did not answer, or not with JSON. The error of the network is left behind: it may name the address, which ends with the
 * code.
 */
export function noAnswer(error: unknown): RetryLater | Unusable {
  if (error instanceof ForbiddenAddress) return new Unusable("address_forbidden", error.reason);
  return new RetryLater({ ru: "Битрикс24 не отвечает.", en: "Bitrix24 does not answer." });
}

/** The error that an answer without success is. `error` and `error_description` are the body's. */
export function refusalOf(status: number, error: string, description: string): RetryLater | Unusable {
  const told = quoteValue([error, description].filter((it) => it !== "").join(": ") || `HTTP ${status}`);
  switch (error.toUpperCase()) {
    case "QUERY_LIMIT_EXCEEDED":
      return slower(told, null);
    case "OPERATION_TIME_LIMIT":
      return slower(told, METHOD_RESTS_SECONDS);
    case "NO_AUTH_FOUND":
    case "INVALID_CREDENTIALS":
    case "EXPIRED_TOKEN":
    case "INVALID_TOKEN":
    case "AUTHORIZATION_ERROR":
    case "USER_ACCESS_ERROR":
      return tokenRefused(told);
    case "INSUFFICIENT_SCOPE":
      return new Unusable("scope_missing", {
        ru: `Входящему вебхуку не хватает прав (${told}). Дайте ему право CRM (crm).`,
        en: `The inbound webhook lacks a permission (${told}). Give it CRM (crm).`,
      });
    case "PORTAL_DELETED":
      return moved(told);
  }
  if (/commercial plan/i.test(description)) {
    return new Unusable("account_unpaid", {
      ru: "REST API этого портала закрыт: он доступен только на коммерческих тарифах.",
      en: "The portal's REST API is closed: it is for commercial plans only.",
    });
  }
  if (status === 429) return slower(told, null);
  if (status >= 500) {
    return new RetryLater({ ru: `Битрикс24 неисправен (${told}).`, en: `Bitrix24 fails (${told}).` });
  }
  if (status === 401 || status === 403) return tokenRefused(told);
  if (status >= 300 && status < 400) return moved(told);
  return new Unusable("crm_refused", {
    ru: `Битрикс24 отклонил запрос: ${told}.`,
    en: `Bitrix24 refused the request: ${told}.`,
  });
}

/** Whether an answer says that there is no such deal, lead or contact: it has no code of its own, only words. */
export function isNotFound(body: Readonly<Record<string, unknown>>): boolean {
  return /^not found\.?$/i.test(asText(body.error_description) ?? "");
}

const slower = (told: string, afterSeconds: number | null) =>
  new RetryLater(
    { ru: `Битрикс24 просит слать запросы реже (${told}).`, en: `Bitrix24 asks for fewer requests (${told}).` },
    afterSeconds,
  );

const tokenRefused = (told: string) =>
  new Unusable("token_refused", {
    ru: `Битрикс24 не принимает код входящего вебхука (${told}). Проверьте, что вебхук не удалён, а его владелец работает и видит сделки; затем скопируйте адрес заново в webhook_address.`,
    en: `Bitrix24 does not accept the code of the inbound webhook (${told}). See that the webhook was not deleted and that its owner still works there and sees the deals; then copy the address into webhook_address anew.`,
  });

const moved = (told: string) =>
  new Unusable("account_moved", {
    ru: `Портала по этому адресу больше нет (${told}): он переименован или закрыт. Исправьте domain и webhook_address.`,
    en: `The portal is no longer at this address (${told}): it was renamed or closed. Correct domain and webhook_address.`,
  });
