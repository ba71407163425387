import postgres, { type Sql } from "postgres";
import { openPostgresStore } from "../../../core/store/postgres/store.ts";
import type { Store } from "../../../core/store/store.ts";
import type { TestPostgres } from "../../setup/postgres.ts";
import { empty } from "../../setup/test-database.ts";
import { START } from "../store/world.ts";

/** Several gateways' stores on one database, and a connection that sees it as it is. */
export interface Gateways {
  readonly stores: readonly Store[];
  readonly sql: Sql<{ bigint: number }>;
  close(): Promise<void>;
}

/** Databases of each server that tests before have left empty: making one anew takes longer than most tests. */
const spares = new WeakMap<TestPostgres, string[]>();

/** Opens a database that is empty, by all gateways at once. */
export async function openGateways(server: TestPostgres, count: number): Promise<Gateways> {
  const left = spares.get(server) ?? [];
  spares.set(server, left);
  const url = left.pop() ?? (await server.createDatabase());
  const stores = await Promise.all(
    Array.from({ length: count }, () => {
      const founding = { uuid: crypto.randomUUID(), workspaceUuid: crypto.randomUUID(), vaultCheck: "canary" };
      return openPostgresStore(url, { ...founding, now: START });
    }),
  );
  const sql = postgres(url, {
    max: 1,
    onnotice: () => {},
    types: { bigint: { to: 20, from: [20, 1700], parse: Number, serialize: String } },
  });
  return {
    stores,
    sql,
    async close() {
      await Promise.all(stores.map((store) => store.close()));
      await empty(sql);
      await sql.end();
      left.push(url);
    },
  };
}

/** The columns of an upload that only matter by being there. */
const upload = {
  ...{ workspace_id: 1, currency: "RUB", rows: 1, ripe_at: START, not_before: START, next_attempt_at: START },
  ...{ created_at: START, updated_at: START },
};

/** Writes an upload past all rules; its id. */
export async function putUpload(sql: Gateways["sql"], columns: Readonly<Record<string, unknown>>): Promise<number> {
  const row = { ...upload, uuid: crypto.randomUUID(), ...columns };
  const [made] = await sql`insert into gateway.uploads ${sql(row)} returning id`;
  return Number(made?.id);
}
