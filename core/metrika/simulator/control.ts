import { HttpResponse, http, type RequestHandler } from "msw";
import * as v from "valibot";
import { toCamel, toSnake } from "./control-json.ts";
import {
  ClockBody,
  ConsentBody,
  FaultsBody,
  PasswordBody,
  RightsBody,
  SeedBody,
  SettingsBody,
} from "./control-shapes.ts";
import { exchangeOf, textOf } from "./exchange.ts";
import type { MetrikaSimulator } from "./metrika-simulator.ts";

/**
 * The control surface, by which another process seeds, drives and reads the simulator. JSON with keys in snake_case;
 * see README.md beside this file. It is no part of Metrika, has no password, and is not counted as a request.
 */
export function controlHandlers(simulator: MetrikaSimulator): RequestHandler[] {
  return [
    http.get("*/_simulator/ledger", () => pretty(ledgerSummary(simulator))),
    http.get("*/_simulator/conversions", () => conversionLines(simulator)),
    http.get("*/_simulator/requests", () => pretty(simulator.requests)),
    http.get("*/_simulator/settings", () => pretty(simulator.settings)),
    http.get("*/_simulator/faults", () => pretty(waitingFaults(simulator))),
    http.post("*/_simulator/faults", ({ request }) =>
      read(request, FaultsBody, (rules) => ({ ids: rules.map((rule) => simulator.faults.add(rule).id) })),
    ),
    http.delete("*/_simulator/faults", () => {
      simulator.faults.clear();
      return pretty({ waiting: 0 });
    }),
    http.post("*/_simulator/settings", ({ request }) =>
      read(request, SettingsBody, (changes) => Object.assign(simulator.settings, changes)),
    ),
    http.post("*/_simulator/clock", ({ request }) =>
      read(request, ClockBody, ({ advanceMs }) => {
        simulator.advance(advanceMs);
        return { now: new Date(simulator.now()).toISOString() };
      }),
    ),
    http.post("*/_simulator/consent", ({ request }) =>
      read(request, ConsentBody, (seed) => ({ redirectUrl: simulator.consent(seed) })),
    ),
    http.post("*/_simulator/application_rights", ({ request }) =>
      read(request, RightsBody, ({ clientId, scopes }) => {
        simulator.changeApplicationRights(clientId, scopes);
        return { clientId, scopes };
      }),
    ),
    http.post("*/_simulator/password", ({ request }) =>
      read(request, PasswordBody, ({ login }) => {
        simulator.changePassword(login);
        return { login };
      }),
    ),
    http.post("*/_simulator/seed", ({ request }) => read(request, SeedBody, (seed) => plant(seed, simulator))),
    http.post("*/_simulator/reset", () => {
      // Cutting the open requests cuts this one too; it is answered before that happens.
      setImmediate(() => simulator.reset());
      return pretty({ reset: true });
    }),
  ];
}

/** Answers a request whose body has the given shape; 400 with the field that is wrong where it has not. */
async function read<Shape>(
  request: Request,
  schema: v.GenericSchema<unknown, Shape>,
  act: (body: Shape) => object,
): Promise<Response> {
  let json: unknown;
  try {
    json = JSON.parse(await textOf(exchangeOf(request)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return pretty({ error: "The body is no JSON" }, 400);
  }
  const parsed = v.safeParse(schema, toCamel(json));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    return pretty({ error: `${v.getDotPath(issue) ?? "body"}: ${issue.message}` }, 400);
  }
  try {
    return pretty(act(parsed.output));
  } catch (error) {
    return pretty({ error: error instanceof Error ? error.message : String(error) }, 400);
  }
}

function plant(seed: v.InferOutput<typeof SeedBody>, simulator: MetrikaSimulator): object {
  for (const login of seed.logins) simulator.addLogin(login);
  const clientIds = seed.applications.map((application) => simulator.addApplication(application).clientId);
  for (const { token, ...owner } of seed.tokens) simulator.addToken(token, owner);
  const counterIds = seed.counters.map((counter) => simulator.addCounter(counter).id);
  const goalIds = seed.goals.map(({ counterId, ...goal }) => simulator.addGoal(counterId, goal).id);
  for (const { counterId, ...visit } of seed.visits) simulator.addVisit(counterId, visit);
  for (const traffic of seed.traffic) simulator.traffic(traffic);
  const planted = { tokens: seed.tokens.length, visits: seed.visits.length, traffic: seed.traffic.length };
  return { clientIds, counterIds, goalIds, ...planted };
}

const SHOWN = 100;

function ledgerSummary({ ledger, now }: MetrikaSimulator): object {
  const outcomes: Record<string, number> = { pending: 0, linked: 0, goal_not_found: 0, user_not_found: 0 };
  const sums = new Map<string, number>();
  const shown: object[] = [];
  for (const conversion of ledger.each()) {
    outcomes[conversion.outcome] = (outcomes[conversion.outcome] ?? 0) + 1;
    const key = conversion.target;
    sums.set(key, (sums.get(key) ?? 0) + 1);
    if (shown.length < SHOWN) shown.push({ ...conversion, time: isoSecond(conversion.dateTime) });
  }
  return {
    now: new Date(now()).toISOString(),
    conversions: ledger.total,
    rowsUploaded: ledger.rows,
    overwritten: ledger.rows - ledger.total,
    outcomes,
    byTarget: [...sums].map(([target, conversions]) => ({ target, conversions })),
    files: ledger.files.slice(-SHOWN).map((file) => ({
      ...{ id: file.id, counterId: file.counterId, comment: file.comment, columns: file.columns, bytes: file.bytes },
      received: new Date(file.createdAt).toISOString(),
      ...{ rows: file.sourceQuantity, rowsAccepted: file.lineQuantity },
      ...{ status: file.result?.status ?? "not processed yet", quantities: file.result?.quantities ?? null },
    })),
    shown,
    ...(ledger.total > SHOWN && { more: "GET /_simulator/conversions lists every conversion, one JSON object a line" }),
  };
}

function conversionLines({ ledger }: MetrikaSimulator): Response {
  const conversions = ledger.each();
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      let lines = "";
      // Not conversions.take(1000): it would end the iterator with its thousandth.
      for (let i = 0; i < 1000; i++) {
        const { done, value } = conversions.next();
        if (done) break;
        lines += `${JSON.stringify(toSnake(value))}\n`;
      }
      if (lines === "") controller.close();
      else controller.enqueue(encoder.encode(lines));
    },
  });
  return new HttpResponse(stream, { headers: { "content-type": "application/x-ndjson; charset=utf-8" } });
}

function waitingFaults({ faults }: MetrikaSimulator): object {
  return faults.waiting.map(({ left, ...rule }) => ({
    ...rule,
    left: Number.isFinite(left) ? left : "always",
    match: { ...rule.match, path: rule.match?.path?.source },
  }));
}

function isoSecond(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

function pretty(value: object, status = 200): Response {
  const body = `${JSON.stringify(toSnake(value), null, 2)}\n`;
  return new HttpResponse(body, { status, headers: { "content-type": "application/json; charset=utf-8" } });
}
