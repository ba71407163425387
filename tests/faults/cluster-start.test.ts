import { expect, setDefaultTimeout, test } from "bun:test";
import postgresJs from "postgres";
import { newMasterKey, startCluster } from "../setup/cluster.ts";
import { describePostgres } from "../setup/describe-postgres.ts";
import { type Ended, run, temporaryFolder, until } from "../setup/process.ts";

setDefaultTimeout(60_000);

/** Starts a gateway that is expected to refuse, with the settings of a shared database. */
async function startRefused(databaseUrl: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  await using folder = await temporaryFolder();
  return run("main", [], {
    DATABASE_URL: databaseUrl,
    DATA_FOLDER: `${folder.path}/data`,
    GATEWAY_SECRET_KEY: newMasterKey(),
    ...env,
  });
}

/** A sentence for the operator on standard error, not a stack, and the exit code of a failure. */
function expectSentence({ code, stdout, stderr }: Ended, sentence: RegExp): void {
  expect(stderr).toMatch(sentence);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect([code, stdout]).toEqual([1, ""]);
}

async function ask<Row>(databaseUrl: string, statement: string): Promise<Row[]> {
  const sql = postgresJs(databaseUrl, { max: 1, onnotice: () => {} });
  try {
    return [...(await sql.unsafe(statement))] as Row[];
  } finally {
    await sql.end();
  }
}

const migrationsIn = (databaseUrl: string) =>
  ask<{ hash: string }>(databaseUrl, "select hash from gateway.__drizzle_migrations order by id");

/** A superuser's trigger that lets each statement of a migration take so long. */
const slowMigrations = (seconds: number) => `
  create function public.take_long() returns event_trigger language plpgsql as 'begin perform pg_sleep(${seconds}); end';
  create event trigger take_long on ddl_command_start when tag in ('CREATE TABLE', 'CREATE INDEX') execute function public.take_long()`;

describePostgres("A gateway that starts on PostgreSQL", (postgres) => {
  test.concurrent("does so beside others that start at the same instant on an empty database, and all of them serve", async () => {
    await using cluster = await startCluster(postgres());
    const members = await Promise.all([cluster.start(), cluster.start(), cluster.start({ role: "worker" })]);
    const answers = await Promise.all(members.map(({ url }) => fetch(`${url}/readyz`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const hashes = (await migrationsIn(cluster.databaseUrl)).map(({ hash }) => hash);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(await cluster.sql("select 1 as one from installation")).toHaveLength(1);
  });

  test.concurrent("completes what another left that was killed half-way through migrating", async () => {
    await using cluster = await startCluster(postgres());
    const wholeUrl = await postgres().createDatabase();
    await using folder = await temporaryFolder();
    await ask(cluster.databaseUrl, slowMigrations(0.1));
    const child = Bun.spawn([process.execPath, `${import.meta.dir}/../../gateway/main.ts`], {
      env: { PATH: process.env.PATH ?? "", ...cluster.settings, PORT: "0", DATA_FOLDER: `${folder.path}/data` },
      stdio: ["ignore", "ignore", "ignore"],
    });
    await until("it migrates", async () => {
      const [busy] = await ask<{ n: number }>(
        cluster.databaseUrl,
        "select count(*)::int as n from pg_stat_activity where datname = current_database() and query ilike 'create table%' and wait_event = 'PgSleep'",
      );
      return (busy?.n ?? 0) > 0 || null;
    });
    await Bun.sleep(300);
    child.kill("SIGKILL");
    await child.exited;
    await ask(cluster.databaseUrl, "drop event trigger take_long");

    const [heir] = await Promise.all([cluster.start(), cluster.start()]);
    expect((await fetch(`${heir.url}/readyz`)).status).toBe(200);
    await using other = await startCluster({ ...postgres(), createDatabase: async () => wholeUrl });
    await other.start();
    expect(await migrationsIn(cluster.databaseUrl)).toEqual(await migrationsIn(wholeUrl));
    const columns =
      "select table_name, column_name, data_type from information_schema.columns where table_schema = 'gateway' order by 1, 2";
    const columnsOf = (databaseUrl: string) => ask(databaseUrl, columns);
    expect(await columnsOf(cluster.databaseUrl)).toEqual(await columnsOf(wholeUrl));
  });

  test.concurrent("waits for another that migrates, and serves when that is done", async () => {
    await using cluster = await startCluster(postgres());
    await ask(cluster.databaseUrl, slowMigrations(0.02));
    const members = await Promise.all([cluster.start(), cluster.start()]);
    const answers = await Promise.all(members.map(({ url }) => fetch(`${url}/readyz`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  });

  test.concurrent("refuses a key that the database was not made with", async () => {
    await using cluster = await startCluster(postgres());
    await cluster.start();
    const refused = await startRefused(cluster.databaseUrl);
    expectSentence(refused, /The master key \(GATEWAY_SECRET_KEY.*is not the one this database was made with/);
  });

  test.concurrent("refuses to go without a key, before it asks the database", async () => {
    const refused = await startRefused("postgres://nobody@127.0.0.1:1/none", { GATEWAY_SECRET_KEY: "" });
    expectSentence(refused, /GATEWAY_SECRET_KEY: is not set, but DATABASE_URL names a PostgreSQL database/);
  });

  test.concurrent("refuses a database that a newer version wrote, and leaves it as it is", async () => {
    await using cluster = await startCluster(postgres());
    const member = await cluster.start();
    await cluster.sql(
      "insert into __drizzle_migrations (hash, created_at) values ('of a later version', 9999999999999)",
    );
    const before = await migrationsIn(cluster.databaseUrl);
    const refused = await startRefused(cluster.databaseUrl, cluster.settings);
    expectSentence(refused, /The database was written by a newer version of metrika-gateway/);
    expect(await migrationsIn(cluster.databaseUrl)).toEqual(before);
    // One that runs already goes on: this is how machines are upgraded one after the other.
    expect((await fetch(`${member.url}/readyz`)).status).toBe(200);
  });

  test.concurrent("tells which database it cannot reach, without its password", async () => {
    const refused = await startRefused("postgres://gateway:hidden-password@127.0.0.1:1/absent");
    expectSentence(refused, /The database postgres:\/\/127\.0\.0\.1:1\/absent cannot be used: .*Check DATABASE_URL/);
    expect(refused.stderr).not.toContain("hidden-password");
  });

  test.concurrent("refuses a server that is older than PostgreSQL 15", async () => {
    const databaseUrl = await postgres().createDatabase();
    await ask(
      databaseUrl,
      `create schema older;
       create function older.current_setting(text) returns text language sql
         as 'select case $1 when ''server_version_num'' then ''140017'' else pg_catalog.current_setting($1) end';
       do $$ begin execute format('alter database %I set search_path = older, pg_catalog, public', current_database()); end $$`,
    );
    expectSentence(await startRefused(databaseUrl), /The PostgreSQL server is older than version 15/);
  });
});
