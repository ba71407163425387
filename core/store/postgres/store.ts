import { type AnyColumn, type Placeholder, sql } from "drizzle-orm";
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
import * as schema from "../schema.postgres.ts";
import { createBatchStore } from "../sql/batches.ts";
import { createConversionStore } from "../sql/conversions.ts";
import { createDeadLetters } from "../sql/dead-letters.ts";
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
import { statement } from "../sql/work.ts";
import type { Founding, Store } from "../store.ts";
import { createIntake } from "./intake.ts";
import { pgLeases } from "./leases.ts";
import { createMaintenance } from "./maintenance.ts";
import { openPostgres, underMigrationLock } from "./open.ts";
import { withPlainErrors, withPlainParts } from "./plain-errors.ts";
import { preparePlanning } from "./planning.ts";
import { sourceBatches } from "./source-batches.ts";

/** Held to the end of the transaction. Numbers beside those of `open.ts` and `driver.ts`. */
const lockClaims = statement("select pg_advisory_xact_lock(7190002)");
const lockRawIntakes = statement("select pg_advisory_xact_lock(7190003)");
const lockRuns = statement("select pg_advisory_xact_lock(7190004)");

/**
 * The store on a PostgreSQL database, for any number of gateways.
 * @param options `connections`: the most that this gateway opens
 * @throws {DatabaseUnusableError} see `open.ts`
 */
export async function openPostgresStore(
  url: string,
  founding: Founding,
  options: { readonly connections?: number } = {},
): Promise<Store> {
  const { driver, db, shared, close } = await openPostgres(url, options.connections);
  const installation = await underMigrationLock(driver.sql, (tx) => driver.within(tx, foundInstallation(founding)));
  const drizzle = {
    db,
    tables: schema,
    // As an array, whose length is guessed at ten: of a query PostgreSQL would guess a hundred, and rather read all of a small table.
    isOneOf: (id: AnyColumn, list: Placeholder) =>
      sql`${id} = any (array(select value::bigint from gateway.json_each(${list})))`,
    // Equal to nothing: other gateways write all the time, and what concerns sources is told by `shared`.
    hasNumber: (json: AnyColumn, name: string, value: number) =>
      sql`${json} -> ${name}::text @> to_jsonb(${value}::bigint)`,
    changesElsewhere: async () => Number.NaN,
  };
  return {
    installation,
    apiKeys: withPlainErrors(apiKeyQueries(drizzle)),
    identity: withPlainParts(identityQueries(drizzle, driver)),
    credentials: withPlainErrors(credentialQueries(drizzle, driver)),
    sources: withPlainErrors(sourceQueries(drizzle)),
    sourceState: withPlainErrors(sourceStateQueries(drizzle)),
    sourceHealth: withPlainErrors(sourceHealthQueries(drizzle)),
    accounts: withPlainErrors(accountQueries(drizzle, driver)),
    oauthApplication: withPlainErrors(oauthApplicationQueries(drizzle)),
    oauthStates: withPlainErrors(oauthStateQueries(drizzle)),
    counters: withPlainErrors(counterQueries(drizzle)),
    users: withPlainErrors(userQueries(drizzle)),
    members: withPlainErrors(memberQueries(drizzle, driver)),
    workspaces: withPlainErrors(workspaceQueries(drizzle, driver)),
    invitations: withPlainErrors(invitationQueries(drizzle, driver)),
    setupCodes: withPlainErrors(setupCodeQueries(drizzle, driver)),
    audit: withPlainErrors(auditQueries(drizzle)),
    intake: createIntake(driver),
    batches: createBatchStore(driver, installation.uuid, sourceBatches),
    conversions: createConversionStore(driver, installation.uuid),
    matchRates: createMatchRateStore(driver),
    unidentifiedSales: createUnidentifiedSales(driver),
    planning: preparePlanning(driver),
    uploads: createUploadStore(driver, () => lockClaims.send()),
    runs: createRunStore(driver, () => lockRuns.send()),
    rawIntakes: createRawIntakeStore(driver, () => lockRawIntakes.send()),
    deadLetters: createDeadLetters(driver),
    replays: createReplays(driver),
    withdrawals: createWithdrawals(driver),
    goals: withPlainErrors(goalQueries(drizzle)),
    quota: createQuotaStore(driver),
    maintenance: createMaintenance(driver),
    sealedTexts: createSealedTexts(driver),
    leases: pgLeases(driver),
    shared,
    close,
  };
}
