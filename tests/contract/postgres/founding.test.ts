import { expect, test } from "bun:test";
import { describePostgres } from "../../setup/describe-postgres.ts";
import { openGateways } from "./gateways.ts";

describePostgres("a new database on PostgreSQL", (server) => {
  test("gateways that start at once found one installation with one workspace", async () => {
    const { stores, sql, close } = await openGateways(server(), 4);
    const [first] = stores;
    for (const { installation } of stores) expect(installation).toEqual(first!.installation);
    const [found] = await sql`select (select count(*) from gateway.installation) as installations,
      (select count(*) from gateway.workspaces) as workspaces`;
    expect(found).toEqual({ installations: 1, workspaces: 1 });
    await close();
  }, 60_000);
});
