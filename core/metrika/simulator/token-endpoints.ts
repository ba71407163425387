import type { HttpHandler } from "msw";
import { pkceChallenge } from "../pkce.ts";
import { isDeviceId } from "./consent.ts";
import { jsonAnswer } from "./envelopes.ts";
import { textOf } from "./exchange.ts";
import type { Application, IssuedPair, PendingCode } from "./grants.ts";
import { oauthEndpoint, oauthRefusal } from "./oauth-endpoint.ts";
import type { Simulation } from "./simulation.ts";

/** Tokens for codes and refresh tokens, and their revocation. https://yandex.ru/dev/id/doc/en/codes/code-url */
export function tokenEndpoints(simulation: Simulation): HttpHandler[] {
  return [
    oauthEndpoint(simulation, {
      ...{ operation: "oauth_token", method: "POST", path: "*/token" },
      async act(exchange) {
        const form = new URLSearchParams(await textOf(exchange));
        const grantType = form.get("grant_type");
        if (grantType === null) return oauthRefusal(400, "invalid_request", "grant_type not in POST");
        const application = applicationIn(exchange.headers, form, simulation);
        if (application instanceof Response) return application;
        if (grantType === "authorization_code") return exchangeCode(form, application, simulation);
        if (grantType === "refresh_token") return refresh(form, application, simulation);
        return oauthRefusal(400, "unsupported_grant_type", "Unknown grant_type");
      },
    }),
    oauthEndpoint(simulation, {
      ...{ operation: "oauth_revoke", method: "POST", path: "*/revoke_token" },
      async act(exchange) {
        const form = new URLSearchParams(await textOf(exchange));
        const application = applicationIn(exchange.headers, form, simulation);
        return application instanceof Response ? application : revoke(form, application, simulation);
      },
    }),
  ];
}

/** The application that asks: by the header, and only without one by the body; or the refusal. */
function applicationIn(headers: Headers, form: URLSearchParams, simulation: Simulation): Application | Response {
  const header = headers.get("authorization");
  const basic = /^Basic\s+(\S+)$/i.exec(header ?? "")?.[1] ?? "";
  const [, headerId, headerSecret] = /^([^:]*):(.*)$/s.exec(Buffer.from(basic, "base64").toString()) ?? [];
  const id = header === null ? form.get("client_id") : headerId;
  const secret = header === null ? form.get("client_secret") : headerSecret;
  const application = simulation.grants.applications.get(id ?? "");
  if (application !== undefined && application.clientSecret === secret) return application;
  const words = application === undefined ? "Client not found" : "Wrong client secret";
  return oauthRefusal(simulation.settings.invalidClientStatus, "invalid_client", words);
}

function exchangeCode(form: URLSearchParams, { clientId }: Application, simulation: Simulation): Response {
  const code = form.get("code");
  if (code === null) return oauthRefusal(400, "invalid_request", "code not in POST");
  if (!/^[0-9a-f]{16}$/.test(code)) return oauthRefusal(400, "bad_verification_code", "Invalid code");
  const pending = simulation.grants.takeCode(code, clientId);
  if (pending === null) return invalidGrant("Invalid code");
  if (simulation.now() >= pending.expiresAt) return invalidGrant("Code has expired");
  const redirectUri = form.get("redirect_uri");
  if (redirectUri !== null && redirectUri !== pending.redirectUri) return invalidGrant("redirect_uri does not match");
  if (!isVerified(pending.challenge, form.get("code_verifier"))) return invalidGrant("code_verifier does not match");
  const deviceId = pending.grant.deviceId ?? form.get("device_id");
  if (!isDeviceId(deviceId)) return oauthRefusal(400, "invalid_request", "device_id not valid");
  const pair = simulation.grants.issue({ ...pending.grant, deviceId }, endOfLife(simulation));
  const { scopes } = pending.grant;
  return pairAnswer(pair, simulation, scopes.length < pending.askedScopes.length ? scopes : null);
}

function refresh(form: URLSearchParams, { clientId }: Application, simulation: Simulation): Response {
  const refreshToken = form.get("refresh_token");
  if (refreshToken === null) return oauthRefusal(400, "invalid_request", "refresh_token not in POST");
  const found = simulation.grants.findRefreshToken(refreshToken, clientId);
  if (found === null || simulation.now() >= found.pair.expiresAt) return invalidGrant("Invalid refresh token");
  const { refreshedAccessToken } = simulation.settings;
  return pairAnswer(
    simulation.grants.rotate(found.grant, refreshedAccessToken, endOfLife(simulation)),
    simulation,
    null,
  );
}

/** https://yandex.ru/dev/id/doc/en/tokens/token-invalidate: only tokens that were issued for a device. */
function revoke(form: URLSearchParams, { clientId }: Application, { grants }: Simulation): Response {
  const accessToken = form.get("access_token");
  if (accessToken === null) return oauthRefusal(400, "invalid_request", "access_token not in POST");
  const grant = grants.grantOf(accessToken);
  if (grant === null || grant.clientId !== clientId) return invalidGrant("Invalid token");
  if (grant.deviceId === null)
    return oauthRefusal(400, "unsupported_token_type", "The token was issued without device_id");
  grants.end((one) => one === grant);
  return jsonAnswer({ status: "ok" });
}

function isVerified(challenge: PendingCode["challenge"], verifier: string | null): boolean {
  if (challenge === null) return true;
  if (verifier === null) return false;
  return (challenge.method === "S256" ? pkceChallenge(verifier) : verifier) === challenge.value;
}

const endOfLife = ({ now, settings }: Simulation) => now() + settings.tokenLifetimeSeconds * 1000;

const invalidGrant = (description: string) => oauthRefusal(400, "invalid_grant", description);

/** `scopes` is told only where it differs from what was asked. */
function pairAnswer(pair: IssuedPair, { now }: Simulation, scopes: readonly string[] | null): Response {
  return jsonAnswer({
    token_type: "bearer",
    access_token: pair.accessToken,
    expires_in: Math.floor((pair.expiresAt - now()) / 1000),
    refresh_token: pair.refreshToken,
    ...(scopes !== null && { scope: scopes.join(" ") }),
  });
}
