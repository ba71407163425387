import { getLogger } from "@logtape/logtape";
import { type Connections, createConnections } from "../core/accounts/connect-account.ts";
import { createOauthApplications, type OauthApplications } from "../core/accounts/oauth-application.ts";
import { refreshTokens } from "../core/accounts/refresh-tokens.ts";
import { createAudit } from "../core/audit/audit.ts";
import type { Chore } from "../core/delivery/worker.ts";
import type { MetrikaClient } from "../core/metrika/client.ts";
import type { Fetch } from "../core/metrika/http.ts";
import { createYandexOauth, type YandexOauth } from "../core/metrika/oauth.ts";
import type { OauthCredentials } from "../core/metrika/oauth-request.ts";
import type { Store } from "../core/store/store.ts";
import type { Vault } from "../core/vault/vault.ts";
import packageJson from "../package.json" with { type: "json" };
import type { Config } from "./config.ts";
import { CALLBACK_PATH } from "./routes/oauth-callback.ts";

/** What Yandex accounts are connected, renewed and disconnected with. */
export interface AccountParts {
  readonly oauth: YandexOauth;
  readonly applications: OauthApplications;
  readonly connections: Connections;
  /** For the worker of whichever gateway keeps house. */
  readonly refresh: Chore;
}

/** How often it is looked whether an account's token is due to be renewed. */
const REFRESH_LOOK_MS = 60_000;

/** @param given in place of the machine's own fetch */
export function wireAccounts(
  config: Config,
  given: Fetch | undefined,
  parts: {
    readonly store: Store;
    readonly vault: Vault;
    readonly metrika: MetrikaClient;
    readonly now: () => number;
    readonly newUuid: () => string;
  },
): AccountParts {
  const { store, vault, now, newUuid } = parts;
  const oauth = createYandexOauth({
    oauthUrl: config.yandexOauthUrl,
    fetch: given ?? ((url, init) => fetch(url, init)),
    userAgent: `metrika-gateway/${packageJson.version}`,
    now,
  });
  const ofEnvironment = applicationOf(config);
  const applications = createOauthApplications({
    ...{ store: store.oauthApplication, oauth, vault, ofEnvironment, now, newUuid },
  });
  const connections = createConnections({
    ...{ ...parts, oauth, applications, redirectUri: `${config.publicUrl}${CALLBACK_PATH}` },
    deviceName: `metrika-gateway ${new URL(config.publicUrl).host}`.slice(0, 100),
  });
  const audit = createAudit(store.audit, newUuid, now);
  const refreshing = { store, vault, oauth, applications, audit, now, log: getLogger(["metrika-gateway", "accounts"]) };
  const refresh: Chore = {
    ...{ name: "refresh", periodMs: REFRESH_LOOK_MS },
    run: (signal) => refreshTokens(refreshing, signal),
  };
  return { oauth, applications, connections, refresh };
}

/** The OAuth application that the environment gives. */
function applicationOf({ yandexClientId, yandexClientSecret }: Config): OauthCredentials | null {
  if (yandexClientId === null || yandexClientSecret === null) return null;
  return { clientId: yandexClientId, clientSecret: yandexClientSecret };
}
