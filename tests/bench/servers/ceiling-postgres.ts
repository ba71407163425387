import { Hono } from "hono";
import postgres from "postgres";

/**
 * What the product is measured against on PostgreSQL: bare Hono, JSON, and one table with one key. It checks nothing, knows no sender
 * and answers after the commit. Arguments: the database, and "group" for a group commit by `unnest`, or "each" for what one
 * would write without much thought: an insert a request, on ten connections.
 */
const [url = "", commits] = process.argv.slice(2);
const GROUPS_AT_ONCE = 4;
const sql = postgres(url, { max: 10, onnotice: () => {} });
await sql.unsafe(await Bun.file(`${import.meta.dir}/ceiling-postgres.sql`).text());
const INSERT = `insert into conversions (date_time, client_id, target, purchase_id, price, currency)
  select * from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) on conflict do nothing`;

interface Row {
  readonly date_time: string;
  readonly client_id: string;
  readonly target: string;
  readonly purchase_id?: string;
  readonly price: number;
  readonly currency: string;
}
interface Job {
  readonly rows: readonly Row[];
  readonly done: () => void;
}

let queue: Job[] = [];
let groups = 0;
async function flush(): Promise<void> {
  if (queue.length === 0 || groups === GROUPS_AT_ONCE) return;
  groups++;
  const jobs = queue;
  queue = [];
  await insert(jobs.flatMap((job) => job.rows));
  for (const { done } of jobs) done();
  groups--;
  flush();
}

async function insert(rows: readonly Row[]): Promise<void> {
  const columns = [
    rows.map((r) => Date.parse(r.date_time) / 1000),
    rows.map((r) => r.client_id),
    rows.map((r) => r.target),
    rows.map((r) => r.purchase_id ?? ""),
    rows.map((r) => String(r.price)),
    rows.map((r) => r.currency),
  ];
  await sql.unsafe(INSERT, columns as never[], { prepare: true });
}

const app = new Hono();
app.post("/conversions", async (c) => {
  const { conversions } = (await c.req.json()) as { conversions: readonly Row[] };
  if (commits === "each") await insert(conversions);
  else
    await new Promise<void>((done) => {
      if (queue.push({ rows: conversions, done }) === 1) setImmediate(flush);
    });
  return c.json({ status: "accepted", accepted_count: conversions.length }, 202);
});

const server = Bun.serve({ port: Number(process.env.PORT ?? 0), maxRequestBodySize: 2 ** 30, fetch: app.fetch });
console.log(`READY ${server.port}`);
