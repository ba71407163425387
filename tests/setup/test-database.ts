import { Database } from "bun:sqlite";
import postgres from "postgres";
import { POSTGRES_WANTED, postgresForTests } from "./postgres.ts";
import { until } from "./process.ts";

/** The database of one test gateway. */
export interface TestDatabase {
  /** The settings that name it. */
  readonly env: Readonly<Record<string, string>>;
  /** Asks it on a connection of its own that cannot write. */
  read<Row>(query: string): Promise<Row[]>;
  /** When the gateway is closed: checks that nothing holds the database any more, and takes it away. */
  close(): Promise<void>;
}

/** On SQLite in the folder; with `TEST_STORE=postgres` on the PostgreSQL server of the tests, unless a test is about one of them. */
export function openTestDatabase(folder: string, store = process.env.TEST_STORE): Promise<TestDatabase> {
  return store === "postgres" ? onPostgres() : onSqlite(`${folder}/gateway.db`);
}

async function onSqlite(file: string): Promise<TestDatabase> {
  const connections: Database[] = [];
  return {
    env: { DATABASE_URL: `file:${file}` },
    async read<Row>(query: string) {
      const connection = new Database(file, { readonly: true });
      connections.push(connection);
      return connection.query(query).all() as Row[];
    },
    async close() {
      for (const connection of connections) connection.close();
      const lock = new Database(`${file}.lock`);
      lock.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE; ROLLBACK");
      lock.close();
    },
  };
}

/** A database that tests before have left empty, with the connection that emptied it. */
interface Spare {
  readonly url: string;
  readonly sql: postgres.Sql<{ bigint: number }>;
}

/** Making a database anew takes longer than most tests, and a new connection has first to learn the tables. */
const spares: Spare[] = [];

async function onPostgres(): Promise<TestDatabase> {
  const server = await postgresForTests();
  if (server === null) throw new Error(POSTGRES_WANTED);
  const spare = spares.pop() ?? connectTo(await server.createDatabase());
  const { url, sql } = spare;
  return {
    env: { DATABASE_URL: url, GATEWAY_SECRET_KEY: masterKey },
    async read<Row>(query: string) {
      return [...(await sql.begin("read only", (tx) => tx.unsafe(query)))] as Row[];
    },
    async close() {
      const others = async () => {
        const [left] = await sql`select count(*) as n from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;
        return Number(left?.n);
      };
      // A session ends a moment after its client has hung up.
      await until("the gateway's connections are closed", async () => (await others()) === 0 || null);
      await empty(sql);
      spares.push(spare);
    },
  };
}

function connectTo(url: string): Spare {
  const sql = postgres(url, {
    max: 1,
    onnotice: () => {},
    connection: { search_path: "gateway" },
    types: { bigint: { to: 20, from: [20, 1700], parse: Number, serialize: String } },
  });
  return { url, sql };
}

const masterKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");

/** Empties a database of the gateway's: by deleting, since truncating makes a file anew for each partition and index. */
export async function empty<Types extends Record<string, unknown>>(sql: postgres.Sql<Types>): Promise<void> {
  const tables = await sql`select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'gateway' and c.relkind in ('r', 'p') and not c.relispartition and c.relname not like '\\_\\_%'`;
  if (tables.length === 0) return;
  // Neither foreign keys, which would ask for an order, nor the triggers that keep the audit are minded so:
  // https://www.postgresql.org/docs/15/runtime-config-client.html#GUC-SESSION-REPLICATION-ROLE
  const deletes = tables.map(({ name }) => `delete from gateway.${name};`);
  await sql.begin((tx) => tx.unsafe(["set local session_replication_role = replica;", ...deletes].join("\n")));
  await sql`select setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    from pg_sequences where schemaname = 'gateway'`;
}
