import { readAnswer } from "./answer.ts";
import { systemClock } from "./clock.ts";
import type { Fetch } from "./http.ts";
import { oauthRefusalOf, oauthUnreachable } from "./oauth-error.ts";

/** An application registered at https://oauth.yandex.ru. */
export interface OauthCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The settings of {@link createOauthRequest}. */
export interface OauthRequestOptions {
  /** `https://oauth.yandex.ru`, or another double of it; with or without a trailing slash. */
  readonly oauthUrl: string;
  readonly fetch: Fetch;
  readonly userAgent?: string;
  /** Milliseconds from the request to the end of its answer. Default 30000. */
  readonly timeoutMs?: number;
  /** Milliseconds since 1970, UTC. Default: the machine's time. */
  readonly now?: () => number;
}

/** One request of an application in its own name. */
export interface OauthCall {
  readonly app: OauthCredentials;
  /** Begins with a slash. */
  readonly path: string;
  readonly form: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

/** Sends one call and hands over the body of its answer; rejects with `YandexOauthError` only. Never repeats it. */
export type OauthRequest = (call: OauthCall) => Promise<string>;

/** Makes the one function through which everything to Yandex OAuth goes. */
export function createOauthRequest(options: OauthRequestOptions): OauthRequest {
  const { fetch, userAgent = "metrika-gateway", timeoutMs = 30_000, now = systemClock.now } = options;
  const base = options.oauthUrl.replace(/\/+$/, "");

  return async (call) => {
    const operation = `POST ${call.path}`;
    const { response, text } = await receive(call, operation);
    if (response.ok) return text;
    const { status, headers } = response;
    throw oauthRefusalOf({ operation, status, headers, text, now: now(), secrets: secretsOf(call) });
  };

  async function receive(call: OauthCall, operation: string): Promise<{ response: Response; text: string }> {
    if (call.signal?.aborted) throw oauthUnreachable(operation, { reason: "given_up", begun: false });
    const stop = new AbortController();
    const onAbort = () => stop.abort();
    call.signal?.addEventListener("abort", onAbort, { once: true });
    let late = false;
    const cancelTimeout = systemClock.after(timeoutMs, () => {
      late = true;
      stop.abort();
    });
    const { url, ...init } = requestOf(call);
    try {
      const response = await fetch(url, { ...init, signal: stop.signal });
      const { raw: text } = await readAnswer(response, { operation, bodySent: () => true, onBytes: () => {} });
      return { response, text };
    } catch (failure) {
      if (late) throw oauthUnreachable(operation, { reason: "timeout", timeoutMs });
      if (call.signal?.aborted) throw oauthUnreachable(operation, { reason: "given_up", begun: true });
      throw oauthUnreachable(operation, { reason: "failure", failure });
    } finally {
      cancelTimeout();
      call.signal?.removeEventListener("abort", onAbort);
    }
  }

  function requestOf({ app, path, form }: OauthCall): RequestInit & { readonly url: string } {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(form)) if (value !== undefined) body.set(name, value);
    return {
      url: `${base}${path}`,
      method: "POST",
      headers: {
        // https://yandex.ru/dev/id/doc/en/tokens/refresh-client: with this header the body's pair is not looked at.
        authorization: `Basic ${basicOf(app)}`,
        accept: "application/json",
        "content-type": "application/x-www-form-urlencoded",
        "user-agent": userAgent,
      },
      body: body.toString(),
      redirect: "manual",
    };
  }
}

function basicOf({ clientId, clientSecret }: OauthCredentials): string {
  return Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
}

/** Fields that are no secrets, so that a refusal may name them. */
const PUBLIC_FIELDS: readonly string[] = ["grant_type", "redirect_uri", "device_id", "device_name"];

function secretsOf({ app, form }: OauthCall): readonly string[] {
  const secretFields = Object.entries(form).filter(([name]) => !PUBLIC_FIELDS.includes(name));
  return [app.clientSecret, basicOf(app), ...secretFields.map(([, value]) => value ?? "")];
}
