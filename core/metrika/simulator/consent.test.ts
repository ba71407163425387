import { expect, test } from "bun:test";
import { demo, seedDemo } from "./demo-data.ts";
import { createOauthRig } from "./oauth-rig.ts";
import { createMetrikaSimulator } from "./simulator.ts";

test("the page offers the world's people and the rights asked for, and needs no script", async () => {
  const { simulator, authorizeUrl } = createOauthRig();
  const answer = await simulator.fetch(authorizeUrl({ login_hint: "viewer@yandex.ru" }));
  const page = await answer.text();
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page).toContain("Симулятор Яндекс ID");
  expect(page).toContain('name="login" value="shop" >');
  expect(page).toContain('name="login" value="viewer" checked>');
  expect(page.match(/name="scope" value="[^"]+" checked/g)).toHaveLength(2);
  expect(page).not.toContain("<script");
});

test("the buttons send the browser back with a code or with the refusal", async () => {
  const { simulator, authorizeUrl, exchange } = createOauthRig();
  const press = async (form: readonly [string, string][]) => {
    const init = { method: "POST", body: new URLSearchParams(form.map(([name, value]) => [name, value])) };
    const answer = await simulator.fetch(authorizeUrl(), init);
    expect(answer.status).toBe(302);
    return new URL(answer.headers.get("location") ?? "").searchParams;
  };
  const allowed = await press([
    ["login", "viewer"],
    ["scope", "metrika:read"],
    ["scope", "metrika:evil"],
    ["decision", "allow"],
  ]);
  expect(await exchange(allowed.get("code"))).toMatchObject({ scopes: ["metrika:read"] });
  const refused = await press([
    ["login", "viewer"],
    ["scope", "metrika:read"],
    ["decision", "deny"],
  ]);
  expect(Object.fromEntries(refused)).toMatchObject({ error: "access_denied", state: "s1" });
});

test("a wrong application or redirect address is told to the person and sends nobody anywhere", async () => {
  const { simulator, authorizeUrl, redirectUri } = createOauthRig();
  for (const changes of [
    { client_id: "unknown" },
    { client_id: null },
    { redirect_uri: "https://evil.example/callback" },
    { redirect_uri: `${redirectUri}#x` },
    { redirect_uri: "" },
  ]) {
    const url = authorizeUrl(changes);
    for (const init of [{}, { method: "POST", body: new URLSearchParams({ login: "shop", decision: "allow" }) }]) {
      const answer = await simulator.fetch(url, init);
      expect(answer.status).toBe(400);
      expect(answer.headers.get("location")).toBeNull();
    }
    expect(() => simulator.consent({ authorizeUrl: url, login: "shop" })).toThrow();
  }
});

test("other mistakes in the request come back to the application at once", async () => {
  const { simulator, authorizeUrl, redirectUri } = createOauthRig();
  for (const [changes, error] of [
    [{ response_type: "token" }, "unsupported_response_type"],
    [{ scope: "metrika:read login:email" }, "invalid_scope"],
    [{ device_id: "short" }, "invalid_request"],
    [{ code_challenge_method: "S512" }, "invalid_request"],
  ] as const) {
    const answer = await simulator.fetch(authorizeUrl(changes));
    expect(answer.status).toBe(302);
    const location = answer.headers.get("location") ?? "";
    expect(location).toStartWith(redirectUri);
    expect(Object.fromEntries(new URL(location).searchParams)).toMatchObject({ error, state: "s1" });
  }
});

test("without a redirect address and rights of its own a request means those of the registration", async () => {
  const { simulator, authorizeUrl, redirectUri } = createOauthRig();
  const url = authorizeUrl({ redirect_uri: null, scope: null, state: null });
  const location = simulator.consent({ authorizeUrl: url, login: "shop" });
  expect(location).toStartWith(redirectUri);
  expect(new URL(location).searchParams.has("state")).toBe(false);
  const optional = authorizeUrl({ scope: null, optional_scope: "metrika:read" });
  expect(await (await simulator.fetch(optional)).text()).not.toContain("metrika:write");
});

test("nobody can consent in the name of a login that does not exist", async () => {
  const { simulator, authorizeUrl, connect } = createOauthRig();
  const body = new URLSearchParams({ login: "stranger", decision: "allow" });
  expect((await simulator.fetch(authorizeUrl(), { method: "POST", body })).status).toBe(400);
  expect(() => simulator.consent({ authorizeUrl: authorizeUrl(), login: "stranger" })).toThrow("stranger");
  simulator.addLogin("stranger");
  await connect({ login: "stranger" });
});

test("whatever names hold is shown as text", async () => {
  const { simulator, redirectUri, authorizeUrl } = createOauthRig();
  const evil = `"><script>alert('1')</script>`;
  simulator.addApplication({ clientId: "app-id", name: evil, redirectUris: [redirectUri] });
  simulator.addLogin(evil);
  const page = await (await simulator.fetch(authorizeUrl({ state: evil, login_hint: evil }))).text();
  expect(page).not.toContain("<script");
  expect(page).toContain("&lt;script&gt;");
});

test("the demo has an application, a login that owns the counter and one that may only view it", async () => {
  const simulator = createMetrikaSimulator();
  seedDemo(simulator, ["https://gateway.example/callback"]);
  const { clientId } = demo.application;
  const permissionOf = async (login: string) => {
    const authorizeUrl = `https://yandex.example/authorize?response_type=code&client_id=${clientId}`;
    const code = new URL(simulator.consent({ authorizeUrl, login })).searchParams.get("code") ?? "";
    const form = { grant_type: "authorization_code", code, client_id: clientId };
    const body = new URLSearchParams({ ...form, client_secret: demo.application.clientSecret });
    const pair = await (await simulator.fetch("https://yandex.example/token", { method: "POST", body })).json();
    const headers = { authorization: `OAuth ${(pair as { access_token: string }).access_token}` };
    const counter = `https://yandex.example/management/v1/counter/${demo.counterId}`;
    return ((await (await simulator.fetch(counter, { headers })).json()) as { counter: { permission: string } }).counter
      .permission;
  };
  expect(await permissionOf(demo.login)).toBe("own");
  expect(await permissionOf(demo.viewer)).toBe("view");
});

test("an application cannot be registered with something that is no address", () => {
  const { simulator } = createOauthRig();
  expect(() => simulator.addApplication({ clientId: "x", redirectUris: ["callback"] })).toThrow("callback");
  expect(() => simulator.changeApplicationRights("unknown", [])).toThrow("unknown");
});
