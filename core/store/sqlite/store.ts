import { installation, workspaces } from "../schema.sqlite.ts";
import { discardBatch } from "../sql/discard-batch.ts";
import type { Founding, Installation, Store } from "../store.ts";
import { apiKeyQueries, credentialQueries, goalQueries, sourceQueries } from "./accounts.ts";
import { prepareBatches } from "./batches.ts";
import { prepareIntake } from "./commit-intake.ts";
import { prepareConversions } from "./conversions.ts";
import { prepareDeadLetters } from "./dead-letters.ts";
import { createSqliteDriver } from "./driver.ts";
import { prepareMaintenance } from "./maintenance.ts";
import { prepareMatchRates } from "./match-rates.ts";
import { type Db, openSqlite } from "./open.ts";
import { preparePlanning } from "./planning.ts";
import { prepareQuota } from "./quota.ts";
import { prepareReplays } from "./replays.ts";
import { type ResumedCopy, resumeRestored } from "./resume-restored.ts";
import { prepareSeconds } from "./same-second.ts";
import { prepareUploads } from "./uploads.ts";
import { prepareWithdrawals } from "./withdrawals.ts";

/**
 * The store on one SQLite file, for one process.
 * @param onRestored is told when the database turns out to be a restored copy
 * @throws {DatabaseInUseError} {DatabaseUnusableError} see `open.ts`
 */
export function openSqliteStore(path: string, founding: Founding, onRestored?: (resumed: ResumedCopy) => void): Store {
  const { sqlite, db, close } = openSqlite(path);
  const resumed = resumeRestored(sqlite, founding.now);
  if (resumed) onRestored?.(resumed);
  const intake = prepareIntake(sqlite);
  const seconds = prepareSeconds(sqlite);
  const driver = createSqliteDriver(sqlite);
  const idempotent = sqlite.prepare<{ bodyHash: string; batchId: number }, [number, string, number]>(
    "select body_hash as bodyHash, batch_id as batchId from idempotency where source_id = ? and key = ? and expires_at > ?",
  );
  const installation = found(db, founding);
  return {
    installation,
    apiKeys: apiKeyQueries(db),
    credentials: credentialQueries(db),
    sources: sourceQueries(db),
    intake: {
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
    batches: prepareBatches(sqlite, installation.uuid),
    conversions: prepareConversions(sqlite, installation.uuid),
    matchRates: prepareMatchRates(sqlite),
    planning: preparePlanning(sqlite, seconds),
    uploads: prepareUploads(sqlite, db),
    deadLetters: prepareDeadLetters(sqlite),
    replays: prepareReplays(sqlite, db, seconds),
    withdrawals: prepareWithdrawals(sqlite, seconds),
    goals: goalQueries(db),
    quota: prepareQuota(sqlite),
    maintenance: prepareMaintenance(sqlite, driver),
    shared: null,
    async close() {
      close();
    },
  };
}

function found(db: Db, founding: Founding): Installation {
  const known = db.select().from(installation).get();
  if (!known) {
    const { uuid, vaultCheck, workspaceUuid, now } = founding;
    db.insert(workspaces).values({ uuid: workspaceUuid, name: "default", createdAt: now }).onConflictDoNothing().run();
    db.insert(installation).values({ id: 1, uuid, vaultCheck, createdAt: now }).run();
  }
  const { uuid, vaultCheck } = known ?? founding;
  const workspace = db.select({ id: workspaces.id }).from(workspaces).orderBy(workspaces.id).limit(1).get();
  return { uuid, vaultCheck, workspaceId: workspace?.id ?? 1 };
}
