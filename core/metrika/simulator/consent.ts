import type { Application, PendingCode } from "./grants.ts";
import type { Simulation } from "./simulation.ts";
import type { Scope } from "./world.ts";

/** What an application asks a person for. */
export interface ConsentRequest {
  readonly application: Application;
  readonly redirectUri: string;
  readonly scopes: readonly Scope[];
  readonly state: string | null;
  readonly challenge: PendingCode["challenge"];
  readonly deviceId: string | null;
  readonly loginHint: string | null;
}

/** What became of an authorization URL: a request, a refusal told to the application, or one told to the person. */
export type ReadConsentRequest =
  | { readonly kind: "request"; readonly request: ConsentRequest }
  | { readonly kind: "refused"; readonly location: string }
  | { readonly kind: "broken"; readonly message: string };

/** What a person answers. */
export interface Decision {
  readonly login: string;
  readonly allowed: boolean;
  /** The rights that are given, among those asked for. */
  readonly scopes: readonly string[];
}

/** A person who opens an authorization URL and presses a button. */
export interface ConsentSeed {
  readonly authorizeUrl: string;
  /** Who is logged in; must exist. */
  readonly login: string;
  /** Presses «Отказать». */
  readonly refuse?: boolean | undefined;
  /** The rights that stay ticked. Default: all that are asked for. */
  readonly scopes?: readonly Scope[] | undefined;
}

// The documents give the codes that a device waits for this life: https://yandex.ru/dev/id/doc/en/codes/screen-code-oauth
const CODE_LIFETIME_MS = 10 * 60 * 1000;

// RFC 7636, section 4.3; "plain" is what a challenge without a method means.
const CHALLENGE_METHODS = ["S256", "plain"] as const;

/** Reads the query of an authorization URL. https://yandex.ru/dev/id/doc/en/codes/code-url */
export function readConsentRequest(query: URLSearchParams, { grants }: Simulation): ReadConsentRequest {
  // Until both are known to belong together nobody is sent anywhere: the address may be an attacker's.
  const application = grants.applications.get(query.get("client_id") ?? "");
  if (application === undefined)
    return { kind: "broken", message: "Приложения с таким client_id нет (Unknown client with such client_id)." };
  const redirectUri = query.get("redirect_uri") ?? application.redirectUris[0];
  if (redirectUri === undefined || !application.redirectUris.includes(redirectUri))
    return { kind: "broken", message: "Адрес redirect_uri не совпадает ни с одним из указанных при регистрации." };

  const state = query.get("state");
  const refused = (error: string, description: string): ReadConsentRequest => ({
    kind: "refused",
    location: locationOf(redirectUri, { error, error_description: description, state }),
  });
  if (query.get("response_type") !== "code") return refused("unsupported_response_type", "Use response_type=code");
  const scopes = askedScopes(query, application);
  if (scopes === null) return refused("invalid_scope", "The application is not registered with these rights");
  const deviceId = query.get("device_id");
  if (!isDeviceId(deviceId)) return refused("invalid_request", "device_id not valid");
  const wantedMethod = query.get("code_challenge_method") ?? "plain";
  const method = CHALLENGE_METHODS.find((one) => one === wantedMethod);
  if (method === undefined) return refused("invalid_request", "code_challenge_method not valid");
  const value = query.get("code_challenge");
  const challenge = value === null ? null : { value, method };
  const loginHint = query.get("login_hint");
  return { kind: "request", request: { application, redirectUri, scopes, state, challenge, deviceId, loginHint } };
}

/** Carries a person's answer out and tells where it sends the browser. */
export function decide(request: ConsentRequest, decision: Decision, simulation: Simulation): string {
  const { application, redirectUri, state, challenge, deviceId } = request;
  if (!decision.allowed) {
    const refusal = { error: "access_denied", error_description: "User denied access to the application" };
    return locationOf(redirectUri, { ...refusal, state });
  }
  const scopes = request.scopes.filter((scope) => decision.scopes.includes(scope));
  const code = simulation.grants.addCode({
    grant: { login: decision.login, clientId: application.clientId, scopes, deviceId },
    ...{ redirectUri, challenge, askedScopes: request.scopes },
    expiresAt: simulation.now() + CODE_LIFETIME_MS,
  });
  return locationOf(redirectUri, { code, state });
}

/**
 * Does what a person would do on the consent page, and returns the address that the browser is sent to.
 * Throws where the page would show an error and send nobody anywhere.
 */
export function consentAs(
  { authorizeUrl, login, refuse = false, scopes }: ConsentSeed,
  simulation: Simulation,
): string {
  const read = readConsentRequest(new URL(authorizeUrl).searchParams, simulation);
  if (read.kind === "broken") throw new Error(read.message);
  if (read.kind === "refused") return read.location;
  if (!simulation.world.logins.includes(login))
    throw new Error(`There is no login ${login}: add it before it consents`);
  return decide(read.request, { login, allowed: !refuse, scopes: scopes ?? read.request.scopes }, simulation);
}

/** 6 to 50 printable ASCII characters, or none at all. */
export function isDeviceId(deviceId: string | null): boolean {
  return deviceId === null || /^[\x20-\x7e]{6,50}$/.test(deviceId);
}

function askedScopes(query: URLSearchParams, { scopes }: Application): readonly Scope[] | null {
  const wordsOf = (name: string) => query.get(name)?.split(/\s+/).filter(Boolean) ?? [];
  const asked = [...wordsOf("scope"), ...wordsOf("optional_scope")];
  if (asked.length === 0) return scopes;
  return asked.every((scope) => scopes.some((one) => one === scope))
    ? scopes.filter((scope) => asked.includes(scope))
    : null;
}

function locationOf(redirectUri: string, parameters: Readonly<Record<string, string | null>>): string {
  const location = new URL(redirectUri);
  for (const [name, value] of Object.entries(parameters)) if (value !== null) location.searchParams.set(name, value);
  return location.href;
}
