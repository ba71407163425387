import { Hono } from "hono";
import { asRecord, type SourceFetch } from "metrika-gateway/plugin";

type Json = Readonly<Record<string, unknown>>;

/** What the portal of a double holds, in the shapes of its API: texts in upper case fields. */
export interface DoublePortal {
  readonly domain: string;
  readonly deals?: readonly (Json & { readonly ID: string })[];
  readonly leads?: readonly (Json & { readonly ID: string })[];
  readonly contacts?: readonly (Json & { readonly ID: string })[];
  readonly categories?: readonly { readonly id: number; readonly name: string }[];
  /** Stages by the list that they stand in: "DEAL_STAGE", "DEAL_STAGE_3", "STATUS". */
  readonly stages?: Readonly<Record<string, readonly Json[]>>;
  /** Fields that deals, leads and contacts have, whether filled in or not. */
  readonly fields?: readonly string[];
  readonly scopes?: readonly string[];
  readonly isAdmin?: boolean;
}

/** A Bitrix24 for tests: the methods of its REST API that the plugin calls. */
export interface Bitrix24Double {
  /** What it holds may be changed at any time. */
  portal: DoublePortal;
  readonly fetch: SourceFetch;
  /** Methods with their parameters, in order: `crm.deal.get {"id":"410"}`. */
  readonly requests: string[];
  /** Answers given to the next requests instead of its own. */
  readonly faults: (() => Response | Promise<Response>)[];
  /** Codes of inbound webhooks that are accepted. */
  readonly codes: Set<string>;
}

/** The code that a double accepts from the beginning. */
export const DOUBLE_CODE = "code0of0a0double";

const PAGE = 50;

/** An answer that tells an error, as the portal does. */
export const portalError = (status: number, error: string, error_description: string) =>
  Response.json({ error, error_description }, { status });

/** Makes a Bitrix24 of one portal; any other host does not answer. */
export function createBitrix24Double(portal: DoublePortal): Bitrix24Double {
  const double: Bitrix24Double = {
    ...{ portal, requests: [], faults: [], codes: new Set([DOUBLE_CODE]) },
    async fetch(url, init) {
      const { host, pathname } = new URL(url);
      const method =
        pathname
          .split("/")
          .at(-1)
          ?.replace(/\.json$/, "") ?? "";
      double.requests.push(`${method} ${init?.body ?? ""}`);
      if (host !== double.portal.domain) throw new TypeError(`Nobody is at ${host}.`);
      init?.signal?.throwIfAborted();
      return double.faults.shift()?.() ?? app.request(url, init);
    },
  };
  const app = new Hono();
  app.post("/rest/1/:code/:method", async (c) => {
    if (!double.codes.has(c.req.param("code"))) {
      return portalError(401, "NO_AUTH_FOUND", "Wrong authorization data");
    }
    const answer = call(double.portal, c.req.param("method").replace(/\.json$/, ""), asRecord(await c.req.json()));
    return c.json(answer, Object.hasOwn(answer, "error") ? 400 : 200);
  });
  return double;
}

function call(portal: DoublePortal, method: string, parameters: Json): Json {
  if (method === "batch") return batch(portal, asRecord(parameters.cmd));
  const [, entity = "", verb = ""] = method.split(".");
  const found = { deal: portal.deals, lead: portal.leads, contact: portal.contacts }[entity] ?? [];
  switch (verb || method) {
    case "profile":
      return { result: { ID: "1", ADMIN: portal.isAdmin ?? true, NAME: "Owner" } };
    case "scope":
      return { result: portal.scopes ?? ["crm", "user_brief"] };
    case "get": {
      const one = found.find(({ ID }) => ID === parameters.id);
      return one === undefined ? { error: "", error_description: "Not found" } : { result: one };
    }
    case "fields":
      return { result: Object.fromEntries((portal.fields ?? []).map((field) => [field, { title: field }])) };
    case "list":
      if (entity === "category") return { result: { categories: portal.categories ?? [] } };
      if (entity === "status") return { result: portal.stages?.[String(asRecord(parameters.filter).ENTITY_ID)] ?? [] };
      return { result: select(found, asRecord(parameters.filter)).slice(0, PAGE) };
    default:
      return { error: "ERROR_METHOD_NOT_FOUND", error_description: "Method not found!" };
  }
}

/** A batch tells results and errors by name; PHP makes a list of what is empty. */
function batch(portal: DoublePortal, commands: Json): Json {
  const results: Record<string, unknown> = {};
  const errors: Record<string, unknown> = {};
  for (const [name, command] of Object.entries(commands)) {
    const { pathname, searchParams } = new URL(String(command), "https://method/");
    const parameters = { id: searchParams.get("id"), filter: { ENTITY_ID: searchParams.get("filter[ENTITY_ID]") } };
    const answer = call(portal, pathname.slice(1), parameters);
    if (Object.hasOwn(answer, "error")) errors[name] = answer;
    else results[name] = answer.result;
  }
  const orList = (told: Json) => (Object.keys(told).length === 0 ? [] : told);
  return { result: { result: orList(results), result_error: orList(errors) } };
}

const compare: Readonly<Record<string, (one: number, other: number) => boolean>> = {
  ">": (one, other) => one > other,
  ">=": (one, other) => one >= other,
  "<=": (one, other) => one <= other,
};

/** In the order of their change, as the plugin always asks; a filter that is not known matches nothing. */
function select(found: readonly (Json & { readonly ID: string })[], filter: Json) {
  const comparable = (field: string, value: unknown) => (field === "ID" ? Number(value) : Date.parse(String(value)));
  const fits = (one: Json) =>
    Object.entries(filter).every(([name, bound]) => {
      const [, sign = "", field = ""] = /^([<>=]+)(\w+)$/.exec(name) ?? [];
      return compare[sign]?.(comparable(field, one[field]), comparable(field, bound)) ?? false;
    });
  const placeOf = (one: Json) => [comparable("DATE_MODIFY", one.DATE_MODIFY), Number(one.ID)] as const;
  return found.filter(fits).toSorted((one, other) => {
    const [[at, id], [otherAt, otherId]] = [placeOf(one), placeOf(other)];
    return at - otherAt || id - otherId;
  });
}
