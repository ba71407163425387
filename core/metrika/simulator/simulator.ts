import { getResponse, type RequestHandler } from "msw";
import { type Clock, systemClock } from "../clock.ts";
import { consentAs } from "./consent.ts";
import { consentEndpoints } from "./consent-endpoints.ts";
import { controlHandlers } from "./control.ts";
import { counterEndpoints } from "./counter-endpoints.ts";
import { refusal } from "./envelopes.ts";
import { type Exchange, incomingBody, requestFor, unlessGone } from "./exchange.ts";
import type { FaultRule } from "./faults.ts";
import { goalEndpoints } from "./goal-endpoints.ts";
import { loginEndpoints } from "./login-endpoint.ts";
import { logEndpoints } from "./logs/log-endpoints.ts";
import type { MetrikaSimulator } from "./metrika-simulator.ts";
import { NetworkFailure } from "./network-failure.ts";
import { reportEndpoints } from "./reports/report-endpoints.ts";
import { serve } from "./serve.ts";
import type { SimulatorSettings } from "./settings.ts";
import { createSimulation, type Simulation } from "./simulation.ts";
import { tokenEndpoints } from "./token-endpoints.ts";
import { startTraffic } from "./traffic/start-traffic.ts";
import { settleDue, uploadingEndpoints } from "./uploading-endpoints.ts";

export type { MetrikaSimulator } from "./metrika-simulator.ts";

/** The settings of {@link createMetrikaSimulator}. */
export interface SimulatorOptions {
  /** Milliseconds since 1970, UTC. Default: the clock's. */
  readonly now?: () => number;
  /** Drives slow answers as well. Default: the machine's. */
  readonly clock?: Clock;
  readonly settings?: Partial<SimulatorSettings>;
  readonly faults?: readonly FaultRule[];
}

/** Makes a simulator without logins, counters and visits. */
export function createMetrikaSimulator(options: SimulatorOptions = {}): MetrikaSimulator {
  const base = options.clock ?? systemClock;
  const clock: Clock = { now: options.now ?? base.now, after: base.after };
  let ahead = 0;
  const open = new Set<AbortController>();
  let simulation = start();
  let handlers: readonly RequestHandler[] = [];

  function start(): Simulation {
    const fresh = createSimulation(clock, () => ahead, options.settings ?? {});
    for (const rule of options.faults ?? []) fresh.faults.add(rule);
    return fresh;
  }

  async function answer(exchange: Exchange, method: string): Promise<Response> {
    const ending = new AbortController();
    const onGone = () => ending.abort(exchange.signal.reason);
    if (exchange.signal.aborted) onGone();
    exchange.signal.addEventListener("abort", onGone, { once: true });
    open.add(ending);
    try {
      const request = requestFor({ ...exchange, signal: ending.signal }, method);
      const response = await unlessGone(getResponse([...handlers], request), ending.signal);
      return response ?? refusal(404, "not_found", "Not found");
    } finally {
      open.delete(ending);
      exchange.signal.removeEventListener("abort", onGone);
      // Not awaited: a client that has gone may never answer.
      void Promise.resolve(exchange.body?.pieces.return?.()).catch(() => undefined);
    }
  }

  const simulator: MetrikaSimulator = {
    fetch(input, init) {
      const request = new Request(input, init);
      const body = request.body === null ? null : incomingBody(piecesOf(request.body));
      const { headers, signal } = request;
      return answer({ url: new URL(request.url), headers, address: "in process", body, signal }, request.method);
    },
    serve: (serveOptions) => serve(answer, serveOptions),
    get ledger() {
      settleDue(simulation);
      return simulation.ledger;
    },
    get faults() {
      return simulation.faults;
    },
    get settings() {
      return simulation.settings;
    },
    get requests() {
      return simulation.requests.counts;
    },
    get openRequests() {
      return open.size;
    },
    now: () => simulation.now(),
    advance(ms) {
      ahead += ms;
    },
    addToken: (token, owner) => simulation.world.addToken(token, owner),
    killToken: (token) => simulation.grants.endToken(token),
    addLogin: (login) => void simulation.world.loginId(login),
    addApplication: (seed) => simulation.grants.addApplication(seed),
    consent: (seed) => consentAs(seed, simulation),
    changeApplicationRights: (clientId, scopes) => simulation.grants.changeRights(clientId, scopes),
    changePassword: (login) => simulation.grants.end((owner) => owner.login === login),
    addCounter: (seed) => simulation.world.addCounter(seed, simulation.now()),
    addGoal: (counterId, goal) =>
      simulation.world.addGoal(counterId, typeof goal === "string" ? { identifier: goal } : goal),
    addVisit: (counterId, visit) => simulation.visits.add(counterId, visit),
    traffic: (seed) => startTraffic(seed, simulation),
    scriptStatus(uploadingId, script) {
      const uploading = simulation.ledger.files.find((file) => file.id === uploadingId);
      if (uploading === undefined) throw new Error(`There is no uploading ${uploadingId}`);
      uploading.statusScript = script;
    },
    reset() {
      for (const ending of open) ending.abort(new NetworkFailure("ECONNRESET"));
      ahead = 0;
      simulation = start();
      handlers = handlersOf(simulation, simulator);
    },
  };
  handlers = handlersOf(simulation, simulator);
  return simulator;
}

function handlersOf(simulation: Simulation, simulator: MetrikaSimulator): readonly RequestHandler[] {
  return [
    ...uploadingEndpoints(simulation),
    ...goalEndpoints(simulation),
    ...counterEndpoints(simulation),
    ...logEndpoints(simulation),
    ...reportEndpoints(simulation),
    ...loginEndpoints(simulation),
    ...consentEndpoints(simulation),
    ...tokenEndpoints(simulation),
    ...controlHandlers(simulator),
  ];
}

async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) yield piece.value;
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}
