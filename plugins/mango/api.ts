import { hash } from "node:crypto";
import {
  asRecord,
  asText,
  createPace,
  parseExactJson,
  quoteValue,
  RetryLater,
  type SourceContext,
  Unusable,
} from "metrika-gateway/plugin";
import type { Config } from "./config.ts";

const ADDRESS = "https://app.mango-office.ru/vpbx/queries/user_info_by_dct_number";
/** The limit of Mango's API is stated by method and not for this one. */
const PER_SECOND = 10;
const DONE = "1000";
const BUSY = "5008";

const pace = createPace();

/** The keys of Mango's API, see `api` of the config. */
export type ApiKeys = NonNullable<Config["api"]>;

/** What is signed, by us and by Mango: hex SHA-256 of key, JSON and salt, joined. VPBX API 1.9, 2.4.3. */
export const signed = (key: string, json: string, salt: string): string => hash("sha256", key + json + salt, "hex");

/**
 * Asks Mango who is being shown a dynamic number, VPBX API 1.9, 3.6.1.
 * @returns Metrika's ClientID of the visitor; null when nobody is, or has none
 * @throws {RetryLater} {Unusable}
 */
export async function askClientId(
  { fetch, signal }: Pick<SourceContext<unknown>, "fetch" | "signal">,
  { key, salt }: ApiKeys,
  number: string,
): Promise<string | null> {
  await pace.turn(key, PER_SECOND, signal);
  const json = JSON.stringify({ number });
  const body = new URLSearchParams({ vpbx_api_key: key, sign: signed(key, json, salt), json });
  const answer = await ask(() => fetch(ADDRESS, { method: "POST", body, signal }), signal);
  const result = asText(answer.result) ?? DONE;
  if (result === BUSY) throw busy(result);
  if (result !== DONE) throw refused(result);
  return asText(asRecord(answer.data).ya_cid);
}

async function ask(send: () => Promise<Response>, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  let response: Response;
  let text: string;
  try {
    response = await send();
    text = await response.text();
  } catch (cause) {
    signal.throwIfAborted();
    throw noAnswer(cause);
  }
  if (response.status === 401 || response.status === 403) throw tokenRefused(response.status);
  if (response.status === 429 || response.status >= 500) throw busy(`HTTP ${response.status}`);
  if (!response.ok) throw refused(`HTTP ${response.status}`);
  try {
    return asRecord(parseExactJson(text));
  } catch (cause) {
    throw noAnswer(cause);
  }
}

const noAnswer = (cause: unknown) =>
  new RetryLater({ ru: "Mango Office не отвечает.", en: "Mango Office does not answer." }, null, { cause });

const busy = (told: string) =>
  new RetryLater({
    ru: `Mango Office просит подождать или неисправна (${told}).`,
    en: `Mango Office asks for patience or fails (${told}).`,
  });

const tokenRefused = (status: number) =>
  new Unusable("token_refused", {
    ru: `Mango Office не принимает ключи api (HTTP ${status}). Скопируйте api.key и api.salt заново из личного кабинета: Интеграции → API коннектор.`,
    en: `Mango Office does not accept the keys of api (HTTP ${status}). Copy api.key and api.salt anew from its account: Integrations → API connector.`,
  });

const refused = (result: string) =>
  new Unusable("mango_refused", {
    ru: `Mango Office отклонила запрос (${quoteValue(result)}). Проверьте api.key и api.salt и подключён ли динамический коллтрекинг.`,
    en: `Mango Office refused the request (${quoteValue(result)}). See to api.key and api.salt, and whether dynamic call tracking is connected.`,
  });
