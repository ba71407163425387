import postgres from "postgres";

/**
 * What PostgreSQL itself takes: one `unnest` insert after another into one table with one key, each a transaction, over so many
 * connections. No HTTP, no JSON, no check. Arguments: the database, connections, rows of an insert, seconds. It begins with the
 * first line of its input and says how many rows a second it wrote.
 */
const [url = "", connections = "8", rows = "1000", seconds = "6"] = process.argv.slice(2);
const sql = postgres(url, { max: Number(connections), onnotice: () => {} });
await sql.unsafe(await Bun.file(`${import.meta.dir}/ceiling-postgres.sql`).text());
const INSERT = `insert into conversions (date_time, client_id, target, purchase_id, price, currency)
  select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) on conflict do nothing`;

const from = Math.floor(Date.now() / 1000) - 86_400;
let number = 0;
let written = 0;
let until = 0;
async function connection(): Promise<void> {
  while (performance.now() < until) {
    const numbers = Array.from({ length: Number(rows) }, () => number++);
    await sql.unsafe(
      INSERT,
      [
        `{${numbers.map((n) => from + (n % 80_000)).join()}}`,
        `{${numbers.map((n) => 1_700_000_000_000_000 + n).join()}}`,
        `{${numbers.map(() => "purchase").join()}}`,
        `{${numbers.map(() => '""').join()}}`,
        `{${numbers.map((n) => 100 + (n % 900)).join()}}`,
        `{${numbers.map(() => "RUB").join()}}`,
      ],
      { prepare: true },
    );
    written += numbers.length;
  }
}
async function run(time: number): Promise<number> {
  written = 0;
  const started = performance.now();
  until = started + time * 1000;
  await Promise.all(Array.from({ length: Number(connections) }, connection));
  return (written / (performance.now() - started)) * 1000;
}

await run(1);
console.log("READY");
for await (const _ of console) console.log(`DONE ${Math.round(await run(Number(seconds)))}`);
