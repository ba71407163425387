import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { hashSecret } from "../../core/vault/secrets.ts";
import { applicationEnv, begin, connectByProgram, consent, seedAccounts } from "../setup/accounts.ts";
import { HOUR, MINUTE, startTestGateway, type TestGateway } from "../setup/gateway.ts";

const startGateway = (env: Readonly<Record<string, string>> = applicationEnv) =>
  startTestGateway({ seed: seedAccounts, env });

const finish = (gateway: TestGateway, { code, state }: { code: string; state: string }) =>
  gateway.manage("POST", "/v1/accounts/callback", { code, state }, { "accept-language": "en" });

/** Nothing half-made: neither an account nor a credential, and no token that goes on working at Yandex. */
async function expectNothing({ manage, sql }: TestGateway): Promise<void> {
  expect((await manage("GET", "/v1/accounts")).body.data).toEqual([]);
  expect(await sql("select 1 from credentials")).toEqual([]);
}

test("without an application nobody is sent to Yandex, and the answer says how to set one", async () => {
  const gateway = await startGateway({});
  const { status, body } = await gateway.manage("POST", "/v1/accounts/connect", {});
  expect([status, body.code]).toEqual([409, "oauth_application_missing"]);
  expect(body.detail).toContain("account app");
});

test("refused consent is told as such, in the browser and on the way back to a page", async () => {
  const gateway = await startGateway();
  const plain = await begin(gateway);
  const headers = { cookie: plain.cookie, "accept-language": "en" };
  const page = await gateway.request("GET", consent(gateway, plain, { refuse: true }).path, { headers });
  expect([page.status, page.text]).toEqual([403, expect.stringContaining("press “Allow”")]);
  const back = await begin(gateway, { return_to: "/console" });
  const redirect = await gateway.request("GET", consent(gateway, back, { refuse: true }).path, {
    headers: { cookie: back.cookie },
  });
  expect(redirect.headers.get("location")).toBe("https://gateway.example.com/console?error=oauth_consent_refused");
  await expectNothing(gateway);
});

test("rights that the application is not registered with are named with Yandex's own words", async () => {
  const gateway = await startGateway();
  gateway.simulator.changeApplicationRights(demo.application.clientId, ["metrika:read"]);
  const begun = await begin(gateway);
  const page = await gateway.request("GET", consent(gateway, begun).path, {
    headers: { cookie: begun.cookie, "accept-language": "en" },
  });
  expect(page.status).toBe(422);
  expect(page.text).toContain("invalid_scope");
});

test("another browser gets no account connected, and does not use up the connection of the first", async () => {
  const gateway = await startGateway();
  const [mine, other] = [await begin(gateway), await begin(gateway)];
  const { path } = consent(gateway, mine);
  for (const cookie of ["", other.cookie, `${mine.cookie}x`, mine.cookie.replace(/=.*/, "=guess")]) {
    const page = await gateway.request("GET", path, { headers: { cookie, "accept-language": "en" } });
    expect(page.text).toContain("Copy this code");
  }
  await expectNothing(gateway);
  const page = await gateway.request("GET", path, { headers: { cookie: mine.cookie, "accept-language": "en" } });
  expect(page.text).toContain(`The account ${demo.login} is connected`);
  const again = await gateway.request("GET", path, { headers: { cookie: mine.cookie, "accept-language": "en" } });
  expect([again.status, again.text]).toEqual([400, expect.stringContaining("Begin anew")]);
});

test("the code of what a person began in a browser is shown in no other", async () => {
  const gateway = await startGateway();
  const { oauthStates, installation } = gateway.gateway.store;
  const hash = Buffer.from(hashSecret("state-of-a-person")).toString("hex");
  await oauthStates.add({
    ...{ hash, workspaceId: installation.workspaceId, accountId: null, browserHash: "00", uuid: crypto.randomUUID() },
    actor: JSON.stringify({ kind: "user", id: "1", name: "anna@example.com" }),
    ...{ clientId: "x", sealedVerifier: "x", redirectUri: "x", returnTo: "/console" },
    ...{ createdAt: gateway.clock.now(), expiresAt: gateway.clock.now() + MINUTE },
  });
  const page = await gateway.request("GET", "/oauth/yandex/callback?code=1234567&state=state-of-a-person");
  expect([page.status, page.text.includes("1234567")]).toEqual([400, false]);
  expect(await oauthStates.find(hash, gateway.clock.now())).not.toBeNull();
});

test("what stands in the address of the callback is shown as text and nothing else", async () => {
  const gateway = await startGateway();
  const { authorizeUrl } = await begin(gateway);
  const state = new URL(authorizeUrl).searchParams.get("state");
  const evil = encodeURIComponent("<script>alert(1)</script>");
  const page = await gateway.request("GET", `/oauth/yandex/callback?code=${evil}&state=${state}`);
  expect(page.text).not.toContain("<script>");
  expect(page.text).toContain("&lt;script&gt;");
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
});

test("a code that expired, was used or is made up is refused, and the connection must begin anew", async () => {
  const gateway = await startGateway();
  const { state } = consent(gateway, await begin(gateway));
  const madeUp = await finish(gateway, { code: "0123456789abcdef", state });
  expect([madeUp.status, madeUp.body.code]).toEqual([422, "oauth_code_refused"]);
  const malformed = consent(gateway, await begin(gateway));
  expect((await finish(gateway, { ...malformed, code: "no code" })).body.code).toBe("oauth_code_refused");
  const stolen = consent(gateway, await begin(gateway));
  const mine = consent(gateway, await begin(gateway));
  // Of another connection, so that the verifier does not fit.
  expect((await finish(gateway, { code: stolen.code, state: mine.state })).body.code).toBe("oauth_code_refused");
  await expectNothing(gateway);
});

test("an application whose secret was changed at Yandex is told as such", async () => {
  const gateway = await startGateway();
  const begun = consent(gateway, await begin(gateway));
  gateway.simulator.addApplication({ ...demo.application, redirectUris: [], clientSecret: "another" });
  const { status, body } = await finish(gateway, begun);
  expect([status, body.code]).toEqual([422, "oauth_application_refused"]);
});

test("a token without the needed right is refused by its name, and revoked", async () => {
  const gateway = await startGateway();
  for (const [scopes, missing] of [
    [["metrika:read"], "metrika:write"],
    [["metrika:write"], "metrika:read"],
    [[], "metrika:read, metrika:write"],
  ] as const) {
    const { status, body } = await connectByProgram(gateway, { scopes });
    expect([status, body.code]).toEqual([422, "token_rights_missing"]);
    expect(body.detail).toContain(`lacks rights: ${missing}.`);
  }
  expect(gateway.simulator.requests.byOperation.oauth_revoke).toBe(3);
  await expectNothing(gateway);
});

for (const operation of ["oauth_token", "login", "counters"] as const) {
  test(`when Yandex is silent at ${operation}, nothing is half-made and the answer says to begin anew`, async () => {
    const gateway = await startGateway();
    gateway.simulator.faults.add({ match: { operation }, fault: { kind: "store_then_reset" } });
    const { status, body, headers } = await connectByProgram(gateway);
    expect([status, body.code, headers.get("retry-after")]).toEqual([503, "yandex_not_answering", "30"]);
    await expectNothing(gateway);
    expect((await connectByProgram(gateway)).status).toBe(200);
  });
}

test("an account is not connected anew by another Yandex login, and both are named", async () => {
  const gateway = await startGateway();
  const { account_id } = (await connectByProgram(gateway)).body;
  const { status, body } = await connectByProgram(gateway, { login: "other-shop" }, { account_id });
  expect([status, body.code]).toEqual([409, "account_other_login"]);
  expect(body.detail).toContain(
    `The account ${demo.login} was to be connected anew, but Yandex was signed in as other-shop`,
  );
  expect((await gateway.manage("GET", "/v1/accounts")).body.data).toHaveLength(1);
  const same = await connectByProgram(gateway, {}, { account_id });
  expect(same.body).toMatchObject({ account_id, is_new: false });
});

test("an account of nobody or of another workspace cannot be connected anew", async () => {
  const gateway = await startGateway();
  const unknown = "0192a3b4-0000-7000-8000-000000000000";
  const answer = await gateway.manage("POST", "/v1/accounts/connect", { account_id: unknown });
  expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
});

test("the way back is a path of ours and nothing that a browser takes for another site", async () => {
  const gateway = await startGateway();
  const strange = ["//evil.example", "https://evil.example", "/\\evil.example", "\\/evil.example", "/../../evil"];
  for (const return_to of [...strange, "/a\n/b", "/%2e%2e/x", "javascript:alert(1)", "console", "", "/ x"]) {
    const { status, body } = await gateway.manage("POST", "/v1/accounts/connect", { return_to });
    expect([return_to, status, body.errors?.[0]?.code]).toEqual([return_to, 422, "return_to_foreign"]);
  }
  for (const return_to of ["/", "/console/accounts?tab=1#top", "/a//b"]) {
    expect((await gateway.manage("POST", "/v1/accounts/connect", { return_to })).status).toBe(200);
  }
});

test("two who end the same connection at once connect one account, and one of them is told so", async () => {
  const gateway = await startGateway();
  const begun = consent(gateway, await begin(gateway));
  const answers = await Promise.all([finish(gateway, begun), finish(gateway, begun), finish(gateway, begun)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
  const both = [consent(gateway, await begin(gateway)), consent(gateway, await begin(gateway))];
  await Promise.all(both.map((one) => finish(gateway, one)));
  expect((await gateway.manage("GET", "/v1/accounts")).body.data).toHaveLength(1);
});

test("a pasted token is proven before it is kept, and one that is not is told why", async () => {
  const gateway = await startGateway({});
  const paste = (token: string) => gateway.manage("POST", "/v1/accounts", { token }, { "accept-language": "en" });
  expect((await paste("y0_nobody-knows-this-token")).body.code).toBe("token_not_accepted");
  gateway.simulator.addToken("y0_may-not-read", { login: demo.login, scopes: ["metrika:write"] });
  expect((await paste("y0_may-not-read")).body.code).toBe("token_rights_missing");
  gateway.simulator.faults.add({ match: { operation: "login" }, fault: { kind: "status", status: 502 } });
  expect((await paste(demo.token)).body.code).toBe("yandex_not_answering");
  expect((await paste("two words")).body.code).toBe("invalid_field");
  await expectNothing(gateway);

  const made = await paste(demo.token);
  expect([made.status, made.body]).toMatchObject([
    201,
    { login: demo.login, origin: "pasted", rights: null, expires_at: null, refresh_at: null, visible_counters: 1 },
  ]);
  gateway.simulator.addToken("y0_the-next-token", { login: demo.login });
  const again = await paste("y0_the-next-token");
  expect([again.status, again.body]).toMatchObject([200, { account_id: made.body.account_id, is_new: false }]);
  const gone = await gateway.manage("DELETE", `/v1/accounts/${made.body.account_id}`);
  expect(gone.body).toMatchObject({ revocation: "not_ours" });
});

test("connections that nobody ended are forgotten when the next begins", async () => {
  const gateway = await startGateway();
  await begin(gateway);
  gateway.advance(HOUR);
  await begin(gateway);
  expect(await gateway.sql("select 1 from oauth_states")).toHaveLength(1);
  gateway.advance(MINUTE);
});
