// The familiar way, under Node: Fastify and better-sqlite3, the sender's secret compared by hash, the body checked by Fastify's
// own schemas, one commit a request, answered after it. JavaScript that lives in a folder with packages of its own, since the
// project needs none of them. Arguments: the folder of the database, the file with the table, the secret. Where a native build is impossible, Node's own SQLite takes the place of better-sqlite3.
import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import fastify from "fastify";

const [folder, table, secret] = process.argv.slice(2);

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

const hash = (text) => createHash("sha256").update(text).digest();
const known = hash(secret);
const identifier = { type: "string", minLength: 1, maxLength: 256 };
const conversion = {
  type: "object",
  required: ["target", "date_time"],
  anyOf: ["client_id", "user_id", "yclid", "purchase_id"].map((name) => ({ required: [name] })),
  properties: {
    client_id: identifier,
    user_id: identifier,
    yclid: identifier,
    purchase_id: identifier,
    target: { type: "string", minLength: 1, maxLength: 255 },
    date_time: { type: "string", format: "date-time" },
    price: { type: "number", minimum: 0 },
    currency: { type: "string", pattern: "^[A-Z]{3}$" },
  },
};
const schema = {
  body: {
    type: "object",
    required: ["conversions"],
    properties: { conversions: { type: "array", minItems: 1, items: conversion } },
  },
  response: {
    202: { type: "object", properties: { status: { type: "string" }, accepted_count: { type: "integer" } } },
  },
};

const app = fastify({ bodyLimit: 2 ** 30 });
app.addHook("onRequest", (request, reply, done) => {
  if (timingSafeEqual(hash(request.headers["x-webhook-secret"] ?? ""), known)) return done();
  reply.code(403).send({ error: "forbidden" });
});
app.post("/conversions", { schema }, (request, reply) => {
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
