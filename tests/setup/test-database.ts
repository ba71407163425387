import { Database } from "bun:sqlite";
import postgres from "postgres";
import { POSTGRES_WANTED, postgresForTests } from "./postgres.ts";

/** The database of one test gateway. */
export interface TestDatabase {
  /** The settings that name it. */
  readonly env: Readonly<Record<string, string>>;
  /** Asks it on a connection of its own that cannot write. */
  read<Row>(query: string): Promise<Row[]>;
  /** When the gateway is closed: checks that nothing holds the database any more, and takes it away. */
  close(): Promise<void>;
}

/** On SQLite in the folder; with `TEST_STORE=postgres` on the PostgreSQL server of the tests. */
export function openTestDatabase(folder: string): Promise<TestDatabase> {
  return process.env.TEST_STORE === "postgres" ? onPostgres() : onSqlite(`${folder}/gateway.db`);
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

/** Databases that tests before have left empty: making one anew takes longer than most tests. */
const spare: string[] = [];

async function onPostgres(): Promise<TestDatabase> {
  const server = await postgresForTests();
  if (server === null) throw new Error(POSTGRES_WANTED);
  const url = spare.pop() ?? (await server.createDatabase());
  const connect = () =>
    postgres(url, {
      max: 1,
      onnotice: () => {},
      connection: { search_path: "gateway" },
      types: { bigint: { to: 20, from: [20, 1700], parse: Number, serialize: String } },
    });
  return {
    env: { DATABASE_URL: url, GATEWAY_SECRET_KEY: masterKey },
    async read<Row>(query: string) {
      const sql = connect();
      const rows = await sql.begin("read only", (tx) => tx.unsafe(query));
      await sql.end();
      return [...rows] as Row[];
    },
    async close() {
      const sql = connect();
      const [left] = await sql`select count(*) as n from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;
      await empty(sql);
      await sql.end();
      spare.push(url);
      if (Number(left?.n) > 0) throw new Error(`${left?.n} connections to the database are still open.`);
    },
  };
}

const masterKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");

/** Empties a database of the gateway's, which costs a part of making one. */
export async function empty(sql: postgres.Sql<{ bigint: number }>): Promise<void> {
  const tables =
    await sql`select tablename from pg_tables where schemaname = 'gateway' and tablename not like '\\_\\_%'`;
  const names = tables.map(({ tablename }) => `gateway.${tablename}`).join(", ");
  if (names !== "") await sql.unsafe(`truncate ${names} restart identity`);
  await sql`select setval('gateway.batch_ids', 1, false), setval('gateway.conversion_ids', 1, false)`;
}
