import type { HttpHandler } from "msw";
import * as v from "valibot";
import { endpoint } from "./endpoint.ts";
import { jsonAnswer, refusal } from "./envelopes.ts";
import { type Exchange, textOf } from "./exchange.ts";
import type { Simulation } from "./simulation.ts";
import type { Counter } from "./world.ts";

const NewCounter = v.object({
  counter: v.object({
    name: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
    site2: v.object({ site: v.pipe(v.string(), v.minLength(1)) }),
    time_zone_name: v.optional(v.string()),
  }),
});

/** Counters: list, one, create. https://yandex.ru/dev/metrika/ru/management/openapi/counter/counters */
export function counterEndpoints(simulation: Simulation): HttpHandler[] {
  return [
    endpoint(simulation, {
      ...{ operation: "counters", method: "GET", path: "*/management/v1/counters", group: "client_read" },
      scopes: ["metrika:read"],
      act({ exchange, login }) {
        const found = findCounters(exchange.url.searchParams, login, simulation);
        return found instanceof Response ? found : jsonAnswer(found);
      },
    }),
    endpoint(simulation, {
      ...{ operation: "counter", method: "GET", path: "*/management/v1/counter/:counterId", group: "client_read" },
      scopes: ["metrika:read"],
      act: ({ login }, counter) => jsonAnswer({ counter: showCounter(counter!, login, simulation) }),
    }),
    endpoint(simulation, {
      ...{ operation: "create_counter", method: "POST", path: "*/management/v1/counters", group: "client_write" },
      scopes: ["metrika:write"],
      async act({ exchange, login }) {
        const wanted = await readJson(exchange, NewCounter);
        if (wanted instanceof Response) return wanted;
        const { name, site2, time_zone_name: timeZoneName } = wanted.counter;
        const seed = { name, site: site2.site, timeZoneName, ownerLogin: login };
        return jsonAnswer({
          counter: showCounter(simulation.world.addCounter(seed, simulation.now()), login, simulation),
        });
      },
    }),
  ];
}

/** Reads a JSON body of a given shape, or tells the refusal. */
export async function readJson<Shape>(
  exchange: Exchange,
  schema: v.GenericSchema<unknown, Shape>,
): Promise<Shape | Response> {
  let json: unknown;
  try {
    json = JSON.parse(await textOf(exchange));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refusal(400, "invalid_json", "Invalid JSON");
  }
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return parsed.output;
  const location = v.getDotPath(parsed.issues[0]) ?? "body";
  return refusal(400, "invalid_parameter", `Invalid value of ${location}`, { location });
}

function findCounters(query: URLSearchParams, login: string, simulation: Simulation): object | Response {
  const offset = Number(query.get("offset") ?? 1);
  const perPage = Number(query.get("per_page") ?? 1000);
  if (!Number.isInteger(offset) || offset < 1)
    return refusal(400, "invalid_parameter", "Wrong offset", { location: "offset" });
  if (!Number.isInteger(perPage) || perPage < 1)
    return refusal(400, "invalid_parameter", "Wrong per_page", { location: "per_page" });
  const search = query.get("search_string")?.toLowerCase() ?? "";
  const wanted = query.get("permission")?.split(",") ?? null;
  const found = [...simulation.world.counters.values()].filter((counter) => {
    const permission = simulation.world.permissionOf(login, counter);
    const named = String(counter.id) === search || `${counter.name}\n${counter.site}`.toLowerCase().includes(search);
    return permission !== null && named && (wanted === null || wanted.includes(permission));
  });
  const page = found.slice(offset - 1, offset - 1 + perPage);
  return { rows: found.length, counters: page.map((counter) => showCounter(counter, login, simulation)) };
}

function showCounter(counter: Counter, login: string, { world }: Simulation): object {
  const { ownerLogin, timeZoneName, site } = counter;
  const created = Temporal.Instant.fromEpochMilliseconds(counter.createdAt).toZonedDateTimeISO(timeZoneName);
  return {
    ...{ id: counter.id, status: "Active", owner_login: ownerLogin, code_status: "CS_OK", activity_status: "high" },
    ...{ name: counter.name, type: "simple", favorite: 0, permission: world.permissionOf(login, counter) },
    create_time: created.toString({ timeZoneName: "never", smallestUnit: "second" }),
    time_zone_name: timeZoneName,
    time_zone_offset: created.offsetNanoseconds / 60e9,
    ...{ site, site2: { site, domain: site }, gdpr_agreement_accepted: 0 },
  };
}
