import { asList, asRecord, asText, createPace, parseExactJson, type SourceContext } from "metrika-gateway/plugin";
import type { Config } from "./config.ts";
import { noAnswer, refusalOf } from "./refusals.ts";
import { accessToken } from "./tokens.ts";

/** Ids of one request for leads or contacts. https://www.amocrm.ru/developers/content/crm_platform/leads-api */
const MOST_IDS = 250;

/** One for the process: the limit is the account's, and two sources may share an account. */
const pace = createPace();

/** What is asked of amoCRM's API v4. Its errors are {@link RetryLater} and {@link Unusable}. */
export interface AmoApi {
  /** An answer's JSON, with every digit; null where amoCRM has nothing (204, 404). `path` begins behind `/api/v4`. */
  get(path: string, query?: Query): Promise<unknown>;
  /** Leads or contacts by their ids, in no order; those that amoCRM does not know are left out. */
  getMany(entity: "leads" | "contacts", ids: readonly string[], query?: Query): Promise<readonly unknown[]>;
  /** The elements of a list, page by page. */
  pages(path: string, list: string, query?: Query): AsyncGenerator<readonly unknown[]>;
}

/** Parameters of a query, by their names with brackets. */
export type Query = readonly (readonly [name: string, value: string])[];

type Source = Pick<SourceContext<Config>, "config" | "state" | "fetch" | "signal" | "now">;

/** The API of a source's account. */
export function createAmoApi(source: Source): AmoApi {
  const { domain, requests_per_second } = source.config;

  async function ask(address: string, token: string): Promise<Response> {
    await pace.turn(domain, requests_per_second, source.signal);
    try {
      const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
      return await source.fetch(address, { headers, signal: source.signal });
    } catch (error) {
      source.signal.throwIfAborted();
      throw noAnswer(error);
    }
  }

  async function get(path: string, query: Query = []): Promise<unknown> {
    const parameters = new URLSearchParams(query.map(([name, value]) => [name, value]));
    const address = `https://${domain}/api/v4${path}${query.length > 0 ? `?${parameters}` : ""}`;
    const token = await accessToken(source);
    let response = await ask(address, token);
    // A token may be withdrawn before its time; a renewed one tells whether that is all.
    if (response.status === 401 && source.config.access_token === undefined) {
      response = await ask(address, await accessToken(source, token));
    }
    if (response.status === 204 || response.status === 404) return null;
    if (!response.ok) throw refusalOf(response.status, response.headers.get("retry-after"));
    try {
      return parseExactJson(await response.text());
    } catch (error) {
      throw noAnswer(error);
    }
  }

  async function* pages(path: string, list: string, query: Query = []): AsyncGenerator<readonly unknown[]> {
    for (let page = 1; ; page++) {
      const { _embedded, _links } = asRecord(await get(path, [...query, ["page", String(page)]]));
      const elements = asList(asRecord(_embedded)[list]);
      yield elements;
      if (elements.length === 0 || asText(asRecord(asRecord(_links).next).href) === null) return;
    }
  }

  return {
    get,
    pages,
    async getMany(entity, ids, query = []) {
      const [only] = ids;
      if (only !== undefined && ids.length === 1) return [await get(`/${entity}/${only}`, query)];
      const found: unknown[] = [];
      for (let from = 0; from < ids.length; from += MOST_IDS) {
        const named = ids.slice(from, from + MOST_IDS).map((id) => ["filter[id][]", id] as const);
        const answer = asRecord(await get(`/${entity}`, [...query, ["limit", String(MOST_IDS)], ...named]));
        found.push(...asList(asRecord(answer._embedded)[entity]));
      }
      return found;
    },
  };
}
