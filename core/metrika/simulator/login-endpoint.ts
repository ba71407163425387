import type { HttpHandler } from "msw";
import { endpoint } from "./endpoint.ts";
import { jsonAnswer } from "./envelopes.ts";
import type { Simulation } from "./simulation.ts";

/** Yandex ID: whose token this is. Any scope will do. https://yandex.ru/dev/id/doc/en/user-information */
export function loginEndpoints(simulation: Simulation): HttpHandler[] {
  return [
    endpoint(simulation, {
      ...{ operation: "login", method: "GET", path: "*/info", group: "login", scopes: [] },
      act({ login, clientId }) {
        const id = simulation.world.loginId(login);
        return jsonAnswer({ id: String(id), login, client_id: clientId, psuid: `1.${clientId}.${id}` });
      },
    }),
  ];
}
