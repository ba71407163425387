import type { YandexOauth } from "../metrika/oauth.ts";
import { YandexOauthError } from "../metrika/oauth-error.ts";
import type { OauthCredentials } from "../metrika/oauth-request.ts";
import { ProblemError } from "../plugin/problem.ts";
import type { OauthApplicationStore } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";
import { answered, refusalText } from "./yandex-silence.ts";

/**
 * The rights that the application is registered with and asks for: reading counters and goals, and writing goals and conversions.
 * https://yandex.ru/dev/metrika/ru/intro/authorization
 */
export const OAUTH_SCOPES = ["metrika:read", "metrika:write"] as const;

/** The application in force. */
export interface OauthApplication extends OauthCredentials {
  /** The environment wins over what is stored. */
  readonly from: "environment" | "stored";
  /** Unix milliseconds; null: never, or that of the environment. */
  readonly checkedAt: number | null;
}

/** The application registered with Yandex OAuth by which people connect accounts: one for the whole installation. */
export interface OauthApplications {
  current(): Promise<OauthApplication | null>;
  /** @throws {ProblemError} `oauth_application_missing` */
  required(): Promise<OauthApplication>;
  /**
   * Checks id and secret at Yandex and keeps them in place of the former ones.
   * @throws {ProblemError} `oauth_application_fixed`, `oauth_application_refused`, `yandex_not_answering`
   */
  save(credentials: OauthCredentials): Promise<OauthApplication>;
  /**
   * Asks Yandex whether id and secret still belong together.
   * @throws {ProblemError} `oauth_application_missing`, `oauth_application_refused`, `yandex_not_answering`
   */
  check(): Promise<OauthApplication>;
  /** @throws {ProblemError} `oauth_application_fixed`, `oauth_application_missing` */
  remove(): Promise<void>;
}

/** What the application is kept and checked with. */
export interface OauthApplicationDeps {
  readonly store: OauthApplicationStore;
  readonly oauth: Pick<YandexOauth, "checkApplication">;
  readonly vault: Vault;
  /** `YANDEX_CLIENT_ID` and `YANDEX_CLIENT_SECRET`. */
  readonly ofEnvironment: OauthCredentials | null;
  readonly now: () => number;
  readonly newUuid: () => string;
}

const contextOf = (uuid: string) => `oauth-application:${uuid}`;

/** Makes the keeper of the application. */
export function createOauthApplications(deps: OauthApplicationDeps): OauthApplications {
  const { store, oauth, vault, ofEnvironment, now } = deps;

  async function current(): Promise<OauthApplication | null> {
    if (ofEnvironment !== null) return { ...ofEnvironment, from: "environment", checkedAt: null };
    const stored = await store.get();
    if (stored === null) return null;
    const clientSecret = vault.open(stored.sealedSecret, contextOf(stored.uuid));
    return { clientId: stored.clientId, clientSecret, from: "stored", checkedAt: stored.checkedAt };
  }

  async function required(): Promise<OauthApplication> {
    const application = await current();
    if (application === null) throw new ProblemError("oauth_application_missing");
    return application;
  }

  function refuseWhereFixed(): void {
    if (ofEnvironment !== null) throw new ProblemError("oauth_application_fixed");
  }

  async function checkAtYandex(app: OauthCredentials): Promise<void> {
    const { clientId, clientSecret } = app;
    const belong = await answered(oauth.checkApplication({ app: { clientId, clientSecret } })).catch((error) => {
      if (!(error instanceof YandexOauthError)) throw error;
      throw new ProblemError("oauth_application_refused", { text: refusalText(error) }, { cause: error });
    });
    if (!belong) throw new ProblemError("oauth_application_refused", { text: "invalid_client" });
  }

  return {
    ...{ current, required },
    async save(credentials) {
      refuseWhereFixed();
      await checkAtYandex(credentials);
      const uuid = deps.newUuid();
      const { clientId, clientSecret } = credentials;
      const sealedSecret = vault.seal(clientSecret, contextOf(uuid));
      const at = now();
      await store.save({ uuid, clientId, sealedSecret, createdAt: at, updatedAt: at, checkedAt: at });
      return { clientId, clientSecret, from: "stored", checkedAt: at };
    },
    async check() {
      const application = await required();
      await checkAtYandex(application);
      const checkedAt = now();
      if (application.from === "stored") await store.recordCheck(checkedAt);
      return { ...application, checkedAt };
    },
    async remove() {
      refuseWhereFixed();
      if (!(await store.remove())) throw new ProblemError("oauth_application_missing");
    },
  };
}
