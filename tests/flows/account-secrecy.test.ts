import { afterEach, expect, test } from "bun:test";
import { readdir, readFile, stat } from "node:fs/promises";
import { resetSync } from "@logtape/logtape";
import type { Fetch } from "../../core/metrika/http.ts";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { configureLogging } from "../../gateway/logging.ts";
import { begin, consent, REDIRECT_URI, seedAccounts } from "../setup/accounts.ts";
import { DAY, startTestGateway, type TestGateway } from "../setup/gateway.ts";

afterEach(() => resetSync());

/** Every file of the data folder, read as it lies on the disk. */
async function filesOf({ config }: TestGateway): Promise<string> {
  const paths = (await readdir(config.dataFolder, { recursive: true })).map((name) => `${config.dataFolder}/${name}`);
  const read = async (path: string) => ((await stat(path)).isFile() ? readFile(path, "latin1") : "");
  return (await Promise.all(paths.map(read))).join("\n");
}

test("tokens, codes, states, verifiers and the application's secret are readable in no file, log line or answer", async () => {
  const lines: string[] = [];
  configureLogging({ level: "trace", format: "json", write: (line) => void lines.push(line) });
  const secrets = new Set<string>([demo.application.clientSecret]);
  const urls: string[] = [];
  /** Overhears what goes to Yandex and comes back. */
  const network =
    (through: Fetch): Fetch =>
    async (url, init) => {
      urls.push(url);
      const form = new URLSearchParams(typeof init.body === "string" ? init.body : "");
      for (const name of ["code", "code_verifier", "refresh_token", "access_token"]) {
        const value = form.get(name);
        if (value !== null && !value.startsWith("metrika-gateway")) secrets.add(value);
      }
      const answer = await through(url, init);
      const text = await answer.clone().text();
      for (const [, token] of text.matchAll(/"(?:access|refresh)_token":"([^"]+)"/g)) secrets.add(String(token));
      return answer;
    };
  const gateway = await startTestGateway({ seed: seedAccounts, store: "sqlite", network });
  const answers: string[] = [];
  const manage = async (method: string, path: string, body?: unknown) => {
    const answer = await gateway.manage(method, path, body);
    answers.push(answer.text, JSON.stringify([...answer.headers]));
    return answer;
  };
  const { clientId: client_id, clientSecret: client_secret } = demo.application;
  await manage("PUT", "/v1/oauth-application", { client_id, client_secret });
  const first = consent(gateway, await begin(gateway));
  await manage("POST", "/v1/accounts/callback", first);
  await manage("POST", "/v1/accounts/callback", { code: first.code, state: first.state });
  const second = await begin(gateway);
  const page = await gateway.request("GET", consent(gateway, second).path, { headers: { cookie: second.cookie } });
  answers.push(page.text);
  await gateway.request("GET", consent(gateway, await begin(gateway), { refuse: true }).path);
  const [cookie = ""] = second.cookie.split("=").slice(1);
  for (const secret of [first.state, cookie]) secrets.add(secret);
  for (let quarter = 0; quarter < 2; quarter++) {
    gateway.advance(90 * DAY);
    await gateway.work();
  }
  const listed = await manage("GET", "/v1/accounts");
  await manage("POST", "/v1/accounts", { token: demo.token });
  secrets.add(demo.token);
  await manage("GET", "/v1/oauth-application");
  const kept = await gateway.sql("select * from credentials");
  await manage("DELETE", `/v1/accounts/${listed.body.data[0]?.account_id}`);

  // A code, two pairs of a consent, two refreshed pairs, verifiers, and what was planted.
  expect(secrets.size).toBeGreaterThanOrEqual(12);
  const places = {
    files: await filesOf(gateway),
    log: lines.join(""),
    answers: answers.join("\n"),
    urls: urls.join("\n"),
  };
  for (const secret of secrets) {
    const found = Object.entries(places).flatMap(([place, text]) => (text.includes(secret) ? [place] : []));
    expect([secret, found]).toEqual([secret, []]);
  }
  // Destroyed, not only marked.
  const [left] = await gateway.sql<{ sealed_token: string }>("select sealed_token from credentials");
  expect(left?.sealed_token).not.toBe(String(kept[0]?.sealed_token));
  expect(await gateway.sql("select 1 from accounts where sealed_refresh_token is not null")).toEqual([]);
  expect(places.files).toContain(REDIRECT_URI);
});

test("each change of an account and of the application is written down with who did it", async () => {
  const gateway = await startTestGateway({ seed: seedAccounts });
  const { clientId: client_id, clientSecret: client_secret } = demo.application;
  await gateway.manage("PUT", "/v1/oauth-application", { client_id, client_secret });
  const { code, state } = consent(gateway, await begin(gateway));
  const { account_id } = (await gateway.manage("POST", "/v1/accounts/callback", { code, state })).body;
  const again = await begin(gateway);
  await gateway.request("GET", consent(gateway, again).path, { headers: { cookie: again.cookie } });
  await gateway.manage("PATCH", `/v1/accounts/${account_id}`, { name: "Client A" });
  await gateway.manage("DELETE", `/v1/accounts/${account_id}`);
  await gateway.manage("DELETE", "/v1/oauth-application");
  const events = await gateway.sql(
    "select action, actor_kind, actor_name, target_name from audit_events where target_kind <> 'api_key' order by id",
  );
  const by = { actor_kind: "api_key", actor_name: "test" };
  expect(events).toEqual([
    { action: "oauth_application.changed", ...by, target_name: client_id },
    { action: "account.connected", ...by, target_name: demo.login },
    { action: "account.reconnected", ...by, target_name: demo.login },
    { action: "account.changed", ...by, target_name: demo.login },
    { action: "account.disconnected", ...by, target_name: demo.login },
    { action: "oauth_application.removed", ...by, target_name: null },
  ]);
});
