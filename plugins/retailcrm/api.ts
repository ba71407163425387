import {
  asRecord,
  asText,
  createPace,
  ForbiddenAddress,
  parseExactJson,
  quoteValue,
  RetryLater,
  type SourceContext,
  Unusable,
} from "metrika-gateway/plugin";
import type { Config } from "./config.ts";

/** https://docs.retailcrm.ru/Developers/API/APIMethods: ten requests a second from one address. */
const REQUESTS_PER_SECOND = 10;
const pace = createPace();

/** What is asked of RetailCRM's API v5. Its errors are {@link RetryLater} and {@link Unusable}. */
export interface RetailcrmApi {
  /** The body of the answer with every digit; null where there is nothing of that name. */
  get(path: string, query: Readonly<Record<string, string>>): Promise<Readonly<Record<string, unknown>> | null>;
}

/** The API of a source's account. */
export function createRetailcrmApi(
  { config, fetch, signal }: Pick<SourceContext<Config>, "config" | "fetch" | "signal">,
  apiKey: string,
): RetailcrmApi {
  const { domain } = config;
  return {
    async get(path, query) {
      await pace.turn(domain, REQUESTS_PER_SECOND, signal);
      const address = `https://${domain}/api/v5${path}?${new URLSearchParams(query)}`;
      const response = await fetch(address, {
        headers: { "x-api-key": apiKey, accept: "application/json" },
        signal,
      }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw error instanceof ForbiddenAddress ? new Unusable("address_forbidden", error.reason) : silent;
      });
      const text = await response.text();
      if (response.status === 404) return null;
      if (!response.ok) throw refusalOf(response.status, text);
      return asRecord(parseExactJson(text));
    },
  };
}

const silent = new RetryLater({ ru: "RetailCRM не отвечает.", en: "RetailCRM does not answer." });

function refusalOf(status: number, text: string): RetryLater | Unusable {
  const told = quoteValue(messageOf(text) ?? `HTTP ${status}`);
  if (status === 401 || status === 403) {
    return new Unusable("token_refused", {
      ru: `RetailCRM не принимает ключ API (${told}). Проверьте ключ и его права на чтение заказов и задайте его заново в api_key.`,
      en: `RetailCRM does not accept the API key (${told}). Check the key and its right to read orders, and set api_key anew.`,
    });
  }
  if (status === 429 || status >= 500) {
    return new RetryLater({ ru: `RetailCRM просит подождать (${told}).`, en: `RetailCRM asks to wait (${told}).` });
  }
  return new Unusable("crm_refused", {
    ru: `RetailCRM отклонила запрос: ${told}.`,
    en: `RetailCRM refused the request: ${told}.`,
  });
}

function messageOf(text: string): string | null {
  try {
    return asText(asRecord(parseExactJson(text)).errorMsg);
  } catch {
    return null;
  }
}
