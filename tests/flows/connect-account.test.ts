import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { applicationEnv, begin, connectByProgram, consent, seedAccounts } from "../setup/accounts.ts";
import { MINUTE, SECOND, startTestGateway } from "../setup/gateway.ts";

const startGateway = () => startTestGateway({ seed: seedAccounts, env: applicationEnv });

test("a program connects an account: it begins, a person consents, it ends the connection by the code", async () => {
  const gateway = await startGateway();
  const { status, body } = await connectByProgram(gateway);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    ...{ login: demo.login, name: null, origin: "oauth", state: "connected", is_new: true, visible_counters: 1 },
    ...{ sources: 0, counters: 0, warnings: [], expires_at: "2027-11-23T12:00:00.000Z" },
    ...{ refresh_at: "2027-02-21T12:00:00.000Z", disconnected_at: null },
    sending: { paused_until: null, reason: null },
  });
  const listed = await gateway.manage("GET", "/v1/accounts");
  expect(listed.body.data).toMatchObject([{ account_id: body.account_id, login: demo.login }]);
});

test("a browser that began comes back with its cookie, sees the account connected, and the way back is a path of ours", async () => {
  const gateway = await startGateway();
  const plain = await begin(gateway);
  expect(plain.setCookie).toMatch(
    /^mgw_oauth_\w{16}=[\w-]{43}; Max-Age=600; Path=\/oauth; HttpOnly; Secure; SameSite=Lax$/,
  );
  const headers = { cookie: plain.cookie, "accept-language": "ru" };
  const page = await gateway.request("GET", consent(gateway, plain).path, { headers });
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=UTF-8"]);
  expect(page.text).toContain(`Аккаунт ${demo.login} подключён`);
  expect(page.headers.get("referrer-policy")).toBe("no-referrer");
  expect(page.headers.get("set-cookie")).toContain("Max-Age=0");

  const returning = await begin(gateway, { return_to: "/console/accounts?tab=1" });
  const back = await gateway.request("GET", consent(gateway, returning).path, {
    headers: { cookie: returning.cookie },
  });
  const [account] = (await gateway.manage("GET", "/v1/accounts")).body.data;
  expect(back.status).toBe(303);
  const expected = `https://gateway.example.com/console/accounts?tab=1&account_id=${account?.account_id}`;
  expect(back.headers.get("location")).toBe(expected);
});

test("a disconnected account is revoked at Yandex, its sources stay and wait, and a new consent frees them", async () => {
  const gateway = await startGateway();
  const { body } = await connectByProgram(gateway);
  const path = `/v1/accounts/${body.account_id}`;
  const gone = await gateway.manage("DELETE", path);
  expect([gone.status, gone.body]).toMatchObject([200, { revocation: "revoked", sources_waiting: 0 }]);
  expect((await gateway.manage("GET", path)).body).toMatchObject({ state: "disconnected" });
  expect((await gateway.manage("DELETE", path)).body.code).toBe("account_disconnected");
  expect((await connectByProgram(gateway)).body).toMatchObject({ account_id: body.account_id, is_new: false });
  expect((await gateway.manage("GET", path)).body).toMatchObject({ state: "connected", disconnected_at: null });
});

test("a connection begun by another actor, used, expired or made up is not recognised, and changes nothing", async () => {
  const gateway = await startGateway();
  const key = (await gateway.manage("POST", "/v1/api-keys", { name: "another" })).body.key;
  const { code, state } = consent(gateway, await begin(gateway));
  const foreign = { headers: { authorization: `Bearer ${key}` }, body: { code, state } };
  const finish = (body: object) => gateway.manage("POST", "/v1/accounts/callback", body);
  expect((await gateway.request("POST", "/v1/accounts/callback", foreign)).body.code).toBe("oauth_state_unknown");
  expect((await finish({ code, state: `${state}x` })).body.code).toBe("oauth_state_unknown");
  expect((await finish({ code, state })).status).toBe(200);
  expect((await finish({ code, state })).body.code).toBe("oauth_state_unknown");
  const late = consent(gateway, await begin(gateway));
  gateway.advance(10 * MINUTE);
  expect((await finish({ code: late.code, state: late.state })).body.code).toBe("oauth_state_unknown");
  gateway.advance(SECOND);
  expect((await gateway.manage("GET", "/v1/accounts")).body.data).toHaveLength(1);
});
