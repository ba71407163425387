import { drizzleOnSqlite } from "../dialect.ts";
import { accountQueries } from "../drizzle/accounts.ts";
import { apiKeyQueries } from "../drizzle/api-keys.ts";
import { auditQueries } from "../drizzle/audit.ts";
import { counterQueries } from "../drizzle/counters.ts";
import { credentialQueries } from "../drizzle/credentials.ts";
import { goalQueries } from "../drizzle/goals.ts";
import { identityQueries } from "../drizzle/identity.ts";
import { invitationQueries } from "../drizzle/invitations.ts";
import { memberQueries, userQueries, workspaceQueries } from "../drizzle/members.ts";
import { oauthApplicationQueries, oauthStateQueries } from "../drizzle/oauth.ts";
import { setupCodeQueries } from "../drizzle/setup-codes.ts";
import { sourceHealthQueries } from "../drizzle/source-health.ts";
import { sourceStateQueries } from "../drizzle/source-state.ts";
import { sourceQueries } from "../drizzle/sources.ts";
import { createBatchStore } from "../sql/batches.ts";
import { createConversionStore } from "../sql/conversions.ts";
import { createDeadLetters } from "../sql/dead-letters.ts";
import { discardBatch } from "../sql/discard-batch.ts";
import { foundInstallation } from "../sql/found-installation.ts";
import { createMatchRateStore } from "../sql/match-rates.ts";
import { createQuotaStore } from "../sql/quota.ts";
import { createRawIntakeStore } from "../sql/raw-intakes.ts";
import { createReplays } from "../sql/replays.ts";
import { createRunStore } from "../sql/runs.ts";
import { createSealedTexts } from "../sql/sealed-texts.ts";
import { createUnidentifiedSales } from "../sql/unidentified-sales.ts";
import { createUploadStore } from "../sql/uploads.ts";
import { createWithdrawals } from "../sql/withdrawals.ts";
import type { Founding, Store } from "../store.ts";
import { prepareIntake } from "./commit-intake.ts";
import { createSqliteDriver } from "./driver.ts";
import { createLeases } from "./leases.ts";
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
  const drizzle = drizzleOnSqlite(db);
  // Whose turn it was last. Forgotten with the process, which costs a counter one turn.
  sqlite.exec(
    "create temp table if not exists counter_turns (login_key text not null, counter_id integer not null, turn integer not null, primary key (login_key, counter_id)) without rowid",
  );
  return {
    installation,
    apiKeys: apiKeyQueries(drizzle),
    identity: identityQueries(drizzle, driver),
    credentials: credentialQueries(drizzle, driver),
    sources: sourceQueries(drizzle),
    sourceState: sourceStateQueries(drizzle),
    sourceHealth: sourceHealthQueries(drizzle),
    accounts: accountQueries(drizzle, driver),
    oauthApplication: oauthApplicationQueries(drizzle),
    oauthStates: oauthStateQueries(drizzle),
    counters: counterQueries(drizzle),
    users: userQueries(drizzle),
    members: memberQueries(drizzle, driver),
    workspaces: workspaceQueries(drizzle, driver),
    invitations: invitationQueries(drizzle, driver),
    setupCodes: setupCodeQueries(drizzle, driver),
    audit: auditQueries(drizzle),
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
    unidentifiedSales: createUnidentifiedSales(driver),
    planning: preparePlanning(sqlite, driver, seconds),
    uploads: createUploadStore(driver, function* () {}),
    runs: createRunStore(driver, function* () {}),
    rawIntakes: createRawIntakeStore(driver, function* () {}),
    deadLetters: createDeadLetters(driver),
    replays: createReplays(driver),
    withdrawals: createWithdrawals(driver),
    goals: goalQueries(drizzle),
    quota: createQuotaStore(driver),
    maintenance: createMaintenance(driver),
    sealedTexts: createSealedTexts(driver),
    leases: createLeases(),
    shared: null,
    async close() {
      close();
    },
  };
}
