import { expect, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { applicationEnv, connectByProgram, REDIRECT_URI, seedAccounts } from "../setup/accounts.ts";
import { codesOf, startTestGateway } from "../setup/gateway.ts";

const { clientId: client_id, clientSecret: client_secret } = demo.application;
const PATH = "/v1/oauth-application";

test("before an application is set, its answer says how to register one", async () => {
  const { manage } = await startTestGateway({ seed: seedAccounts });
  const { status, body } = await manage("GET", PATH, undefined, { "accept-language": "en" });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    ...{ is_set: false, client_id: null, from: null, checked_at: null },
    registration: {
      url: "https://oauth.yandex.ru/client/new",
      name: "Metrika gateway gateway.example.com",
      rights: ["metrika:read", "metrika:write"],
      redirect_uri: REDIRECT_URI,
    },
  });
  expect(codesOf(body.warnings)).toEqual(["rights_are_final"]);
});

test("an application is checked at Yandex before it is kept, and its secret is shown and readable nowhere", async () => {
  const gateway = await startTestGateway({ seed: seedAccounts });
  const { manage, sql } = gateway;
  const wrong = await manage("PUT", PATH, { client_id, client_secret: "not-the-secret" });
  expect([wrong.status, wrong.body.code]).toEqual([422, "oauth_application_refused"]);
  gateway.simulator.faults.add({ match: { operation: "oauth_token" }, fault: { kind: "unreachable" } });
  expect((await manage("PUT", PATH, { client_id, client_secret })).body.code).toBe("yandex_not_answering");
  expect(await sql("select 1 from oauth_applications")).toEqual([]);

  const set = await manage("PUT", PATH, { client_id, client_secret });
  expect(set.body).toMatchObject({ is_set: true, client_id, from: "stored", checked_at: "2026-11-23T12:00:00.000Z" });
  const kept = JSON.stringify([await sql("select * from oauth_applications"), await sql("select * from audit_events")]);
  expect(set.text + kept).not.toContain(client_secret);
  expect((await connectByProgram(gateway)).status).toBe(200);
});

test("a check finds out that the secret was changed at Yandex", async () => {
  const { manage, simulator, advance } = await startTestGateway({ seed: seedAccounts });
  expect((await manage("POST", `${PATH}/check`)).body.code).toBe("oauth_application_missing");
  await manage("PUT", PATH, { client_id, client_secret });
  advance(60_000);
  expect((await manage("POST", `${PATH}/check`)).body).toMatchObject({ checked_at: "2026-11-23T12:01:00.000Z" });
  simulator.addApplication({ ...demo.application, clientSecret: "another" });
  expect((await manage("POST", `${PATH}/check`)).body.code).toBe("oauth_application_refused");
});

test("the environment's application wins and is changed there alone", async () => {
  const { manage } = await startTestGateway({ seed: seedAccounts, env: applicationEnv });
  expect((await manage("GET", PATH)).body).toMatchObject({ is_set: true, client_id, from: "environment" });
  for (const [method, body] of [["PUT", { client_id, client_secret }], ["DELETE"]] as const) {
    const answer = await manage(method, PATH, body);
    expect([answer.status, answer.body.code]).toEqual([409, "oauth_application_fixed"]);
  }
  expect((await manage("POST", `${PATH}/check`)).status).toBe(200);
});

test("an application is replaced and forgotten", async () => {
  const { manage, simulator } = await startTestGateway({ seed: seedAccounts });
  const other = simulator.addApplication({ clientId: "another-app", redirectUris: [REDIRECT_URI] });
  await manage("PUT", PATH, { client_id, client_secret });
  await manage("PUT", PATH, { client_id: other.clientId, client_secret: other.clientSecret });
  expect((await manage("GET", PATH)).body).toMatchObject({ client_id: "another-app" });
  expect((await manage("DELETE", PATH)).status).toBe(204);
  expect((await manage("GET", PATH)).body).toMatchObject({ is_set: false });
  expect((await manage("DELETE", PATH)).body.code).toBe("oauth_application_missing");
});

test("the faults of an application's fields are named, and its secret is not repeated", async () => {
  const { manage } = await startTestGateway({ seed: seedAccounts });
  const { status, body, text } = await manage("PUT", PATH, { client_id: "x", client_secret: "with spaces in it" });
  expect([status, body.errors.map(({ field }) => field).sort()]).toEqual([422, ["client_id", "client_secret"]]);
  expect(text).not.toContain("with spaces");
});
