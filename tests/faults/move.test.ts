import { expect, setDefaultTimeout, test } from "bun:test";
import { describePostgres } from "../setup/describe-postgres.ts";
import { run, startGateway, temporaryFolder } from "../setup/process.ts";

// Real processes on a shared machine: each wait has a deadline of its own.
setDefaultTimeout(60_000);

describePostgres("the commands for PostgreSQL", (server) => {
  test("move is refused while a gateway runs, then moves, and says what to set; no password is told", async () => {
    await using folder = await temporaryFolder();
    const to = await server().createDatabase();
    const { password } = new URL(to);
    const from = folder.settings.DATABASE_URL ?? "";
    const move = () => run("cli/main", ["move", "--from", from], { DATABASE_URL: to });
    await using gateway = await startGateway(folder);

    const running = await move();
    expect(running).toMatchObject({ code: 1, stdout: "" });
    expect(running.stderr).toContain("Stop it first");
    await gateway.terminate();

    const moved = await move();
    expect(moved.code).toBe(0);
    expect(moved.stdout).toMatch(/^Moved \d+ rows of \d+ tables; every row was read back/);
    expect(moved.stderr).toContain(`Set GATEWAY_SECRET_KEY to the content of ${folder.path}/data/master.key`);
    expect(moved.stderr.split("\n")).toHaveLength(3);

    const GATEWAY_SECRET_KEY = (await Bun.file(`${folder.path}/data/master.key`).text()).trim();
    const told = await run("cli/main", ["audit", "--action", "database."], { DATABASE_URL: to, GATEWAY_SECRET_KEY });
    expect(told.stdout).toMatch(
      /^\S+Z {2}database\.moved {2}The database was moved to PostgreSQL {2}by operator {2}\(rows: \d+\)\n$/,
    );

    const again = await move();
    expect(again).toMatchObject({ code: 1, stdout: "" });
    expect(again.stderr).toContain("was moved to PostgreSQL at");
    const started = await run("main", [], folder.settings);
    expect(started.code).toBe(1);
    expect(started.stderr).toContain("Set DATABASE_URL to that one");
    for (const { stdout, stderr } of [running, moved, again]) expect(stdout + stderr).not.toContain(password);
  });

  test("move without its key, to what is no PostgreSQL or is not there, changes nothing and says what to do", async () => {
    await using folder = await temporaryFolder();
    const from = folder.settings.DATABASE_URL ?? "";
    await run("cli/main", ["api-key", "list"], folder.settings);
    const to = await server().createDatabase();
    const move = (env: Readonly<Record<string, string>>) => run("cli/main", ["move", "--from", from], env);
    const otherKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");

    const [keyless, nowhere, unreachable] = await Promise.all([
      move({ DATABASE_URL: to, GATEWAY_SECRET_KEY: otherKey }),
      move({ DATABASE_URL: from }),
      move({ DATABASE_URL: "postgres://gateway:hunter2@127.0.0.1:1/gateway" }),
    ]);

    expect([keyless.code, nowhere.code, unreachable.code]).toEqual([1, 1, 1]);
    expect(keyless.stderr).toContain("is not the master key that this database was made with");
    expect(nowhere.stderr).toContain("no postgres:// address");
    expect(unreachable.stderr).toContain("cannot be used");
    expect(unreachable.stderr).not.toContain("hunter2");
    await using gateway = await startGateway(folder);
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  });

  test("migrate names what it applies to PostgreSQL, once, also when two run at the same time", async () => {
    const env = { DATABASE_URL: await server().createDatabase() };
    const both = await Promise.all([run("cli/main", ["migrate"], env), run("cli/main", ["migrate"], env)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const [applied] = both.map(({ stdout }) => stdout).filter(Boolean);
    expect(both.filter(({ stdout }) => stdout === "")).toHaveLength(1);
    expect(applied).toStartWith("0000_");

    const again = await run("cli/main", ["migrate"], env);
    expect(again).toMatchObject({ code: 0, stdout: "" });
    expect(again.stderr).toContain("Nothing to do");
  });
});

test("migrate refuses a SQLite database that a gateway works on, and makes none where none is", async () => {
  await using folder = await temporaryFolder();
  const nothing = await run("cli/main", ["migrate"], folder.settings);
  expect(nothing.code).toBe(1);
  expect(nothing.stderr).toContain("There is no database");
  await using gateway = await startGateway(folder);
  const running = await run("cli/main", ["migrate"], folder.settings);
  expect(running.code).toBe(1);
  expect(running.stderr).toContain("Stop it first");
  await gateway.terminate();
  expect(await run("cli/main", ["migrate"], folder.settings)).toMatchObject({ code: 0, stdout: "" });
});

test("backup and restore send whoever has PostgreSQL to its own programs", async () => {
  const key = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");
  const env = { DATABASE_URL: "postgres://gateway:hunter2@db.example/gateway", GATEWAY_SECRET_KEY: key };
  const [backup, restore] = await Promise.all([
    run("cli/main", ["backup"], env),
    run("cli/main", ["restore", "--from", "copy.db"], env),
  ]);
  expect([backup.code, restore.code]).toEqual([1, 1]);
  expect(backup.stderr).toContain("pg_dump");
  expect(restore.stderr).toContain("pg_restore");
  expect(backup.stderr + restore.stderr).not.toContain("hunter2");
});
