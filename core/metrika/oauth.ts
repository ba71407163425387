import * as v from "valibot";
import { systemClock } from "./clock.ts";
import { YandexOauthError } from "./oauth-error.ts";
import { createOauthRequest, type OauthCredentials, type OauthRequestOptions } from "./oauth-request.ts";

/** What a person is asked to consent to. */
export interface AuthorizationRequest {
  readonly clientId: string;
  /** One of the addresses that the application is registered with. */
  readonly redirectUri: string;
  /** Rights to ask for; each must be among those that the application is registered with. */
  readonly scopes: readonly string[];
  /** Comes back unchanged with the code, or with the refusal. */
  readonly state: string;
  /** Of a pair made by `newPkce`. */
  readonly codeChallenge: string;
  /** 6 to 50 printable ASCII characters. Only tokens bound to a device can be revoked by the application. */
  readonly deviceId?: string;
  /** Up to 100 characters; people see it at https://id.yandex.ru/personal/data-access. */
  readonly deviceName?: string;
  /** Shows the consent page even to those who have consented before. */
  readonly forceConfirm?: boolean;
  /** Login or e-mail to preselect. */
  readonly loginHint?: string;
}

/** Whose application asks, and until when anyone waits. */
export interface OauthCallOptions {
  readonly app: OauthCredentials;
  readonly signal?: AbortSignal;
}

/** A code that came back to the redirect address. */
export interface CodeExchange extends OauthCallOptions {
  readonly code: string;
  /** That of the authorization request. */
  readonly redirectUri: string;
  readonly codeVerifier: string;
  readonly deviceId?: string;
  readonly deviceName?: string;
}

/** What Yandex gives for a code or a refresh token. */
export interface TokenPair {
  readonly accessToken: string;
  /** A refreshed pair has a new one, and the old one is dead. Null: Yandex gave none. */
  readonly refreshToken: string | null;
  /** Milliseconds since 1970, UTC, counted from before the request; both tokens end then. Null: Yandex does not say. */
  readonly expiresAt: number | null;
  /** Null: Yandex does not say, which means the rights that were asked for, or that a refreshed pair had. */
  readonly scopes: readonly string[] | null;
}

/** Yandex OAuth, call by call. Every call rejects only with `YandexOauthError`, and none is repeated by itself. */
export interface YandexOauth {
  /** The address of the consent page (PKCE by S256). https://yandex.ru/dev/id/doc/en/codes/code-url */
  authorizeUrl(request: AuthorizationRequest): string;
  /** Exchanges a code, which works once and for ten minutes. */
  exchangeCode(exchange: CodeExchange): Promise<TokenPair>;
  /**
   * Gets a new pair, perhaps with the same access token: https://yandex.ru/dev/id/doc/en/tokens/refresh-client.
   * After an error with `mayHaveTakenEffect` the old refresh token may be dead.
   */
  refresh(options: OauthCallOptions & { readonly refreshToken: string }): Promise<TokenPair>;
  /**
   * Ends a token and its refresh token; `rejected` when the token is bound to no device.
   * https://yandex.ru/dev/id/doc/en/tokens/token-invalidate
   */
  revoke(options: OauthCallOptions & { readonly accessToken: string }): Promise<void>;
  /**
   * Whether the id and the secret of an application belong together, found without a person: a code that cannot exist
   * is exchanged. Deduced, not documented: Yandex is taken to look at the application first, so that a complaint about
   * the code (`invalid_grant`, `bad_verification_code`) vouches for the pair, and `invalid_client` or 401 refutes it.
   */
  checkApplication(options: OauthCallOptions): Promise<boolean>;
}

const TokenAnswer = v.object({
  access_token: v.pipe(v.string(), v.nonEmpty()),
  refresh_token: v.optional(v.nullable(v.pipe(v.string(), v.nonEmpty())), null),
  expires_in: v.optional(v.nullable(v.pipe(v.number(), v.minValue(0))), null),
  scope: v.optional(v.nullable(v.string()), null),
});

/** No code of Yandex looks like this one. */
const IMPOSSIBLE_CODE = "metrika-gateway-checks-its-application";

/** Makes a client; it holds no connection and no timer while no call is on the way. */
export function createYandexOauth(options: OauthRequestOptions): YandexOauth {
  const request = createOauthRequest(options);
  const now = options.now ?? systemClock.now;

  async function tokens(
    { app, signal }: OauthCallOptions,
    form: Readonly<Record<string, string | undefined>>,
  ): Promise<TokenPair> {
    const asked = now();
    const text = await request({ app, path: "/token", form, ...(signal !== undefined && { signal }) });
    const answer = parse(text);
    return {
      accessToken: answer.access_token,
      refreshToken: answer.refresh_token,
      expiresAt: answer.expires_in === null ? null : asked + Math.floor(answer.expires_in * 1000),
      scopes: answer.scope === null ? null : answer.scope.split(/\s+/).filter((scope) => scope !== ""),
    };
  }

  return {
    authorizeUrl: (authorization) => authorizeUrl(options.oauthUrl, authorization),
    exchangeCode: ({ code, redirectUri, codeVerifier, deviceId, deviceName, ...call }) =>
      tokens(call, {
        ...{ grant_type: "authorization_code", code, redirect_uri: redirectUri, code_verifier: codeVerifier },
        ...{ device_id: deviceId, device_name: deviceName },
      }),
    refresh: ({ refreshToken, ...call }) => tokens(call, { grant_type: "refresh_token", refresh_token: refreshToken }),
    async revoke({ accessToken, ...call }) {
      await request({ ...call, path: "/revoke_token", form: { access_token: accessToken } });
    },
    async checkApplication(call) {
      try {
        await request({ ...call, path: "/token", form: { grant_type: "authorization_code", code: IMPOSSIBLE_CODE } });
      } catch (error) {
        if (error instanceof YandexOauthError && error.kind === "invalid_client") return false;
        if (error instanceof YandexOauthError && error.kind === "invalid_grant") return true;
        throw error;
      }
      throw unreadable("tokens for a code that cannot exist");
    },
  };
}

function authorizeUrl(oauthUrl: string, request: AuthorizationRequest): string {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: request.clientId,
    redirect_uri: request.redirectUri,
    scope: request.scopes.join(" "),
    state: request.state,
    code_challenge: request.codeChallenge,
    code_challenge_method: "S256",
  });
  if (request.deviceId !== undefined) query.set("device_id", request.deviceId);
  if (request.deviceName !== undefined) query.set("device_name", request.deviceName);
  if (request.forceConfirm) query.set("force_confirm", "yes");
  if (request.loginHint !== undefined) query.set("login_hint", request.loginHint);
  return `${oauthUrl.replace(/\/+$/, "")}/authorize?${query}`;
}

function parse(text: string): v.InferOutput<typeof TokenAnswer> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw unreadable("no JSON");
  }
  const parsed = v.safeParse(TokenAnswer, json);
  if (parsed.success) return parsed.output;
  // Only the field's name: the issue's own words quote its value.
  throw unreadable(`unexpected ${v.getDotPath(parsed.issues[0]) ?? "shape"}`);
}

function unreadable(what: string): YandexOauthError {
  const message = `Yandex OAuth's answer to POST /token cannot be read: ${what}`;
  return new YandexOauthError(message, { kind: "unexpected", status: 200, mayHaveTakenEffect: true });
}
