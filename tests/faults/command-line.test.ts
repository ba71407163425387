import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { demo } from "../../core/metrika/simulator/demo-data.ts";
import { run, serveSimulator, startGateway, startSimulate, temporaryFolder, until } from "../setup/process.ts";

// Real processes on a shared machine: each wait has a deadline of its own.
setDefaultTimeout(60_000);

const KEY = /^mgw_\S+\n$/;

const listWebhooks = (url: string, key: string) =>
  fetch(`${url}/v1/webhooks`, { headers: { authorization: `Bearer ${key.trim()}` } }).then((answer) => answer.status);

test("a second gateway on the same database ends with a message that says so, and the first goes on", async () => {
  await using folder = await temporaryFolder();
  await using first = await startGateway(folder);

  const second = await run("main", [], folder.settings);

  expect(second.code).toBe(1);
  expect(second.stderr).toContain("Another metrika-gateway already works on");
  expect(second.stderr).toContain("DATABASE_URL");
  expect(second.stderr).not.toContain("    at ");
  expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
});

test("after kill -9 the database is free at once", async () => {
  await using folder = await temporaryFolder();
  const first = await startGateway(folder);
  await first.kill();
  await using second = await startGateway(folder);
  expect((await fetch(`${second.url}/readyz`)).status).toBe(200);
});

test("API keys are made, listed and revoked while a gateway runs, and it knows of each at once", async () => {
  await using folder = await temporaryFolder();
  await using gateway = await startGateway(folder);

  const created = await run("cli/main", ["api-key", "create", "--name", "CRM"], folder.settings);
  expect(created).toMatchObject({ code: 0, stderr: "" });
  expect(created.stdout).toMatch(KEY);
  expect(await listWebhooks(gateway.url, created.stdout)).toBe(200);

  await run("cli/main", ["api-key", "create", "--name", "\u001b[31mred\nline"], folder.settings);
  const listed = await run("cli/main", ["api-key", "list"], folder.settings);
  expect(listed.stdout).not.toContain("\u001b");
  expect(listed.stdout.trim().split("\n")).toHaveLength(2);
  expect(listed.stdout).toContain("CRM");
  expect(listed.stdout).toContain("in force");
  expect(listed.stdout).not.toContain(created.stdout.trim());

  const id = listed.stdout.split(" ")[0] ?? "";
  expect((await run("cli/main", ["api-key", "revoke", id], folder.settings)).code).toBe(0);
  expect(await listWebhooks(gateway.url, created.stdout)).toBe(401);

  const again = await run("cli/main", ["api-key", "revoke", id], folder.settings);
  expect(again.code).toBe(1);
  expect(again.stderr.trim().split("\n")).toHaveLength(1);
});

test("an API key made while no gateway runs works once one is started", async () => {
  await using folder = await temporaryFolder();
  const created = await run("cli/main", ["api-key", "create", "--name", "CRM", "--scopes", "read"], folder.settings);
  expect(created).toMatchObject({ code: 0, stderr: "" });
  expect(created.stdout).toMatch(KEY);

  await using gateway = await startGateway(folder);

  expect(await listWebhooks(gateway.url, created.stdout)).toBe(200);
  const manage = await fetch(`${gateway.url}/v1/api-keys`, {
    headers: { authorization: `Bearer ${created.stdout.trim()}` },
  });
  expect(manage.status).toBe(403);
});

test("a wrong scope is refused by name, with exit code 1 and nothing on standard output", async () => {
  await using folder = await temporaryFolder();
  const wrong = await run("cli/main", ["api-key", "create", "--name", "CRM", "--scopes", "wirte"], folder.settings);
  expect(wrong).toMatchObject({ code: 1, stdout: "" });
  expect(wrong.stderr).toContain("wirte");
});

test("every wrong setting is listed at once, with exit code 1 and no stack", async () => {
  const wrong = {
    PORT: "http",
    DATABASE_URL: "postgres://user:hunter2@db",
    GATEWAY_SECRET_KEY: "c2hvcnQ=",
    READ_BACK_SECONDS: "60,15",
    METRIKA_API_URL: "api-metrika.yandex.net",
    YANDEX_CLIENT_ID: "abc",
  };
  const ended = await run("main", [], wrong);
  expect(ended).toMatchObject({ code: 1, stdout: "" });
  expect(ended.stderr).toContain("6 faults");
  const named = [
    "PORT",
    "DATABASE_URL",
    "GATEWAY_SECRET_KEY",
    "READ_BACK_SECONDS",
    "METRIKA_API_URL",
    "YANDEX_CLIENT_SECRET",
  ];
  expect(named.filter((name) => !ended.stderr.includes(`${name}: `))).toEqual([]);
  expect(ended.stderr).not.toContain("hunter2");
  expect(ended.stderr).not.toContain("c2hvcnQ=");
  expect(ended.stderr).not.toContain("    at ");
});

test("a missing folder is made at the start", async () => {
  await using folder = await temporaryFolder();
  const settings = { DATABASE_URL: `file:${folder.path}/a/b/c/gateway.db` };
  expect(await run("cli/main", ["api-key", "list"], settings)).toMatchObject({ code: 0 });
  expect(await Bun.file(`${folder.path}/a/b/c/gateway.db`).exists()).toBe(true);
});

test("a folder that cannot be made, a file that is no database and a folder in its place are told in a sentence", async () => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/not-a-database`;
  await writeFile(file, "The quick brown fox jumps over the lazy dog. ".repeat(100));
  const key = { GATEWAY_SECRET_KEY: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64") };
  const start = (database: string) => run("main", [], { ...key, DATABASE_URL: `file:${database}` });

  const [under, foreign, place] = await Promise.all([
    start(`${file}/below/gateway.db`),
    start(file),
    start(folder.path),
  ]);

  expect([under.code, foreign.code, place.code]).toEqual([1, 1, 1]);
  expect(under.stderr).toContain(`The folder ${file}/below cannot be made`);
  expect(foreign.stderr).toContain(`The database ${file} cannot be opened`);
  expect(place.stderr).toContain(`The database ${folder.path} cannot be opened`);
  for (const { stderr } of [under, foreign, place]) expect(stderr).not.toContain("    at ");
  expect(await Bun.file(file).text()).toStartWith("The quick brown fox");
});

test("a port that is taken is told in a sentence", async () => {
  await using folder = await temporaryFolder();
  await using other = await serveSimulator();
  const port = new URL(other.url).port;
  const ended = await run("main", [], { ...folder.settings, PORT: port });
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(`Port ${port} is taken`);
});

test("a start without a public address warns that webhooks cannot be reached, one with it does not", async () => {
  await using folder = await temporaryFolder();
  await using gateway = await startGateway(folder);
  const [line] = await until("the warning is logged", async () => /.*address_local.*/.exec(await gateway.log()));
  expect(line).toContain('"level":"warning"');
  await gateway.terminate();

  await using reachable = await startGateway(folder, { PUBLIC_URL: "https://gateway.example.com" });
  await reachable.terminate();
  expect(await reachable.log()).not.toContain('"level":"warning"');
});

test("simulate serves a Metrika that a gateway can be pointed at, and ends cleanly", async () => {
  await using simulator = await startSimulate(["--processing-seconds", "1"]);
  const goals = await fetch(`${simulator.url}/management/v1/counter/${demo.counterId}/goals`, {
    headers: { authorization: `OAuth ${demo.token}` },
  });
  expect(goals.status).toBe(200);
  const ledger = (await (await fetch(`${simulator.url}/_simulator/ledger`)).json()) as { conversions: number };
  expect(ledger.conversions).toBe(0);
  expect(await simulator.terminate()).toBe(0);
});

test("simulate refuses a port that is no number", async () => {
  const ended = await run("cli/main", ["simulate", "--port", "http"], {});
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain("whole number");
});

test("people are listed, seen on their devices, signed out and given a link while a gateway runs", async () => {
  await using folder = await temporaryFolder();
  await using gateway = await startGateway(folder);
  const cli = (...words: string[]) => run("cli/main", ["user", ...words], folder.settings);
  expect(await cli("list")).toMatchObject({ code: 0, stdout: "" });
  for (const words of [["reset"], ["sessions"], ["sign-out"]]) {
    const nobody = await cli(...words, "nobody@example.com");
    expect(nobody).toMatchObject({ code: 1, stdout: "" });
    expect(nobody.stderr).toContain("Nobody has the address nobody@example.com");
  }
  addPerson(`${folder.path}/data/gateway.db`);
  expect((await cli("list")).stdout).toContain("anna@example.com");
  expect((await cli("sessions", "anna@example.com")).stdout).toContain("192.0.2.1  Firefox");
  expect((await cli("sign-out", "Anna@example.com")).stderr).toContain("Ended: 1.");
  const { stdout } = await cli("reset", "anna@example.com");
  expect(stdout.trim()).toMatch(/^http\S+\/console\/recovery#type=recovery&token_hash=[\w-]{43}$/);
  const code = new URL(stdout.trim()).hash.replace(/^.*token_hash=/, "");
  const verify = () =>
    fetch(`${gateway.url}/auth/v1/verify`, {
      method: "POST",
      body: JSON.stringify({ type: "recovery", token_hash: code }),
    });
  expect((await verify()).status).toBe(200);
  expect((await verify()).status).toBe(403);
});

/** As if she had signed up and in. */
function addPerson(file: string): void {
  const database = new Database(file);
  const [now, later] = [Date.now(), Date.now() + 86_400_000];
  database.exec(`pragma busy_timeout = 5000;
    insert into users (id, uuid, issuer, subject, email, created_at, updated_at) values (1, 'a', 'local', 'a', 'anna@example.com', ${now}, ${now});
    insert into sessions (uuid, user_id, created_at, refreshed_at, expires_at, user_agent, address)
      values ('s', 1, ${now}, ${now}, ${later}, 'Firefox', '192.0.2.1')`);
  database.close();
}
test("the setup code is printed at each start and by a command, is in no log, and another one takes its place", async () => {
  await using folder = await temporaryFolder();
  const printedBy = (gateway: { printed(): Promise<string> }) =>
    until("the setup code is printed", async () => /code (\S+)/.exec(await gateway.printed())?.[1] ?? null);
  const first = await startGateway(folder);
  const code = await printedBy(first);
  expect(await first.log()).not.toContain(code);
  await first.kill();
  await using second = await startGateway(folder);
  expect(await printedBy(second)).toBe(code);

  expect(await run("cli/main", ["setup-code"], folder.settings)).toEqual({ code: 0, stdout: `${code}\n`, stderr: "" });
  const other = await run("cli/main", ["setup-code", "--new"], folder.settings);
  expect(other.stdout).not.toContain(code);
  expect((await run("cli/main", ["setup-code"], folder.settings)).stdout).toBe(other.stdout);
});

test("what the operator says of members is done or refused with a sentence", async () => {
  await using folder = await temporaryFolder();
  const invited = await run("cli/main", ["member", "invite", "Anna@example.com", "owner"], folder.settings);
  expect(invited.code).toBe(0);
  expect(invited.stdout).toMatch(/^[\w-]{43}\n$/);
  expect(invited.stderr).toContain("Anna@example.com");

  const wrong = await run("cli/main", ["member", "invite", "anna", "root"], folder.settings);
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain("email:");
  expect(wrong.stderr).toContain("role:");

  expect(await run("cli/main", ["member", "list"], folder.settings)).toEqual({ code: 0, stdout: "", stderr: "" });
  const nobody = await run("cli/main", ["member", "remove", "vera@example.com"], folder.settings);
  expect([nobody.code, nobody.stderr]).toEqual([1, "No member has the address vera@example.com.\n"]);
  const elsewhere = await run("cli/main", ["member", "list", "--workspace", "unknown"], folder.settings);
  expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining("no such workspace")]);
});
