import { expect, test } from "bun:test";
import { newPkce } from "../pkce.ts";
import { createOauthRig } from "./oauth-rig.ts";

const invalidGrant = { kind: "invalid_grant", status: 400, mayHaveTakenEffect: false };

test("a person's consent becomes a pair of tokens that carry the person's rights", async () => {
  const { simulator, comeBack, exchange, statusOf } = createOauthRig();
  const back = comeBack();
  expect(Object.fromEntries(back)).toMatchObject({ from: "yandex", state: "s1" });
  const pair = await exchange(back.get("code"));
  expect(pair).toMatchObject({ expiresAt: simulator.now() + 31_536_000_000, scopes: null });
  expect(await statusOf(pair.accessToken)).toBe(200);
});

test("the login host names the application that a token was issued to", async () => {
  const { simulator, connect } = createOauthRig();
  simulator.addToken("y0_by-hand", { login: "shop" });
  const { accessToken } = await connect({ login: "viewer" });
  const infoOf = async (token: string) =>
    (await simulator.fetch("https://login.example/info", { headers: { authorization: `OAuth ${token}` } })).json();
  expect(await infoOf(accessToken)).toMatchObject({ login: "viewer", client_id: "app-id" });
  expect(await infoOf("y0_by-hand")).toMatchObject({ login: "shop", client_id: "simulator" });
});

test("rights that a person leaves out are told and missing", async () => {
  const { connect, statusOf } = createOauthRig();
  const pair = await connect({ scopes: ["metrika:write"] });
  expect(pair.scopes).toEqual(["metrika:write"]);
  expect(await statusOf(pair.accessToken)).toBe(403);
});

test("a refusal comes back to the application without a code", () => {
  const { comeBack } = createOauthRig();
  const back = Object.fromEntries(comeBack({ refuse: true }));
  expect(back).toMatchObject({ error: "access_denied", error_description: expect.any(String), state: "s1" });
  expect(back).not.toHaveProperty("code");
});

test("a code works once, for ten minutes and for its own application", async () => {
  const { simulator, oauth, comeBack, exchange, redirectUri, pkce } = createOauthRig();
  const other = simulator.addApplication({ clientId: "other-app", redirectUris: [redirectUri] });
  const code = comeBack().get("code") ?? "";
  const foreign = oauth.exchangeCode({ app: other, code, redirectUri, codeVerifier: pkce.verifier });
  await expect(foreign).rejects.toMatchObject(invalidGrant);
  await exchange(code);
  await expect(exchange(code)).rejects.toMatchObject(invalidGrant);

  const timely = comeBack().get("code");
  const late = comeBack().get("code");
  simulator.advance(10 * 60 * 1000 - 1);
  await exchange(timely);
  simulator.advance(1);
  await expect(exchange(late)).rejects.toMatchObject({ ...invalidGrant, errorDescription: "Code has expired" });
  await expect(exchange("no code of ours")).rejects.toMatchObject({ ...invalidGrant, error: "bad_verification_code" });
});

test("a code is bound to its verifier and its redirect address", async () => {
  const { oauth, app, comeBack, exchange, redirectUri, pkce, authorizeUrl, simulator } = createOauthRig();
  const stolen = exchange(comeBack().get("code"), { codeVerifier: newPkce().verifier });
  await expect(stolen).rejects.toMatchObject(invalidGrant);
  const code = comeBack().get("code") ?? "";
  const elsewhere = oauth.exchangeCode({ app, code, redirectUri: `${redirectUri}&x=1`, codeVerifier: pkce.verifier });
  await expect(elsewhere).rejects.toMatchObject(invalidGrant);
  const plain = authorizeUrl({ code_challenge: pkce.verifier, code_challenge_method: null });
  await exchange(new URL(simulator.consent({ authorizeUrl: plain, login: "shop" })).searchParams.get("code"));
});

test("a refresh token is replaced at each refresh, and the old one is dead", async () => {
  const { oauth, app, simulator, connect, statusOf } = createOauthRig();
  const first = await connect();
  simulator.advance(1000);
  const second = await oauth.refresh({ app, refreshToken: first.refreshToken ?? "" });
  expect(second.refreshToken).not.toBe(first.refreshToken);
  expect(second.accessToken).not.toBe(first.accessToken);
  expect(second.expiresAt).toBe((first.expiresAt ?? 0) + 1000);
  await expect(oauth.refresh({ app, refreshToken: first.refreshToken ?? "" })).rejects.toMatchObject(invalidGrant);
  expect(await statusOf(first.accessToken)).toBe(200);
  expect(await statusOf(second.accessToken)).toBe(200);
});

test("a refreshed pair may keep its access token, whose life is prolonged then", async () => {
  const { oauth, app, simulator, connect, statusOf } = createOauthRig({
    ...{ refreshedAccessToken: "same", tokenLifetimeSeconds: 60 },
  });
  const first = await connect();
  simulator.advance(59_000);
  const second = await oauth.refresh({ app, refreshToken: first.refreshToken ?? "" });
  expect(second.accessToken).toBe(first.accessToken);
  simulator.advance(59_000);
  expect(await statusOf(second.accessToken)).toBe(200);
});

test("both tokens end with their life, and the access token is refused like an unknown one", async () => {
  const { oauth, app, simulator, connect, statusOf } = createOauthRig({ tokenLifetimeSeconds: 60 });
  const { accessToken, refreshToken, expiresAt } = await connect();
  expect(expiresAt).toBe(simulator.now() + 60_000);
  simulator.advance(59_999);
  expect(await statusOf(accessToken)).toBe(200);
  simulator.advance(1);
  expect(await statusOf(accessToken)).toBe(403);
  await expect(oauth.refresh({ app, refreshToken: refreshToken ?? "" })).rejects.toMatchObject(invalidGrant);
});

test("after a lost answer to a refresh the old refresh token is dead, and the client says that it may be", async () => {
  const { oauth, app, simulator, connect } = createOauthRig();
  for (const fault of [{ kind: "store_then_reset" }, { kind: "store_then_status", status: 502 }] as const) {
    const { refreshToken } = await connect();
    simulator.faults.add({ match: { operation: "oauth_token" }, fault });
    const lost = oauth.refresh({ app, refreshToken: refreshToken ?? "" });
    await expect(lost).rejects.toMatchObject({ kind: "unreachable", mayHaveTakenEffect: true });
    await expect(oauth.refresh({ app, refreshToken: refreshToken ?? "" })).rejects.toMatchObject(invalidGrant);
  }
});

test("a refresh that never reached Yandex can be repeated", async () => {
  const { oauth, app, simulator, connect } = createOauthRig();
  const { refreshToken } = await connect();
  const refresh = () => oauth.refresh({ app, refreshToken: refreshToken ?? "" });
  for (const [fault, mayHaveTakenEffect] of [
    [{ kind: "unreachable" }, false],
    [{ kind: "status", status: 429, retryAfter: 3 }, false],
    [{ kind: "status", status: 503 }, true],
    [{ kind: "reset_before_store" }, true],
  ] as const) {
    simulator.faults.add({ match: { operation: "oauth_token" }, fault });
    await expect(refresh()).rejects.toMatchObject({ kind: "unreachable", mayHaveTakenEffect });
  }
  await refresh();
  expect(simulator.requests).toMatchObject({ byGroup: { oauth: 5 }, byOperation: { oauth_token: 5 } });
});

test("only tokens that are bound to a device can be revoked by their application", async () => {
  const { oauth, app, simulator, connect, comeBack, exchange, authorizeUrl, statusOf } = createOauthRig();
  const free = await connect();
  await expect(oauth.revoke({ app, accessToken: free.accessToken })).rejects.toMatchObject({
    ...{ kind: "rejected", error: "unsupported_token_type" },
  });
  const byUrl = await connect({ authorizeUrl: authorizeUrl({ device_id: "gateway-1" }) });
  const byExchange = await exchange(comeBack().get("code"), { deviceId: "gateway-1" });
  for (const { accessToken, refreshToken } of [byUrl, byExchange]) {
    await oauth.revoke({ app, accessToken });
    expect(await statusOf(accessToken)).toBe(403);
    await expect(oauth.refresh({ app, refreshToken: refreshToken ?? "" })).rejects.toMatchObject(invalidGrant);
  }
  expect(await statusOf(free.accessToken)).toBe(200);
  const other = simulator.addApplication({ clientId: "other-app", redirectUris: [] });
  await expect(oauth.revoke({ app: other, accessToken: free.accessToken })).rejects.toMatchObject(invalidGrant);
});

test("of more than thirty devices the oldest loses its tokens", async () => {
  const { connect, authorizeUrl, statusOf } = createOauthRig();
  const urls = Array.from({ length: 31 }, (_, n) => authorizeUrl({ device_id: `device-${n}` }));
  const pairs = await Promise.all(urls.map((url) => connect({ authorizeUrl: url })));
  const statuses = await Promise.all(pairs.map(({ accessToken }) => statusOf(accessToken)));
  expect(statuses.toSorted()).toEqual([...Array<number>(30).fill(200), 403]);
});

test("changed rights end all tokens of the application, a changed password all tokens of the login", async () => {
  const { oauth, app, simulator, connect, comeBack, exchange, authorizeUrl, statusOf } = createOauthRig();
  simulator.addToken("y0_by-hand", { login: "shop" });
  const [shop, viewer] = [await connect(), await connect({ login: "viewer" })];
  const pending = comeBack().get("code");
  simulator.changePassword("shop");
  await expect(exchange(pending)).rejects.toMatchObject(invalidGrant);
  expect(await statusOf(shop.accessToken)).toBe(403);
  expect(await statusOf("y0_by-hand")).toBe(403);
  expect(await statusOf(viewer.accessToken)).toBe(200);
  simulator.changeApplicationRights("app-id", ["metrika:read"]);
  expect(await statusOf(viewer.accessToken)).toBe(403);
  await expect(oauth.refresh({ app, refreshToken: viewer.refreshToken ?? "" })).rejects.toMatchObject(invalidGrant);
  expect(comeBack({ authorizeUrl: authorizeUrl() }).get("error")).toBe("invalid_scope");
  await connect({ authorizeUrl: authorizeUrl({ scope: null }) });
});

test("a token that a person takes back is dead together with its refresh token", async () => {
  const { oauth, app, simulator, connect, statusOf } = createOauthRig();
  const { accessToken, refreshToken } = await connect();
  simulator.killToken(accessToken);
  expect(await statusOf(accessToken)).toBe(403);
  await expect(oauth.refresh({ app, refreshToken: refreshToken ?? "" })).rejects.toMatchObject(invalidGrant);
});

test("a wrong application is told so whatever it asks for, with either status", async () => {
  const { oauth, app, simulator, comeBack, redirectUri } = createOauthRig();
  const code = comeBack().get("code") ?? "";
  for (const wrong of [
    { ...app, clientSecret: "wrong" },
    { ...app, clientId: "unknown" },
  ]) {
    for (const status of [401, 400] as const) {
      simulator.settings.invalidClientStatus = status;
      const refused = { kind: "invalid_client", status, error: "invalid_client" };
      const exchange = oauth.exchangeCode({ app: wrong, code, redirectUri, codeVerifier: "" });
      await expect(exchange).rejects.toMatchObject(refused);
      await expect(oauth.revoke({ app: wrong, accessToken: "y0_any" })).rejects.toMatchObject(refused);
      expect(await oauth.checkApplication({ app: wrong })).toBe(false);
    }
  }
  expect(await oauth.checkApplication({ app })).toBe(true);
});

test("an application may also name itself in the body, and mistakes in the form are told", async () => {
  const { app, simulator } = createOauthRig();
  const ask = async (form: Record<string, string>, headers: Record<string, string> = {}) => {
    const init = { method: "POST", headers, body: new URLSearchParams(form) };
    return (await (await simulator.fetch("https://yandex.example/token", init)).json()) as { error: string };
  };
  const self = { client_id: app.clientId, client_secret: app.clientSecret };
  expect(await ask({ ...self })).toMatchObject({
    error: "invalid_request",
    error_description: "grant_type not in POST",
  });
  expect(await ask({ ...self, grant_type: "password" })).toMatchObject({ error: "unsupported_grant_type" });
  expect(await ask({ ...self, grant_type: "refresh_token" })).toMatchObject({ error: "invalid_request" });
  expect(await ask({ ...self, grant_type: "authorization_code" })).toMatchObject({ error: "invalid_request" });
  const byHeader = { authorization: `Basic ${btoa("app-id:wrong")}` };
  expect(await ask({ ...self, grant_type: "refresh_token" }, byHeader)).toMatchObject({ error: "invalid_client" });
});
