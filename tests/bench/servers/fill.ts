import { Database } from "bun:sqlite";
import { copyFile, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { demo } from "../../../core/metrika/simulator/demo-data.ts";
import { openSqlite } from "../../../core/store/sqlite/open.ts";
import { mb, whole } from "../figures.ts";
import type { Sender } from "../load.ts";
import { COUNTERS, conversionsInSql, GROUP_BATCHES, GROUP_ROWS, type Stored } from "../stored.ts";
import { scratchFolder } from "./scratch.ts";
import { type Prepared, startCeiling, startProduct, webhookPath } from "./start.ts";

const WEBHOOKS = 10_000;
/** Files that the stored conversions of each counter went in. */
const FILES_OF_COUNTER = 80;
const CHUNK_GROUPS = 1000;
/** Bytes on disk of a stored conversion with its indexes and its batch (measured), in product and ceiling together. */
const ROW_BYTES = 280;

/** @throws when the disk has no room for the filled databases, a copy of one and what is written meanwhile */
export async function needRoom(rows: number): Promise<void> {
  const scratch = await scratchFolder();
  const { bavail, bsize } = await statfs(scratch.path);
  await scratch.remove();
  const [free, needed] = [bavail * bsize, rows * ROW_BYTES * 2];
  if (free > needed) return;
  throw new Error(`${mb(needed)} are needed for temporary files and ${mb(free)} are free: set BENCH_STORED lower.`);
}

/** The ceiling with conversions stored already. */
export async function fillCeiling(stored: Stored): Promise<Prepared> {
  const { path } = await scratchFolder();
  const empty = await startCeiling();
  const { senders } = empty;
  await empty.stop();
  const db = new Database(`${path}/ceiling.db`, { create: true });
  db.exec(await Bun.file(`${import.meta.dir}/ceiling.sql`).text());
  await inChunks(db, "ceiling", stored, [
    `insert into conversions (id, date_time, client_id, target, purchase_id, price, currency)
     select i + 1, strftime('%Y-%m-%dT%H:%M:%SZ', at, 'unixepoch'), client, 'purchase', '', price, 'RUB' from ${conversionsInSql(stored)}`,
  ]);
  db.close();
  return { folder: path, senders };
}

/**
 * A database of the product with a webhook, and what is written into it besides.
 * @param write gives back the senders there are besides the webhook's
 */
export async function prepareProduct(
  write: (sqlite: Database, webhook: Sender) => Promise<readonly Sender[]>,
): Promise<Prepared> {
  const { path } = await scratchFolder();
  const empty = await startProduct();
  const running = new Database(empty.database, { readonly: true });
  running.query("vacuum into ?").run(`${path}/gateway.db`);
  running.close();
  await copyFile(`${dirname(empty.database)}/master.key`, `${path}/master.key`);
  await empty.stop();

  const [webhook] = empty.senders;
  const { sqlite, close } = openSqlite(`${path}/gateway.db`);
  const others = await write(sqlite, webhook);
  sqlite.exec("pragma wal_checkpoint(truncate)");
  close();
  return { folder: path, senders: [webhook, ...others] };
}

/**
 * The product with conversions stored already: settled, in files of a hundred counters, told in batches of one and of a
 * hundred. It has ten thousand webhooks with one secret; the first hundred have told the conversions.
 */
export function fillProduct(stored: Stored): Promise<Prepared> {
  return prepareProduct(async (sqlite, webhook) => {
    await storeSettled(sqlite, stored);
    return addWebhooks(sqlite, webhook);
  });
}

async function storeSettled(sqlite: Database, stored: Stored): Promise<void> {
  const now = Date.now();
  const counterOf = (place: string) => `${demo.counterId} + ${place} % ${COUNTERS}`;
  const uploadOf = `g * ${FILES_OF_COUNTER} / ${stored.groups} * ${COUNTERS} + g % ${COUNTERS} + 1`;
  const batchOf = `g * ${GROUP_BATCHES} + b + 1`;
  const rows = conversionsInSql(stored);
  await inChunks(sqlite, "product", stored, [
    `insert into conversions (id, batch_id, row, source_id, workspace_id, counter_id, date_time, target, client_id, price, currency, upload_id)
     select i + 1, ${batchOf}, max(0, i % ${GROUP_ROWS} - ${GROUP_BATCHES - 1}), g % ${COUNTERS} + 1, 1, ${counterOf("g")}, at, 'purchase',
       client, price, 'RUB', ${uploadOf} from ${rows}`,
    `insert into batches (id, source_id, received, duplicates, rejected, sealed, first_conversion_id, last_conversion_id, created_at, updated_at)
     select ${batchOf}, g % ${COUNTERS} + 1, count(*), 0, 0, 1, min(i) + 1, max(i) + 1,
       max(at) * 1000, max(at) * 1000 from ${rows} group by g, b`,
    `insert into batch_uploads (batch_id, upload_id, rows, duplicates) select ${batchOf}, ${uploadOf}, count(*), 0 from ${rows} group by g, b`,
  ]);
  sqlite.exec(`
    insert into uploads (id, uuid, workspace_id, counter_id, credential_id, currency, state, rows, ripe_at, not_before, next_attempt_at,
      attempts, metrika_upload_id, metrika_status, source_quantity, line_quantity, linked_quantity, created_at, sealed_at, sent_at, settled_at, updated_at)
    select upload_id, printf('01900000-0001-7000-8000-%012x', upload_id), 1, ${counterOf("(upload_id - 1)")}, 1, 'RUB', 'completed', sum(rows), 0, 0, 0,
      1, 1400000000 + upload_id, 'PROCESSED', sum(rows), sum(rows), sum(rows), ${now}, ${now}, ${now}, ${now}, ${now}
    from batch_uploads group by upload_id;
    insert into watermarks (name, value) values ('conversions_planned', ${stored.rows});
  `);
}

/** Webhooks beside the first, with its secret and its token, spread over the counters; Metrika has told their goals. */
function addWebhooks(sqlite: Database, first: Sender): readonly Sender[] {
  const uuids = Array.from({ length: WEBHOOKS - 1 }, () => Bun.randomUUIDv7());
  const insert = sqlite.prepare(
    `insert into sources (id, uuid, workspace_id, plugin, name, counter_id, credential_id, config, options, config_version, time_zone,
       time_zone_from, default_currency, default_currency_from, language, secret_hash, is_active, created_at, updated_at)
     select ?1, ?2, workspace_id, plugin, name, counter_id + (?1 - 1) % ${COUNTERS}, credential_id, config, options, config_version, time_zone,
       time_zone_from, default_currency, default_currency_from, language, secret_hash, is_active, created_at, updated_at from sources where id = 1`,
  );
  const knowGoals = sqlite.prepare(
    `insert into counter_goals (workspace_id, counter_id, identifiers, fetched_at, attempted_at, failures)
     select workspace_id, counter_id + ?, identifiers, fetched_at, attempted_at, failures from counter_goals where counter_id = ${demo.counterId}`,
  );
  sqlite.transaction(() => {
    for (const [i, uuid] of uuids.entries()) insert.run(i + 2, uuid);
    for (let counter = 1; counter < COUNTERS; counter++) knowGoals.run(counter);
  })();
  return uuids.map((uuid) => ({ path: webhookPath(uuid), headers: first.headers }));
}

/** Runs statements for one stretch of the stored conversions after another, so that Ctrl-C has its turn between two. */
export async function inChunks(
  db: Database,
  name: string,
  stored: Stored,
  statements: readonly string[],
): Promise<void> {
  const started = performance.now();
  // Nothing is lost if the power fails now.
  db.exec("pragma synchronous = off");
  const prepared = statements.map((statement) => db.prepare<unknown, [number, number]>(statement));
  const write = db.transaction((first: number, end: number) => {
    for (const statement of prepared) statement.run(first, end);
  });
  for (let group = 0; group < stored.groups; group += CHUNK_GROUPS) {
    write(group * GROUP_ROWS, Math.min(stored.groups, group + CHUNK_GROUPS) * GROUP_ROWS);
    await Bun.sleep(0);
  }
  db.exec("pragma wal_checkpoint(truncate)");
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const size = db.query<{ bytes: number }, []>(
    "select page_count * page_size as bytes from pragma_page_count, pragma_page_size",
  );
  console.log(`${name} filled with ${whole(stored.rows)} conversions in ${seconds} s, ${mb(size.get()?.bytes ?? 0)}`);
}
