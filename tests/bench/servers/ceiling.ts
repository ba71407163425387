import { Database } from "bun:sqlite";
import { Hono } from "hono";

/**
 * What the product is measured against: bare Hono, JSON, and the same group commit into one table with one key. It
 * checks nothing, knows no sender and answers after fsync. The folder of its database is its argument.
 */
const [folder] = process.argv.slice(2);
const db = new Database(`${folder}/ceiling.db`, { create: true });
db.exec(await Bun.file(`${import.meta.dir}/ceiling.sql`).text());
const insert = db.prepare(
  "insert into conversions (date_time, client_id, target, purchase_id, price, currency) values (?, ?, ?, ?, ?, ?) on conflict do nothing",
);

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
const commit = db.transaction((jobs: readonly Job[]) => {
  for (const { rows } of jobs) {
    for (const r of rows)
      insert.run(r.date_time, r.client_id, r.target, r.purchase_id ?? "", String(r.price), r.currency);
  }
});
function flush(): void {
  const jobs = queue;
  queue = [];
  commit(jobs);
  for (const { done } of jobs) done();
}

const app = new Hono();
app.post("/conversions", async (c) => {
  const { conversions } = (await c.req.json()) as { conversions: readonly Row[] };
  await new Promise<void>((done) => {
    if (queue.push({ rows: conversions, done }) === 1) setImmediate(flush);
  });
  return c.json({ status: "accepted", accepted_count: conversions.length }, 202);
});

const server = Bun.serve({ port: Number(process.env.PORT ?? 0), maxRequestBodySize: 2 ** 30, fetch: app.fetch });
console.log(`READY ${server.port}`);
