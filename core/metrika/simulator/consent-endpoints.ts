import type { HttpHandler } from "msw";
import { decide, readConsentRequest } from "./consent.ts";
import { consentErrorPage, consentPage } from "./consent-page.ts";
import { textOf } from "./exchange.ts";
import { oauthEndpoint } from "./oauth-endpoint.ts";
import type { Simulation } from "./simulation.ts";

const PATH = "*/authorize";

/** The consent page and the buttons on it. https://yandex.ru/dev/id/doc/en/codes/code-url */
export function consentEndpoints(simulation: Simulation): HttpHandler[] {
  return [
    oauthEndpoint(simulation, {
      ...{ operation: "oauth_authorize", method: "GET", path: PATH },
      act({ url }) {
        const read = readConsentRequest(url.searchParams, simulation);
        if (read.kind === "broken") return consentErrorPage(read.message);
        return read.kind === "refused" ? redirect(read.location) : consentPage(read.request, simulation.world.logins);
      },
    }),
    oauthEndpoint(simulation, {
      ...{ operation: "oauth_consent", method: "POST", path: PATH },
      async act(exchange) {
        const read = readConsentRequest(exchange.url.searchParams, simulation);
        if (read.kind === "broken") return consentErrorPage(read.message);
        if (read.kind === "refused") return redirect(read.location);
        const form = new URLSearchParams(await textOf(exchange));
        const login = form.get("login") ?? "";
        const allowed = form.get("decision") === "allow";
        if (allowed && !simulation.world.logins.includes(login))
          return consentErrorPage("Выберите логин: без него некому дать доступ.");
        return redirect(decide(read.request, { login, allowed, scopes: form.getAll("scope") }, simulation));
      },
    }),
  ];
}

function redirect(location: string): Response {
  return new Response(null, { status: 302, headers: { location, "cache-control": "no-store" } });
}
