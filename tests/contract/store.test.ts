import { afterAll, beforeAll } from "bun:test";
import postgres from "postgres";
import { openPostgresStore } from "../../core/store/postgres/store.ts";
import { openSqliteStore } from "../../core/store/sqlite/store.ts";
import { describePostgres } from "../setup/describe-postgres.ts";
import { empty } from "../setup/test-database.ts";
import { START } from "./store/world.ts";
import { storeContract } from "./store.contract.ts";

const founding = {
  uuid: "0f0e0d0c-0b0a-4908-8706-050403020100",
  workspaceUuid: "0f0e0d0c-0b0a-7908-8706-050403020101",
  vaultCheck: "canary",
  now: START,
};

storeContract("SQLite", async () => {
  const store = openSqliteStore(":memory:", founding);
  return { store, close: () => store.close() };
});

describePostgres("PostgreSQL", (server) => {
  let url = "";
  let sql: postgres.Sql;
  beforeAll(async () => {
    url = await server().createDatabase();
    sql = postgres(url, { max: 1, onnotice: () => {} });
  });
  afterAll(() => sql.end());
  storeContract("PostgreSQL", async () => {
    const store = await openPostgresStore(url, founding, { connections: 2 });
    const close = async () => {
      await store.close();
      await empty(sql);
    };
    return { store, close };
  });
});
