import { type Context, Hono } from "hono";
import type { SourceFetch } from "metrika-gateway/plugin";

type Json = Readonly<Record<string, unknown>>;

/** What the account of a double holds; ids are numbers, as amoCRM has them. */
export interface DoubleAccount {
  readonly domain: string;
  readonly currency?: string;
  readonly leads?: readonly (Json & { readonly id: number })[];
  readonly contacts?: readonly (Json & { readonly id: number })[];
  readonly pipelines?: readonly {
    readonly id: number;
    readonly name: string;
    readonly stages: Readonly<Record<string, string>>;
  }[];
  /** Custom fields of leads. */
  readonly fields?: readonly Json[];
  readonly events?: readonly (Json & { readonly created_at: number })[];
  readonly webhooks?: readonly Json[];
}

/** An amoCRM for tests: its API v4 and OAuth, in the shapes that were captured. */
export interface AmocrmDouble {
  /** What it holds may be changed at any time. */
  account: DoubleAccount;
  readonly fetch: SourceFetch;
  /** "GET /api/v4/leads/1?with=contacts", in order. */
  readonly requests: string[];
  /** Answers given to the next requests instead of its own. */
  readonly faults: (() => Response | Promise<Response>)[];
  /** Tokens that are accepted. */
  readonly tokens: Set<string>;
  /** What works for new tokens, and is used up by it: codes and refresh tokens. */
  readonly grants: Set<string>;
}

/** The token that a double accepts from the beginning. */
export const DOUBLE_TOKEN = "long-lived-token-of-a-double";

const PAGE = 100;

/** Makes an amoCRM of one account; any other host does not answer. */
export function createAmocrmDouble(account: DoubleAccount): AmocrmDouble {
  const double: AmocrmDouble = {
    account,
    requests: [],
    faults: [],
    tokens: new Set([DOUBLE_TOKEN]),
    grants: new Set(),
    async fetch(url, init) {
      const { host, pathname, search } = new URL(url);
      double.requests.push(decodeURIComponent(`${init?.method ?? "GET"} ${pathname}${search}`));
      if (host !== double.account.domain) throw new TypeError(`Nobody is at ${host}.`);
      init?.signal?.throwIfAborted();
      return double.faults.shift()?.() ?? app.request(url, init);
    },
  };
  const app = routesOf(double);
  return double;
}

function routesOf(double: AmocrmDouble): Hono {
  const app = new Hono();
  let issued = 0;
  app.post("/oauth2/access_token", async (c) => {
    const asked: Json = await c.req.json();
    const grant = String(asked.grant_type === "refresh_token" ? asked.refresh_token : asked.code);
    if (!double.grants.delete(grant)) return c.json({ hint: "Authorization code has been revoked", status: 400 }, 400);
    issued += 1;
    double.tokens.clear();
    double.tokens.add(`access-${issued}`);
    double.grants.add(`refresh-${issued}`);
    const tokens = { access_token: `access-${issued}`, refresh_token: `refresh-${issued}` };
    return c.json({ token_type: "Bearer", expires_in: 86_400, ...tokens });
  });
  app.use("/api/v4/*", async (c, next) => {
    const token = c.req.header("authorization")?.replace("Bearer ", "") ?? "";
    if (!double.tokens.has(token)) return c.json({ title: "Unauthorized", status: 401 }, 401);
    return next();
  });
  app.get("/api/v4/account", (c) => {
    const { domain, currency = "RUB" } = double.account;
    return c.json({ id: 28805383, name: "Example", subdomain: domain.split(".")[0], currency });
  });
  for (const entity of ["leads", "contacts"] as const) {
    app.get(`/api/v4/${entity}/custom_fields`, (c) =>
      list(c, "custom_fields", entity === "leads" ? double.account.fields : []),
    );
    if (entity === "leads")
      app.get("/api/v4/leads/pipelines", (c) => list(c, "pipelines", pipelinesOf(double.account)));
    app.get(`/api/v4/${entity}/:id`, (c) => {
      const found = double.account[entity]?.find(({ id }) => String(id) === c.req.param("id"));
      return found === undefined ? c.body(null, 204) : c.json(found);
    });
    app.get(`/api/v4/${entity}`, (c) => {
      const ids = c.req.queries("filter[id][]") ?? [];
      return list(
        c,
        entity,
        double.account[entity]?.filter(({ id }) => ids.includes(String(id))),
      );
    });
  }
  app.get("/api/v4/webhooks", (c) => list(c, "webhooks", double.account.webhooks));
  app.get("/api/v4/events", (c) => {
    const [from, to] = ["from", "to"].map((end) => Number(c.req.query(`filter[created_at][${end}]`)));
    const within = double.account.events?.filter((it) => it.created_at >= (from ?? 0) && it.created_at <= (to ?? 0));
    // Newest first.
    return list(
      c,
      "events",
      within?.toSorted((one, other) => other.created_at - one.created_at),
    );
  });
  return app;
}

/** A page of a list with the address of the next; nothing (204) instead of an empty page. */
function list(c: Context, name: string, elements: readonly unknown[] = []): Response {
  const [page, limit] = [Number(c.req.query("page") ?? 1), Number(c.req.query("limit") ?? PAGE)];
  const shown = elements.slice((page - 1) * limit, page * limit);
  if (shown.length === 0) return c.body(null, 204);
  const next = page * limit < elements.length ? { next: { href: `${c.req.url}#${page + 1}` } } : {};
  return c.json({ _page: page, _links: { self: { href: c.req.url }, ...next }, _embedded: { [name]: shown } });
}

function pipelinesOf({ pipelines = [] }: DoubleAccount): readonly Json[] {
  return pipelines.map(({ id, name, stages }) => {
    const statuses = Object.entries(stages).map(([stage, title]) => ({ id: Number(stage), name: title }));
    return { id, name, _embedded: { statuses } };
  });
}
