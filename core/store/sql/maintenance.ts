import type { MaintenanceStore } from "../store.ts";
import { discardBatch } from "./discard-batch.ts";
import { identityExpiries } from "./identity-expiries.ts";
import { dayOf } from "./quota.ts";
import { rawIntakeExpiries } from "./raw-intake-expiries.ts";
import { runExpiries } from "./run-expiries.ts";
import { type Driver, ids, statement, type Work } from "./work.ts";

/** Days for which what a login spent can be read. */
const QUOTA_KEPT_DAYS = 7;
/** What is forgotten in one transaction: short enough that nobody waits for it. */
const PORTION = 5000;

const unsealed = statement<{ id: number }, [before: number]>(
  "select id from batches where sealed = 0 and updated_at <= ?1 order by id",
);
const isStale = statement<{ id: number }, [batch: number, before: number]>(
  "select id from batches where id = ?1 and sealed = 0 and updated_at <= ?2",
);

const expiries = [
  `delete from idempotency where (source_id, key) in (select source_id, key from idempotency where expires_at <= ?1 limit ?2)`,
  `delete from source_keys where key_hash in (select key_hash from source_keys where expires_at <= ?1 limit ?2)`,
  `update rejected_rows set sealed = null
   where (batch_id, row) in (select batch_id, row from rejected_rows where expires_at <= ?1 and sealed is not null limit ?2)`,
  `delete from contact_sales where id in (select id from contact_sales where expires_at <= ?1 limit ?2)`,
  `delete from unidentified_facts where key_hash in (select key_hash from unidentified_facts where expires_at <= ?1 limit ?2)`,
  ...identityExpiries,
  ...rawIntakeExpiries,
  ...runExpiries,
].map((text) => statement<never, [now: number, limit: number]>(text));
const quotaBefore = statement<never, [day: number]>("delete from login_quota where day < ?1");
const ping = statement<{ id: number }>("select id from installation");

const keepKeys = statement<never, [upload: number, ids: string]>(
  `update source_keys set upload_id = ?1 where conversion_id in ${ids("?2")}`,
);
const dropKeys = statement<never, [string]>(`delete from source_keys where conversion_id in ${ids("?1")}`);
const dropRevisions = statement<never, [string]>(
  `delete from conversion_revisions where conversion_id in ${ids("?1")}`,
);
// The times are named for PostgreSQL, which then looks into the weeks between them alone.
const dropFacts = statement<never, [ids: string, from: number, to: number]>(
  `delete from conversions where id in ${ids("?1")} and date_time between ?2 and ?3`,
);

function* removeStale(batchId: number, before: number): Work<boolean> {
  if (!(yield* isStale.get(batchId, before))) return false;
  yield* discardBatch(batchId);
  return true;
}

/** A fact that is settled and has passed its retention; `upload_id` is the completed upload it went in, null when it was given up. */
export interface SettledFact {
  readonly id: number;
  readonly date_time: number;
  readonly upload_id: number | null;
}

/** Deletes settled facts with all that is told of them. What Metrika counted is still known by its key; what it never took may be told anew. */
export function* forgetFacts(facts: readonly SettledFact[]): Work<void> {
  if (facts.length === 0) return;
  for (const [uploadId, ofUpload] of Map.groupBy(facts, ({ upload_id }) => upload_id)) {
    const list = JSON.stringify(ofUpload.map(({ id }) => id));
    if (uploadId === null) yield* dropKeys.send(list);
    else yield* keepKeys.send(uploadId, list);
  }
  const list = JSON.stringify(facts.map(({ id }) => id));
  yield* dropRevisions.send(list);
  const times = facts.map(({ date_time }) => date_time);
  yield* dropFacts.send(list, Math.min(...times), Math.max(...times));
}

/** The house-keeping that is the same on both databases. */
export function createHousekeeping(driver: Driver): Pick<MaintenanceStore, "removeUnsealed" | "purgeExpired" | "ping"> {
  return {
    async removeUnsealed(before) {
      let removed = 0;
      for (const { id } of await driver.ask(unsealed.all(before)))
        if (await driver.alone(() => removeStale(id, before))) removed++;
      return removed;
    },
    async purgeExpired(now) {
      let gone = await driver.ask(quotaBefore.run(dayOf(now) - QUOTA_KEPT_DAYS));
      for (const forget of expiries) {
        for (let last = PORTION; last === PORTION; gone += last)
          last = await driver.beside(() => forget.run(now, PORTION));
      }
      return gone;
    },
    async ping() {
      await driver.ask(ping.get());
    },
  };
}
