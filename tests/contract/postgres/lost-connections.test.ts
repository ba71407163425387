import { expect, setDefaultTimeout, test } from "bun:test";
import postgres from "postgres";
import { describePostgres } from "../../setup/describe-postgres.ts";

setDefaultTimeout(60_000);

const ROUNDS = 6;

// What the library must do for the store, and does not without the patch of patches/.
describePostgres("When the server ends a connection in the middle of a transaction", (server) => {
  test("the transaction fails and writes nothing, the process lives, and every later question gets its own answer", async () => {
    const url = await server().createDatabase();
    const sql = postgres(url, { max: 3, onnotice: () => {}, backoff: () => 0.01 });
    const other = postgres(url, { max: 1, onnotice: () => {} });
    await sql`create table facts (id int)`;
    for (let round = 0; round < ROUNDS; round++) {
      const going = sql.begin(async (tx) => {
        await tx`insert into facts values (${round})`;
        const [session] = await tx`select pg_backend_pid() as pid`;
        // Asked before, at and after the end of the connection; nobody waits for the first.
        if (round % 2 === 0) tx`select pg_sleep(0.01)`.catch(() => {});
        const ended = other`select pg_terminate_backend(${session?.pid})`;
        if (round % 3 === 0) await ended;
        await tx`insert into facts values (${round})`.catch(() => {});
        await Bun.sleep(round % 4 === 0 ? 30 : 0);
        await tx`insert into facts select generate_series(1, ${2000 + round})`;
        await ended;
        await tx`select 1`;
      });
      await expect(going).rejects.toThrow();
      const numbers = Array.from({ length: 20 }, (_, n) => round * 100 + n);
      const asked = numbers.map((n) =>
        sql`select ${n}::int as n`.then(
          ([row]) => row?.n,
          () => null,
        ),
      );
      const answers = await Promise.all(asked);
      // The first may meet the connection that is gone; an answer is never another's.
      expect(answers.filter((n, i) => n !== null && n !== numbers[i])).toEqual([]);
    }
    expect(await other`select count(*)::int as n from facts`).toMatchObject([{ n: 0 }]);
    const last = Array.from({ length: 20 }, (_, n) => sql`select ${n}::int as n`);
    expect((await Promise.all(last)).map(([row]) => row?.n)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    await Promise.all([sql.end(), other.end()]);
  });
});
