import { afterAll, beforeAll, expect, test } from "bun:test";
import { describePostgres } from "../../setup/describe-postgres.ts";
import { SOLD_AT, START, World } from "../store/world.ts";
import { type Gateways, openGateways, putUpload } from "./gateways.ts";

describePostgres("the specification's tables on PostgreSQL", (server) => {
  let gateways: Gateways;
  let sourceUuid: string;
  const at = new Date(START);

  /** A batch of ten rows: one accepted, in a file that met no visit for it; one waits for its goal, the rest were refused. */
  beforeAll(async () => {
    gateways = await openGateways(server(), 1);
    const { sql, stores } = gateways;
    const source = await new World(stores[0]!).addSource({ description: "CRM", counterId: 7 });
    sourceUuid = source.uuid;
    const times = { created_at: START, updated_at: START };
    const rows = {
      received: 10,
      duplicates: 0,
      rejected: 8,
      sealed: 1,
      first_conversion_id: 255,
      last_conversion_id: 255,
    };
    await sql`insert into gateway.batches ${sql({ id: 10, source_id: source.id, ...rows, ...times })}`;
    const upload = await putUpload(sql, {
      ...{ state: "completed", counter_id: 7, credential_id: source.credentialId, metrika_upload_id: "900" },
      ...{ metrika_status: "PROCESSED", source_quantity: 1, line_quantity: 1, user_not_found_quantity: 1 },
    });
    await sql`insert into gateway.batch_uploads ${sql({ batch_id: 10, upload_id: upload, rows: 1, duplicates: 0 })}`;
    await sql`insert into gateway.batch_set_aside ${sql({ batch_id: 10, target: "lead", reason: "waiting_goal", rows: 1 })}`;
    const fact = { batch_id: 10, row: 0, source_id: source.id, workspace_id: 1, counter_id: 7, date_time: SOLD_AT };
    const told = { target: "purchase", client_id: "1", price: "1500.5", currency: "RUB", upload_id: upload };
    await sql`insert into gateway.conversions ${sql({ id: 255, ...fact, ...told })}`;
  });
  afterAll(() => gateways.close());

  const ask = async (query: string): Promise<unknown[]> => [...(await gateways.sql.unsafe(query))];

  test("webhooks has instants, truth, and no secret", async () => {
    expect(await ask("select * from gateway.webhooks")).toEqual([
      {
        ...{ id: sourceUuid, name: "Shop", counter_id: 7, token: "***", description: "CRM", secret: "***" },
        ...{ created_at: at, updated_at: at, is_active: true },
      },
    ]);
  });

  test("webhook_batches tells its errors as an array of texts, and null where there are none", async () => {
    const errors = ["rejected: 8", "waiting_goal: lead (1)", "user_not_found: 1"];
    const [told] = await ask("select * from gateway.webhook_batches");
    expect(told).toEqual({
      ...{ id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8001-8000-00000000000a$/), webhook_id: sourceUuid },
      ...{ counter_id: 7, status: "completed", created_at: at, updated_at: at, total: 10, processed: 1 },
      ...{ metrika_upload_id: "900", errors },
    });
    const batch = await gateways.stores[0]!.batches.findByUuid((told as { id: string }).id);
    expect(batch).toMatchObject({ id: 10, status: "completed", processed: 1, total: 10, statusVersion: 2 });
    await gateways.sql`update gateway.batches set received = 1, rejected = 0 where id = 10`;
    await ask("delete from gateway.batch_set_aside");
    await ask("update gateway.uploads set user_not_found_quantity = 0");
    expect(await ask("select errors from gateway.webhook_batches")).toEqual([{ errors: null }]);
  });

  test("webhook_conversions has prices that can be added up", async () => {
    const [told] = await ask(
      "select *, price + 1 as more, pg_typeof(price)::text as type from gateway.webhook_conversions",
    );
    expect(told).toEqual({
      ...{
        id: expect.stringMatching(/-8000-8000-0000000000ff$/),
        batch_id: expect.stringMatching(/-8001-8000-00000000000a$/),
      },
      ...{ client_id: "1", user_id: null, yclid: null, purchase_id: null, target: "purchase", currency: "RUB" },
      ...{ date_time: new Date(SOLD_AT * 1000), price: 1500.5, more: 1501.5, type: "numeric", status: "processed" },
      ...{ created_at: at, updated_at: at, error: null },
    });
  });

  const views = ["webhooks", "webhook_batches", "webhook_conversions", "batch_progress", "batch_status"];

  test.each(views)("the view %s cannot be written", async (view) => {
    await expect(ask(`delete from gateway.${view}`)).rejects.toThrow("cannot delete from view");
  });

  test("a role that may read the views but not their tables sees nothing", async () => {
    // Roles belong to the whole server, which other runs may use as well.
    const stranger = `stranger_${crypto.randomUUID().slice(0, 8)}`;
    const look = (view: string) =>
      gateways.sql.begin(async (tx) => {
        await tx.unsafe(`set local role ${stranger}`);
        return tx.unsafe(`select * from gateway.${view}`);
      });
    await ask(`create role ${stranger}`);
    try {
      for (const view of views) await expect(look(view)).rejects.toThrow("permission denied for schema");
      await ask(`grant usage on schema gateway to ${stranger}`);
      for (const view of views) {
        await ask(`grant select on gateway.${view} to ${stranger}`);
        await expect(look(view)).rejects.toThrow(/permission denied for (table|view)/);
      }
    } finally {
      await ask(`drop owned by ${stranger}; drop role ${stranger}`);
    }
  });
});
