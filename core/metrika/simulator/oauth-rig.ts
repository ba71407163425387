import { createManualClock } from "../clock.ts";
import { createYandexOauth, type TokenPair, type YandexOauth } from "../oauth.ts";
import type { OauthCredentials } from "../oauth-request.ts";
import { newPkce, type Pkce } from "../pkce.ts";
import type { ConsentSeed } from "./consent.ts";
import { START } from "./rig.ts";
import type { SimulatorSettings } from "./settings.ts";
import { createMetrikaSimulator, type MetrikaSimulator } from "./simulator.ts";

/** A simulator with an application and two people, and an OAuth client that talks to it in process; for tests. */
export interface OauthRig {
  readonly simulator: MetrikaSimulator;
  readonly oauth: YandexOauth;
  readonly app: OauthCredentials;
  readonly redirectUri: string;
  readonly pkce: Pkce;
  /** An authorization URL for `metrika:read` and `metrika:write`; `changes` replace or, when null, remove parameters. */
  authorizeUrl(changes?: Readonly<Record<string, string | null>>): string;
  /** The query with which the application gets `shop` or another person back. */
  comeBack(consent?: Partial<ConsentSeed>): URLSearchParams;
  exchange(
    code: string | null,
    changes?: { readonly deviceId?: string; readonly codeVerifier?: string },
  ): Promise<TokenPair>;
  /** Consent and exchange in one. */
  connect(consent?: Partial<ConsentSeed>): Promise<TokenPair>;
  /** Status of a request to Metrika with a token. */
  statusOf(token: string, path?: string): Promise<number>;
}

/** Makes an {@link OauthRig}; `shop` owns a counter that `viewer` may view. */
export function createOauthRig(settings: Partial<SimulatorSettings> = {}): OauthRig {
  const simulator = createMetrikaSimulator({ clock: createManualClock(Date.parse(START)), settings });
  const redirectUri = "https://gateway.example/callback?from=yandex";
  const app = simulator.addApplication({ clientId: "app-id", name: "Gateway", redirectUris: [redirectUri] });
  simulator.addCounter({ id: 100, name: "Shop", ownerLogin: "shop", grants: { viewer: "view" } });
  const host = "https://yandex.example";
  const oauth = createYandexOauth({
    ...{ oauthUrl: host, now: simulator.now },
    fetch: (url, init) => simulator.fetch(url, init),
  });
  const pkce = newPkce();

  function authorizeUrl(changes: Readonly<Record<string, string | null>> = {}): string {
    const asked = {
      redirectUri,
      scopes: ["metrika:read", "metrika:write"],
      state: "s1",
      codeChallenge: pkce.challenge,
    };
    const url = new URL(oauth.authorizeUrl({ clientId: app.clientId, ...asked }));
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    return url.href;
  }

  function comeBack(consent: Partial<ConsentSeed> = {}): URLSearchParams {
    return new URL(simulator.consent({ authorizeUrl: authorizeUrl(), login: "shop", ...consent })).searchParams;
  }

  const exchange: OauthRig["exchange"] = (code, changes) =>
    oauth.exchangeCode({ app, code: code ?? "", redirectUri, codeVerifier: pkce.verifier, ...changes });

  return {
    ...{ simulator, oauth, app, redirectUri, pkce, authorizeUrl, comeBack, exchange },
    connect: (consent) => exchange(comeBack(consent).get("code")),
    async statusOf(token, path = "/management/v1/counters") {
      return (await simulator.fetch(`${host}${path}`, { headers: { authorization: `OAuth ${token}` } })).status;
    },
  };
}
