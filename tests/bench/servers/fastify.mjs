// The familiar way, under Node: Fastify and better-sqlite3, one commit a request, answered after it. JavaScript that lives
// in a folder with packages of its own, since the project needs none of them. Arguments: the folder of the database, the
// file with the table. Where a native build is impossible, Node's own SQLite takes the place of better-sqlite3.
import { readFileSync } from "node:fs";
import fastify from "fastify";

const [folder, table] = process.argv.slice(2);

async function open() {
  try {
    const { default: BetterSqlite } = await import("better-sqlite3");
    return { db: new BetterSqlite(`${folder}/fastify.db`), by: "better-sqlite3" };
  } catch {
    const { DatabaseSync } = await import("node:sqlite");
    return { db: new DatabaseSync(`${folder}/fastify.db`), by: "node:sqlite, since better-sqlite3 could not be built" };
  }
}

const { db, by } = await open();
db.exec(readFileSync(table, "utf8"));
const insert = db.prepare(
  "insert into conversions (date_time, client_id, target, purchase_id, price, currency) values (?, ?, ?, ?, ?, ?) on conflict do nothing",
);
const begin = db.prepare("begin immediate");
const commit = db.prepare("commit");

const app = fastify({ bodyLimit: 2 ** 30 });
app.post("/conversions", (request, reply) => {
  const { conversions } = request.body;
  begin.run();
  for (const r of conversions)
    insert.run(r.date_time, r.client_id, r.target, r.purchase_id ?? "", String(r.price), r.currency);
  commit.run();
  reply.code(202).send({ status: "accepted", accepted_count: conversions.length });
});

await app.listen({ port: 0, host: "127.0.0.1" });
console.log(`USES Fastify ${app.version}, ${by}, Node ${process.versions.node}`);
console.log(`READY ${app.server.address().port}`);
