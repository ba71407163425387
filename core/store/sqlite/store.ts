import { apiKeyQueries, credentialQueries, goalQueries, sourceQueries } from "../accounts.ts";
import { accountsOnSqlite } from "../dialect.ts";
import { createBatchStore } from "../sql/batches.ts";
import { createConversionStore } from "../sql/conversions.ts";
import { createDeadLetters } from "../sql/dead-letters.ts";
import { discardBatch } from "../sql/discard-batch.ts";
import { foundInstallation } from "../sql/found-installation.ts";
import { createMatchRateStore } from "../sql/match-rates.ts";
import { createQuotaStore } from "../sql/quota.ts";
import { createReplays } from "../sql/replays.ts";
import { createSealedTexts } from "../sql/sealed-texts.ts";
import { createUploadStore } from "../sql/uploads.ts";
import { createWithdrawals } from "../sql/withdrawals.ts";
import type { Founding, Store } from "../store.ts";
import { prepareIntake } from "./commit-intake.ts";
import { createSqliteDriver } from "./driver.ts";
import { createMaintenance } from "./maintenance.ts";
import { openSqlite } from "./open.ts";
import { preparePlanning } from "./planning.ts";
import { type ResumedCopy, resumeRestored } from "./resume-restored.ts";
import { prepareSeconds } from "./same-second.ts";
import { prepareSourceBatches } from "./source-batches.ts";

/**
 * The store on one SQLite file, for one process.
 * @param onRestored is told when the database turns out to be a restored copy
 * @throws {DatabaseInUseError} {DatabaseUnusableError} see `open.ts`
 */
export function openSqliteStore(path: string, founding: Founding, onRestored?: (resumed: ResumedCopy) => void): Store {
  const { sqlite, db, close } = openSqlite(path);
  const resumed = resumeRestored(sqlite, founding.now);
  if (resumed) onRestored?.(resumed);
  const driver = createSqliteDriver(sqlite);
  const intake = prepareIntake(sqlite, driver);
  const seconds = prepareSeconds(sqlite);
  const idempotent = sqlite.prepare<{ bodyHash: string; batchId: number }, [number, string, number]>(
    "select body_hash as bodyHash, batch_id as batchId from idempotency where source_id = ? and key = ? and expires_at > ?",
  );
  const installation = driver.now(foundInstallation(founding));
  const accounts = accountsOnSqlite(db);
  // Whose turn it was last. Forgotten with the process, which costs a counter one turn.
  sqlite.exec(
    "create temp table if not exists counter_turns (login_key text not null, counter_id integer not null, turn integer not null, primary key (login_key, counter_id)) without rowid",
  );
  return {
    installation,
    apiKeys: apiKeyQueries(accounts),
    credentials: credentialQueries(accounts, driver),
    sources: sourceQueries(accounts),
    intake: {
      groupsAtOnce: 1,
      async commit(group) {
        return intake.commit(group);
      },
      async findIdempotent(sourceId, key, now) {
        return idempotent.get(sourceId, key, now);
      },
      async preview(slice) {
        return intake.preview(slice);
      },
      async discard(batchId) {
        await driver.alone(() => discardBatch(batchId));
      },
    },
    batches: createBatchStore(driver, installation.uuid, prepareSourceBatches(sqlite, driver)),
    conversions: createConversionStore(driver, installation.uuid),
    matchRates: createMatchRateStore(driver),
    planning: preparePlanning(sqlite, driver, seconds),
    uploads: createUploadStore(driver, function* () {}),
    deadLetters: createDeadLetters(driver),
    replays: createReplays(driver),
    withdrawals: createWithdrawals(driver),
    goals: goalQueries(accounts),
    quota: createQuotaStore(driver),
    maintenance: createMaintenance(driver),
    sealedTexts: createSealedTexts(driver),
    // There is one process.
    leases: { take: async () => true, release: async () => {} },
    shared: null,
    async close() {
      close();
    },
  };
}
