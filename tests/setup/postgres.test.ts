import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import postgres from "postgres";
import { describePostgres, describePostgresServer } from "./describe-postgres.ts";
import { startPostgres } from "./postgres.ts";
import { until } from "./process.ts";

/** Runs work on a database, over one connection that is closed after it. */
async function on<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, connect_timeout: 5 });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describePostgres("A PostgreSQL for tests", (server) => {
  test("a database is empty when it is made, keeps what is written, and is gone when it is dropped", async () => {
    const url = await server().createDatabase();
    await on(url, async (sql) => {
      await sql`create table visits (id bigint primary key)`;
      await sql`insert into visits values (7)`;
      expect([...(await sql`select id from visits`)]).toEqual([{ id: "7" }]);
    });
    const other = await server().createDatabase();
    expect(await on(other, (sql) => sql`select from pg_class where relname = 'visits'`)).toHaveLength(0);
    await server().dropDatabase(url);
    expect(await on(url, (sql) => sql`select 1`).catch((error) => error.code)).toBe("3D000");
  });

  test("a database is dropped under whoever is connected to it", async () => {
    const url = await server().createDatabase();
    await on(url, async (sql) => {
      await sql`select 1`;
      await server().dropDatabase(url);
    });
    expect(await on(url, (sql) => sql`select 1`).catch((error) => error.code)).toBe("3D000");
  });
});

describePostgresServer(
  "A PostgreSQL of a test's own",
  (server) => {
    test("what was acknowledged outlives a kill, at the same address", async () => {
      const url = await server().createDatabase();
      await on(url, (sql) => sql`create table visits as select 7 as id`);
      await server().kill();
      expect(await on(url, (sql) => sql`select 1`).catch((error) => error.code)).toBe("ECONNREFUSED");
      await server().restart();
      expect([...(await on(url, (sql) => sql`select id from visits`))]).toEqual([{ id: 7 }]);
    });

    test("an orderly restart ends open sessions and keeps what was written", async () => {
      const url = await server().createDatabase();
      const before = server().pid;
      await on(url, async (sql) => {
        await sql`create table visits as select 7 as id`;
        const asleep = sql`select pg_sleep(60)`.then(
          () => "answered",
          () => "ended",
        );
        await server().restart();
        expect(await asleep).toBe("ended");
      });
      expect(server().pid).not.toBe(before);
      expect([...(await on(url, (sql) => sql`select id from visits`))]).toEqual([{ id: 7 }]);
    });

    test("a paused server answers nothing, and goes on where it stood", async () => {
      await on(server().url("postgres"), async (sql) => {
        await sql`select 1`;
        await server().pause();
        const answer = sql`select 7 as id`.then(([row]) => row?.id);
        expect(await Promise.race([answer, Bun.sleep(200).then(() => "nothing")])).toBe("nothing");
        await server().resume();
        expect(await answer).toBe(7);
      });
    });

    test("settings are those that were asked for", async () => {
      expect([...(await on(server().url("postgres"), (sql) => sql`show fsync`))]).toEqual([{ fsync: "on" }]);
    });

    test("a server and its folder are gone after its stop", async () => {
      const { pid, folder, stop } = await startPostgres();
      expect(isAlive(pid)).toBe(true);
      await stop();
      expect([isAlive(pid), existsSync(folder)]).toEqual([false, false]);
    });

    test("a server and its folder go when the process that started it is killed", async () => {
      const program = `
        const { pid, folder } = await (await import("${import.meta.dir}/postgres.ts")).startPostgres();
        console.log(JSON.stringify({ pid, folder }));
        setInterval(() => {}, 1000);`;
      const owner = Bun.spawn([process.execPath, "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
      const { value } = await owner.stdout.getReader().read();
      const { pid, folder } = JSON.parse(new TextDecoder().decode(value)) as { pid: number; folder: string };
      expect(isAlive(pid)).toBe(true);
      owner.kill("SIGKILL");
      await until("the server is gone", () => !isAlive(pid) && !existsSync(folder));
    });
  },
  { fsync: "on" },
);
