import { expect, setDefaultTimeout, test } from "bun:test";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { run, serveSimulator, startGateway, temporaryFolder } from "../setup/process.ts";

// Real processes on a shared machine: each wait has a deadline of its own.
setDefaultTimeout(60_000);

const PUBLIC_URL = "https://gateway.example.com";
const { clientId, clientSecret } = demo.application;

/** A gateway and a simulator as processes would meet them; commands find the gateway by its folder. */
async function startBoth() {
  const own = new AsyncDisposableStack();
  const folder = own.use(await temporaryFolder());
  const metrika = own.use(await serveSimulator());
  metrika.simulator.addApplication({ ...demo.application, redirectUris: [`${PUBLIC_URL}/oauth/yandex/callback`] });
  const settings = { ...folder.settings, PUBLIC_URL, YANDEX_OAUTH_URL: metrika.url, YANDEX_LOGIN_URL: metrika.url };
  const env = { ...settings, METRIKA_API_URL: metrika.url };
  const gateway = own.use(await startGateway(folder, env));
  return { simulator: metrika.simulator, env, gateway, [Symbol.asyncDispose]: () => own.disposeAsync() };
}

test("the operator is led through the application, connects an account, lists it and disconnects it", async () => {
  await using both = await startBoth();
  const { simulator, env, gateway } = both;

  const wrong = await run("cli/main", ["account", "app"], env, `${clientId}\nnot-the-secret\n`);
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain("Redirect URI, to the letter: https://gateway.example.com/oauth/yandex/callback");
  expect(wrong.stderr).toContain("Yandex did not accept the application's client_id and client_secret");

  const set = await run("cli/main", ["account", "app"], env, `${clientId}\n${clientSecret}\n`);
  expect(set).toMatchObject({ code: 0, stdout: "" });
  expect(set.stderr).toContain("Yandex accepts the application");
  expect(wrong.stderr + set.stderr + (await gateway.log())).not.toContain(clientSecret);

  const consent = (said: string) => {
    const authorizeUrl = /^(http\S+\/authorize\S+)$/m.exec(said)?.[1] ?? null;
    return authorizeUrl === null ? null : `${simulator.consent({ authorizeUrl, login: demo.login })}\n`;
  };
  const connected = await run("cli/main", ["account", "connect"], env, consent);
  expect(connected.stderr).toContain(`Connected: ${demo.login}, account `);

  const listed = await run("cli/main", ["account", "list"], env);
  expect(listed.stdout).toMatch(new RegExp(`^[\\w-]{36}  ${demo.login}  connected  until `));
  const id = listed.stdout.split(" ")[0] ?? "";
  const gone = await run("cli/main", ["account", "disconnect", id], env);
  expect(gone).toMatchObject({ code: 0 });
  expect(gone.stderr).toContain("Disconnected; sources that wait: 0. The token was revoked at Yandex");
});
