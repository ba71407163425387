import { afterEach, expect, test } from "bun:test";
import { resetSync } from "@logtape/logtape";
import { configureLogging } from "../../gateway/logging.ts";
import { SECOND } from "../setup/gateway.ts";
import { anna, startIdentityGateway } from "../setup/identity.ts";

afterEach(() => resetSync());

const TABLES = ["users", "passwords", "sessions", "refresh_tokens", "signing_keys", "one_time_codes", "throttles"];

test("passwords, tokens, codes and private keys are readable in no table and no line of the log", async () => {
  const lines: string[] = [];
  configureLogging({ level: "trace", format: "json", write: (line) => void lines.push(line) });
  const gateway = await startIdentityGateway();
  const { device, ask, request, sql, advance } = gateway;
  const laptop = device();
  const first = (await laptop.auth.signUp(anna)).data.session;
  const second = (await laptop.auth.refreshSession()).data.session;
  const operator = { headers: { authorization: `Bearer ${gateway.gateway.operatorToken}` } };
  const [user] = (await request("GET", "/v1/users", operator)).body.data;
  const { url } = (await request("POST", `/v1/users/${user?.user_id}/recovery-links`, operator)).body;
  const code = new URLSearchParams(url.split("#")[1]).get("token_hash") ?? "";
  const guess = "a guess that is wrong";
  // In each place where it belongs, and in some where it does not.
  await device().auth.signInWithPassword({ ...anna, password: guess });
  await device().auth.refreshSession({ refresh_token: guess });
  await device().auth.verifyOtp({ type: "recovery", token_hash: `${code}x` });
  await ask("POST", `/token?grant_type=${anna.password}`, { password: { nested: anna.password } });
  await ask("PUT", "/user", { password: [anna.password] }, { token: first?.access_token ?? "" });
  await ask("GET", "/user", undefined, { token: anna.password.replaceAll(" ", "") });
  await request("POST", "/auth/v1/token?grant_type=password", { body: `{"password":"${anna.password}"` });
  advance(11 * SECOND);
  await device().auth.refreshSession({ refresh_token: first?.refresh_token ?? "" });
  await gateway.gateway.store.close();
  await device().auth.signInWithPassword(anna);

  const tables = await Promise.all(TABLES.map((table) => sql(`select * from ${table}`)));
  expect(tables.map((rows) => rows.length > 0)).toEqual(TABLES.map(() => true));
  const places = { tables: JSON.stringify(tables), log: lines.join("") };
  const secrets = [anna.password, guess, code, gateway.gateway.operatorToken];
  for (const session of [first, second]) secrets.push(session?.refresh_token ?? "", session?.access_token ?? "");
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(10);
    for (const text of Object.values(places)) expect(text).not.toContain(secret);
  }
  expect(places.tables).not.toMatch(/"d\\*":/);
  expect(places.log).not.toContain(anna.email);
  // Counted by a keyed hash: whose tries failed, and from where, is not to be read either.
  expect(JSON.stringify(tables.at(-1))).not.toMatch(/anna|203\.0\.113/);
});
