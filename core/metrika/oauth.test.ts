import { expect, test } from "bun:test";
import type { Fetch } from "./http.ts";
import { createYandexOauth } from "./oauth.ts";
import { YandexOauthError } from "./oauth-error.ts";
import type { OauthRequestOptions } from "./oauth-request.ts";

const app = { clientId: "app-id", clientSecret: "planted-app-key" };
const NOW = Date.parse("2026-11-23T12:00:00Z");
const refreshing = { app, refreshToken: "planted-refresh" };
const exchanging = {
  ...{ app, code: "planted-code", redirectUri: "https://gateway.example/callback", codeVerifier: "planted-verifier" },
};

function oauth(fetch: Fetch, options: Partial<OauthRequestOptions> = {}) {
  return createYandexOauth({ oauthUrl: "https://oauth.example/", fetch, now: () => NOW, ...options });
}

const answering = (body: unknown, init?: ResponseInit) =>
  oauth(async () => (typeof body === "string" ? new Response(body, init) : Response.json(body, init)));

async function failureOf(call: Promise<unknown>): Promise<YandexOauthError> {
  const failure = await call.then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(YandexOauthError);
  expect(Bun.inspect(failure, { depth: 9 })).not.toContain("planted");
  return failure as YandexOauthError;
}

/** A fetch that never answers and ends only with its signal. */
const silent: Fetch = (_url, { signal }) =>
  new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));

test("the authorization URL asks for a code with PKCE and holds no secret", () => {
  const request = {
    ...{ clientId: "app-id", redirectUri: "https://gateway.example/callback?a=1", scopes: ["metrika:read", "x"] },
    ...{ state: "a b&c", codeChallenge: "challenge" },
  };
  const url = new URL(oauth(silent).authorizeUrl(request));
  expect(url.origin + url.pathname).toBe("https://oauth.example/authorize");
  expect(Object.fromEntries(url.searchParams)).toEqual({
    ...{ response_type: "code", client_id: "app-id", redirect_uri: "https://gateway.example/callback?a=1" },
    ...{ scope: "metrika:read x", state: "a b&c", code_challenge: "challenge", code_challenge_method: "S256" },
  });
  const more = { deviceId: "device-1", deviceName: "Шлюз", forceConfirm: true, loginHint: "shop" };
  const longer = new URL(oauth(silent).authorizeUrl({ ...request, ...more }));
  expect(Object.fromEntries(longer.searchParams)).toMatchObject({
    ...{ device_id: "device-1", device_name: "Шлюз", force_confirm: "yes", login_hint: "shop" },
  });
});

test("the application's pair goes into the Basic header, everything else into the form", async () => {
  const seen: [string, RequestInit][] = [];
  const client = oauth(async (url, init) => {
    seen.push([url, init]);
    return Response.json({ access_token: "y0_a", refresh_token: "1:r", expires_in: 60, scope: "metrika:read x" });
  });
  expect(await client.exchangeCode({ ...exchanging, deviceId: "device-1", deviceName: "Шлюз" })).toEqual({
    ...{ accessToken: "y0_a", refreshToken: "1:r", expiresAt: NOW + 60_000, scopes: ["metrika:read", "x"] },
  });
  await client.refresh(refreshing);
  await client.revoke({ app, accessToken: "y0_a" });
  const forms = seen.map(([url, { body }]) => [url, Object.fromEntries(new URLSearchParams(String(body)))]);
  expect(forms).toEqual([
    [
      "https://oauth.example/token",
      {
        ...{ grant_type: "authorization_code", code: "planted-code", code_verifier: "planted-verifier" },
        ...{ redirect_uri: "https://gateway.example/callback", device_id: "device-1", device_name: "Шлюз" },
      },
    ],
    ["https://oauth.example/token", { grant_type: "refresh_token", refresh_token: "planted-refresh" }],
    ["https://oauth.example/revoke_token", { access_token: "y0_a" }],
  ]);
  for (const [, init] of seen)
    expect(init).toMatchObject({
      ...{ method: "POST", redirect: "manual" },
      headers: { authorization: `Basic ${btoa("app-id:planted-app-key")}` },
    });
});

test("what an answer leaves out is null", async () => {
  expect(await answering({ access_token: "y0_a" }).refresh(refreshing)).toEqual({
    ...{ accessToken: "y0_a", refreshToken: null, expiresAt: null, scopes: null },
  });
});

test("each refusal has the kind that says what to do, and none took effect", async () => {
  const kinds = [
    [401, "invalid_client", "invalid_client"],
    [400, "invalid_client", "invalid_client"],
    [401, "whatever", "invalid_client"],
    [400, "invalid_grant", "invalid_grant"],
    [400, "bad_verification_code", "invalid_grant"],
    [400, "invalid_scope", "invalid_scope"],
    [400, "unauthorized_client", "rejected"],
    [400, "unsupported_token_type", "rejected"],
    [429, "whatever", "unreachable"],
  ] as const;
  for (const [status, error, kind] of kinds) {
    const client = answering({ error, error_description: "Said by Yandex" }, { status });
    expect(await failureOf(client.refresh(refreshing))).toMatchObject({
      ...{ kind, status, error, errorDescription: "Said by Yandex", mayHaveTakenEffect: false },
      message: `Yandex OAuth answered ${status} to POST /token: ${error}: Said by Yandex`,
    });
  }
});

test("an answer of a gateway that lost its server leaves open what was done", async () => {
  for (const status of [408, 500, 502, 504])
    expect(await failureOf(answering("<html>", { status }).refresh(refreshing))).toMatchObject({
      ...{ kind: "unreachable", status, error: null, mayHaveTakenEffect: true },
    });
});

test("the wait that Yandex asks for is told", async () => {
  const client = answering("", { status: 429, headers: { "retry-after": "17" } });
  expect(await failureOf(client.refresh(refreshing))).toMatchObject({ kind: "unreachable", retryAfterSeconds: 17 });
});

test("an answer that is not what the documents promise is unexpected, and a success may have taken effect", async () => {
  for (const body of [
    "<html>",
    "planted-token",
    "",
    "[]",
    '{"access_token":"","x":1}',
    '{"access_token":"planted","expires_in":"planted"}',
  ])
    expect(await failureOf(answering(body).refresh(refreshing))).toMatchObject({
      ...{ kind: "unexpected", mayHaveTakenEffect: true },
    });
  for (const status of [302, 403, 404])
    expect(await failureOf(answering("<html>", { status }).refresh(refreshing))).toMatchObject({
      ...{ kind: "unexpected", status, mayHaveTakenEffect: false },
    });
});

test("no error repeats a secret, even where Yandex or the network quotes it", async () => {
  const quoted = `planted-code planted-verifier planted-app-key ${btoa("app-id:planted-app-key")}\n`;
  const client = answering({ error: "invalid_grant", error_description: quoted }, { status: 400 });
  const failure = await failureOf(client.exchangeCode(exchanging));
  expect(failure.errorDescription).toBe("*** *** *** ***");
  const broken = oauth((_url, { body }) => Promise.reject(Object.assign(new Error(String(body)), { code: "EPROTO" })));
  expect((await failureOf(broken.refresh(refreshing))).message).toBe(
    "No answer from Yandex OAuth to POST /token (EPROTO)",
  );
});

test("only a connection that never stood certainly left everything as it was", async () => {
  for (const [code, mayHaveTakenEffect] of [
    ["ECONNREFUSED", false],
    ["ENOTFOUND", false],
    ["ECONNRESET", true],
    [undefined, true],
  ] as const) {
    const client = oauth(() => Promise.reject(Object.assign(new TypeError("failed"), { code })));
    const failure = await failureOf(client.refresh(refreshing));
    expect(failure).toMatchObject({ kind: "unreachable", status: null, mayHaveTakenEffect });
  }
});

test("an answer that breaks off, or does not come in time, leaves open what was done", async () => {
  const torn = new ReadableStream({ start: (controller) => controller.error(new TypeError("cut")) });
  expect(await failureOf(oauth(async () => new Response(torn)).refresh(refreshing))).toMatchObject({
    ...{ kind: "unreachable", mayHaveTakenEffect: true },
  });
  expect(await failureOf(oauth(silent, { timeoutMs: 5 }).refresh(refreshing))).toMatchObject({
    ...{
      kind: "unreachable",
      mayHaveTakenEffect: true,
      message: "Yandex OAuth did not answer POST /token within 5 ms",
    },
  });
});

test("a caller may give up, before the request and during it", async () => {
  const caller = new AbortController();
  const failure = failureOf(oauth(silent).refresh({ ...refreshing, signal: caller.signal }));
  caller.abort();
  expect(await failure).toMatchObject({ kind: "unreachable", mayHaveTakenEffect: true });
  const before = await failureOf(oauth(silent).refresh({ ...refreshing, signal: caller.signal }));
  expect(before).toMatchObject({ kind: "unreachable", mayHaveTakenEffect: false });
});

test("an application is vouched for by a complaint about the code and refuted by one about itself", async () => {
  const checked = (error: string, status: number) => answering({ error }, { status }).checkApplication({ app });
  expect(await checked("bad_verification_code", 400)).toBe(true);
  expect(await checked("invalid_grant", 400)).toBe(true);
  expect(await checked("invalid_client", 400)).toBe(false);
  expect(await checked("", 401)).toBe(false);
  expect(await failureOf(checked("unauthorized_client", 400))).toMatchObject({ kind: "rejected" });
  expect(await failureOf(checked("", 503))).toMatchObject({ kind: "unreachable" });
  const careless = answering({ access_token: "planted" });
  expect(await failureOf(careless.checkApplication({ app }))).toMatchObject({ kind: "unexpected" });
});
