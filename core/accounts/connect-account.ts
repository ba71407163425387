import type { MetrikaClient } from "../metrika/client.ts";
import type { TokenPair, YandexOauth } from "../metrika/oauth.ts";
import { YandexOauthError } from "../metrika/oauth-error.ts";
import type { OauthCredentials } from "../metrika/oauth-request.ts";
import { newPkce } from "../metrika/pkce.ts";
import { ProblemError } from "../plugin/problem.ts";
import type { AccountRecord, Actor, OauthStateRecord, Store } from "../store/store.ts";
import { newSecret, secretHashHex, secretMatches } from "../vault/secrets.ts";
import type { Vault } from "../vault/vault.ts";
import { type Connected, type KeepDeps, keepAccount } from "./keep-account.ts";
import { OAUTH_SCOPES, type OauthApplications } from "./oauth-application.ts";
import { verifierContext } from "./oauth-contexts.ts";
import { proveToken, requireRights } from "./prove-token.ts";
import { answered, refusalText } from "./yandex-silence.ts";

/** A connection that is to begin. */
export interface ConnectionWish {
  readonly workspaceId: number;
  readonly actor: Actor;
  /** The account to connect anew; null for whichever consents. */
  readonly account: AccountRecord | null;
  /** A path of ours that the browser is sent to at the end. */
  readonly returnTo: string | null;
  readonly loginHint: string | null;
}

/** A connection that has begun; the person goes to `authorizeUrl`. */
export interface BegunConnection {
  readonly authorizeUrl: string;
  /** Unix milliseconds; the connection must be finished before. */
  readonly expiresAt: number;
  /** For a cookie: proves at the end that the same browser comes back. */
  readonly cookie: { readonly name: string; readonly value: string };
}

/** A connection under way, as it is found by its state. */
export interface UnderWay {
  readonly workspaceId: number;
  readonly actor: Actor;
  readonly returnTo: string | null;
  readonly cookieName: string;
  /** Whether the cookie is the one that the browser was given at the beginning. */
  isBrowser(cookie: string | null): boolean;
}

/** What Yandex sent the browser back with. */
export type ConsentAnswer = { readonly code: string } | { readonly error: string; readonly description: string | null };

/** Accounts on their way of being connected. */
export interface Connections {
  /** @throws {ProblemError} `oauth_application_missing` */
  begin(wish: ConnectionWish): Promise<BegunConnection>;
  /** Null for a state that is foreign, used or expired. */
  find(state: string): Promise<UnderWay | null>;
  /**
   * Ends a connection; its state is used up, whatever comes of it. Either the account is connected, or nothing was changed.
   * @throws {ProblemError} one of {@link finishProblems}
   */
  finish(state: string, answer: ConsentAnswer): Promise<Connected>;
  /**
   * Connects the account of a token that a person has made.
   * @throws {ProblemError} one of {@link pasteProblems}
   */
  paste(workspaceId: number, token: string): Promise<Connected>;
}

/** How a pasted token may be refused. */
export const pasteProblems = ["token_not_accepted", "token_rights_missing", "yandex_not_answering"] as const;

/** How the end of a connection may be refused. */
export const finishProblems = [
  ...["oauth_state_unknown", "oauth_consent_refused", "oauth_consent_failed", "oauth_code_refused"],
  ...["oauth_application_missing", "oauth_application_refused", "account_other_login"],
  ...pasteProblems,
] as const;

/** What accounts are connected with. */
export interface ConnectionDeps extends KeepDeps {
  readonly store: Pick<Store, "accounts" | "credentials" | "oauthStates">;
  readonly vault: Vault;
  readonly oauth: YandexOauth;
  readonly metrika: Pick<MetrikaClient, "login" | "counters">;
  readonly applications: OauthApplications;
  /** Where Yandex sends the browser back to; the application is registered with it. */
  readonly redirectUri: string;
  /** People see it at https://id.yandex.ru/personal/data-access. */
  readonly deviceName: string;
}

/** As long as a code of Yandex works. */
const LIFE_MS = 10 * 60_000;

/** 6 to 50 printable characters: https://yandex.ru/dev/id/doc/en/codes/code-url */
const deviceIdOf = ({ uuid }: Pick<OauthStateRecord, "uuid">) => `gateway-${uuid}`;

/** Makes what connects accounts. */
export function createConnections(deps: ConnectionDeps): Connections {
  const { store, vault, oauth, applications, redirectUri, deviceName, now } = deps;

  async function exchange(begun: OauthStateRecord, code: string, app: OauthCredentials): Promise<TokenPair> {
    const codeVerifier = vault.open(begun.sealedVerifier, verifierContext(begun.uuid));
    const device = { deviceId: deviceIdOf(begun), deviceName };
    try {
      const { redirectUri } = begun;
      return await answered(oauth.exchangeCode({ app, code, redirectUri, codeVerifier, ...device }));
    } catch (error) {
      if (!(error instanceof YandexOauthError)) throw error;
      const kind = error.kind === "invalid_client" ? "oauth_application_refused" : "oauth_code_refused";
      throw new ProblemError(kind, { text: refusalText(error) }, { cause: error });
    }
  }

  return {
    async begin({ workspaceId, actor, account, returnTo, loginHint }) {
      const { clientId } = await applications.required();
      const [state, cookie, pkce] = [newSecret(), newSecret(), newPkce()];
      const uuid = deps.newUuid();
      const expiresAt = now() + LIFE_MS;
      const hash = secretHashHex(state);
      await store.oauthStates.add({
        ...{ hash, workspaceId, uuid, clientId, redirectUri, returnTo, expiresAt },
        accountId: account?.id ?? null,
        actor: JSON.stringify(actor),
        browserHash: secretHashHex(cookie),
        sealedVerifier: vault.seal(pkce.verifier, verifierContext(uuid)),
        createdAt: now(),
      });
      const hint = loginHint ?? account?.login ?? null;
      const authorizeUrl = oauth.authorizeUrl({
        ...{ clientId, redirectUri, scopes: OAUTH_SCOPES, state, codeChallenge: pkce.challenge },
        ...{ deviceId: deviceIdOf({ uuid }), deviceName },
        ...(hint !== null && { loginHint: hint }),
      });
      return { authorizeUrl, expiresAt, cookie: { name: cookieName(hash), value: cookie } };
    },

    async find(state) {
      const hash = secretHashHex(state);
      const begun = await store.oauthStates.find(hash, now());
      if (begun === null) return null;
      const known = begun.browserHash === null ? [] : [Buffer.from(begun.browserHash, "hex")];
      return {
        ...{ workspaceId: begun.workspaceId, returnTo: begun.returnTo, cookieName: cookieName(hash) },
        actor: JSON.parse(begun.actor) as Actor,
        isBrowser: (cookie) => secretMatches(cookie ?? "", known),
      };
    },

    async finish(state, answer) {
      const begun = await store.oauthStates.take(secretHashHex(state), now());
      if (begun === null) throw new ProblemError("oauth_state_unknown");
      if ("error" in answer) throw consentProblem(answer.error, answer.description);
      const { clientId, clientSecret } = await applications.required();
      // The application was exchanged meanwhile: it knows neither the code nor the consent.
      if (clientId !== begun.clientId) throw new ProblemError("oauth_state_unknown");
      const app = { clientId, clientSecret };
      const tokens = await exchange(begun, answer.code, app);
      try {
        requireRights(tokens.scopes);
        const proven = await proveToken(deps.metrika, tokens.accessToken);
        const expected = begun.accountId === null ? null : await store.accounts.get(begun.accountId);
        const { workspaceId } = begun;
        const origin = "oauth" as const;
        return await keepAccount(deps, { workspaceId, proven, origin, tokens, deviceId: deviceIdOf(begun), expected });
      } catch (error) {
        // Nobody keeps it, so it must not go on working. Where Yandex does not answer it ends with its life.
        await oauth.revoke({ app, accessToken: tokens.accessToken }).catch(() => {});
        throw error;
      }
    },

    async paste(workspaceId, token) {
      const proven = await proveToken(deps.metrika, token);
      const tokens = { accessToken: token, refreshToken: null, expiresAt: null, scopes: null };
      return keepAccount(deps, { workspaceId, proven, origin: "pasted", tokens, deviceId: null, expected: null });
    },
  };
}

/** One for each connection, so that two windows of one browser do not disturb each other. */
const cookieName = (stateHash: string) => `mgw_oauth_${stateHash.slice(0, 16)}`;

/** https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1 */
function consentProblem(error: string, description: string | null): ProblemError {
  if (error === "access_denied") return new ProblemError("oauth_consent_refused");
  const text = description === null ? error : `${error}, ${description}`;
  return new ProblemError("oauth_consent_failed", { text: text.slice(0, 300) });
}
