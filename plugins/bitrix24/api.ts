import { asList, asRecord, asText, parseExactJson, type SourceContext } from "metrika-gateway/plugin";
import type { Config, Entity } from "./config.ts";
import { createLeakyBucket } from "./leaky-bucket.ts";
import { isNotFound, noAnswer, refusalOf } from "./refusals.ts";

/** Commands of one `batch`, which counts as one request. https://apidocs.bitrix24.ru/settings/how-to-call-rest-api/batch.html */
const MOST_COMMANDS = 50;
/** Elements of one page of a list, for every method. */
export const PAGE = 50;

/** The limit is the portal's and our address's: all sources of a portal share it. https://apidocs.bitrix24.ru/limits.html */
const buckets = createLeakyBucket();
const sizes = {
  standard: { capacity: 50, perSecond: 2 },
  enterprise: { capacity: 250, perSecond: 5 },
} as const;

/** What is asked of a portal's REST API. Its errors are {@link RetryLater} and {@link Unusable}. */
export interface BitrixApi {
  /** The `result` of a method, with every digit; null where the portal finds nothing. */
  call(method: string, parameters?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** A deal, lead or contact; null where there is none. */
  get(entity: Entity | "contact", id: string): Promise<unknown>;
  /**
   * The results of several methods by their names, at the price of one request; those that find nothing are left out.
   * @param commands a method with its parameters as a query, by a name that is no number
   */
  batch(commands: Readonly<Record<string, string>>): Promise<Readonly<Record<string, unknown>>>;
}

type Source = Pick<SourceContext<Config>, "config" | "fetch" | "signal">;

/** The API of a source's portal. */
export function createBitrixApi({ config, fetch, signal }: Source): BitrixApi {
  const { domain, plan, webhook_address } = config;
  const base = webhook_address.replace(/\/$/, "");

  async function ask(method: string, parameters: Readonly<Record<string, unknown>>): Promise<[number, unknown]> {
    await buckets.turn(domain, sizes[plan], signal);
    try {
      const response = await fetch(`${base}/${method}.json`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify(parameters),
        signal,
      });
      const text = await response.text();
      // A redirect or a proxy's error has no JSON, and needs none.
      return [response.status, response.ok ? parseExactJson(text) : parsedOrNull(text)];
    } catch (error) {
      signal.throwIfAborted();
      throw noAnswer(error);
    }
  }

  async function call(method: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const [status, told] = await ask(method, parameters);
    const body = asRecord(told);
    // An error may come with a status of success.
    if (status === 200 && !Object.hasOwn(body, "error")) return body.result ?? null;
    if (isNotFound(body)) return null;
    throw refused(status, body);
  }

  function refused(status: number, body: Readonly<Record<string, unknown>>) {
    const error = asText(body.error) ?? "";
    if (error.toUpperCase() === "QUERY_LIMIT_EXCEEDED") buckets.overflow(domain, sizes[plan]);
    return refusalOf(status, error, asText(body.error_description) ?? "");
  }

  return {
    call,
    get: (entity, id) => call(`crm.${entity}.get`, { id }),
    async batch(commands) {
      const found: Record<string, unknown> = {};
      const all = Object.entries(commands);
      for (let from = 0; from < all.length; from += MOST_COMMANDS) {
        const cmd = Object.fromEntries(all.slice(from, from + MOST_COMMANDS));
        const told = asRecord(await call("batch", { halt: 0, cmd }));
        for (const error of asList(told.result_error)) {
          if (!isNotFound(asRecord(error))) throw refused(400, asRecord(error));
        }
        Object.assign(found, asRecord(told.result));
      }
      return found;
    },
  };
}

function parsedOrNull(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return null;
  }
}
