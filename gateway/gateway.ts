import { getLogger } from "@logtape/logtape";
import type { SetupCodes } from "../core/accounts/setup-code.ts";
import { type Audit, createAudit, NO_ORIGIN, OPERATOR } from "../core/audit/audit.ts";
import type { DeliveryDeps } from "../core/delivery/deps.ts";
import { prepareFilesFolder } from "../core/delivery/files-folder.ts";
import { createHousekeeping } from "../core/delivery/housekeeping.ts";
import { createLoginPlans } from "../core/delivery/login-plans.ts";
import { createRequestBudget } from "../core/delivery/request-budget.ts";
import { type DeliveryRules, defaultRules, firstReadBackMs } from "../core/delivery/rules.ts";
import { createWorker, type Worker } from "../core/delivery/worker.ts";
import { createExpressions } from "../core/expressions/expressions.ts";
import { createAccept } from "../core/intake/accept.ts";
import { createCommitter } from "../core/intake/committer.ts";
import { createHalfWritten } from "../core/intake/half-written.ts";
import { createKnownTargets } from "../core/intake/known-targets.ts";
import { createMetrikaClient, type MetrikaClient } from "../core/metrika/client.ts";
import { type Clock, systemClock } from "../core/metrika/clock.ts";
import type { BeforeRequest, Fetch } from "../core/metrika/http.ts";
import { createRateLimiter } from "../core/metrika/rate-limit.ts";
import type { SourcePlugin } from "../core/plugin/contract.ts";
import type { SourceFetch } from "../core/plugin/source-context.ts";
import { createRotation, type KeyFile, SETTLING_MS } from "../core/rotation/rotation.ts";
import type { WorkLoop } from "../core/sources/calls/work-loop.ts";
import type { ContextDeps } from "../core/sources/context.ts";
import { createSourceManager, type SourceManager } from "../core/sources/manage-sources.ts";
import { createOpenConfig } from "../core/sources/open-config.ts";
import { createPluginCatalogue } from "../core/sources/plugin-catalogue.ts";
import { createKeepRawIntake } from "../core/sources/raw-intakes/keep-raw-intake.ts";
import { createRawIntakeWorker, lapsedBefore } from "../core/sources/raw-intakes/raw-intake-worker.ts";
import { releaseKept } from "../core/sources/raw-intakes/release-kept.ts";
import { defaultRawIntakeRules, type RawIntakeRules } from "../core/sources/raw-intakes/rules.ts";
import { createSourceRegistry } from "../core/sources/registry.ts";
import { defaultRunRules, type RunRules } from "../core/sources/runs/rules.ts";
import { createRunWorker, lapsedRuns, type RunWorker } from "../core/sources/runs/run-worker.ts";
import type { ResumedCopy } from "../core/store/sqlite/resume-restored.ts";
import { openSqliteStore } from "../core/store/sqlite/store.ts";
import type { Founding, SourceRecord, Store } from "../core/store/store.ts";
import { newSecret } from "../core/vault/secrets.ts";
import { createVault, type MasterVault } from "../core/vault/vault.ts";
import packageJson from "../package.json" with { type: "json" };
import { wireAccounts } from "./accounts.ts";
import { createGatewayApp } from "./app.ts";
import { breathe, nextTurn } from "./breathe.ts";
import type { Config } from "./config.ts";
import type { createApp } from "./http/app-defaults.ts";
import { createBodyBudget } from "./http/body-budget.ts";
import { parseFormBody } from "./http/read-form.ts";
import { decodeUtf8 } from "./http/utf8.ts";
import { startMaintenance } from "./maintenance.ts";
import { adoptInstallation, findMasterKeys } from "./master-key.ts";
import { createOutgoing } from "./outgoing.ts";
import { wirePeople } from "./people.ts";
import { type LoadedPlugins, loadPlugins } from "./plugins/load-plugins.ts";
import { explainPluginFailure, type PluginFailure } from "./plugins/plugin-failure.ts";
import { createRouteBook } from "./route-book.ts";

/** What a gateway is made with besides its configuration; tests and the demo replace the network, the clock and delays. */
export interface GatewayOptions {
  readonly fetch?: Fetch;
  readonly now?: () => number;
  readonly random?: () => number;
  /** Wakes whatever waits for Metrika; default: the machine's timers. */
  readonly clock?: Clock;
  readonly rules?: Partial<DeliveryRules>;
  readonly rawIntakeRules?: Partial<RawIntakeRules>;
  readonly runRules?: Partial<RunRules>;
  /** What plugins ask the world with, in place of the guarded fetch. */
  readonly pluginFetch?: SourceFetch;
  /** In place of those that the configuration names. */
  readonly plugins?: readonly SourcePlugin[];
  /** In place of the key of the environment or the key file. */
  readonly masterKey?: Uint8Array;
  /** How long a change of the master key waits for requests under way; default: {@link SETTLING_MS}. */
  readonly settlingMs?: number;
}

/** A composed gateway that does not listen yet: everything but the port. */
export interface Gateway {
  readonly app: ReturnType<typeof createApp>;
  readonly store: Store;
  readonly worker: Worker;
  readonly rawIntakes: WorkLoop;
  readonly runs: RunWorker;
  readonly sources: SourceManager;
  /** A secret of this run with which the operator's commands are authorised. */
  readonly operatorToken: string;
  readonly setupCodes: SetupCodes;
  /** Stops the workers (aborting what lasts longer than the grace) and closes the store. */
  close(graceMs?: number): Promise<void>;
  /** From now on `/readyz` says no. */
  drain(): void;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** How long the content of refused rows can be read. */
const REJECTED_KEPT_MS = 30 * DAY_MS;
const MOST_QUEUED_ROWS = 200_000;
/** Bodies of the greatest size that may be on their way at once. */
const LARGE_BODIES_AT_ONCE = 4;

/**
 * Opens the database and wires the parts together.
 * @throws {MasterKeyError} {DatabaseInUseError} {DatabaseUnusableError} {PluginUnfitError} with a message for the operator
 */
export async function composeGateway(config: Config, options: GatewayOptions = {}): Promise<Gateway> {
  const { plugins, notLoaded } = await pluginsOf(config, options);
  const { masterKey } = options;
  const { keys, keyFile } = masterKey ? { keys: { current: masterKey }, keyFile: null } : await findMasterKeys(config);
  const vault = createVault(keys);
  const founding = {
    uuid: crypto.randomUUID(),
    workspaceUuid: Bun.randomUUIDv7("hex", (options.now ?? Date.now)()),
    vaultCheck: vault.check(),
    now: (options.now ?? Date.now)(),
  };
  const restored: ResumedCopy[] = [];
  const store = await openStore(config, founding, (copy) => restored.push(copy));
  // Where several gateways share a database they go by its clock: a lease must end at the same instant for all of them.
  const now = options.now ?? store.shared?.now ?? Date.now;
  const newUuid = () => Bun.randomUUIDv7("hex", now());
  try {
    for (const copy of restored) await tellOfRestore(createAudit(store.audit, newUuid, now), copy);
    adoptInstallation(vault, store.installation);
    if (store.shared === null) await clearUpAfterDeath(store, now(), config, options);
    const pluginsInUse = await store.sources.pluginsInUse();
    return wire(config, options, { plugins, notLoaded, pluginsInUse, store, vault, keyFile, now, newUuid });
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The plugins of the configuration. One that cannot be loaded is told, and its sources wait for a person. */
async function pluginsOf(config: Config, { plugins }: GatewayOptions): Promise<LoadedPlugins> {
  if (plugins !== undefined) return { plugins, notLoaded: [] };
  const loaded = await loadPlugins(config.plugins, process.cwd());
  const log = getLogger(["metrika-gateway", "plugins"]);
  for (const failure of loaded.notLoaded)
    log.error("{reason}", { plugin: failure.listed, code: failure.code, reason: explainPluginFailure(failure, "en") });
  return loaded;
}

/** The store of the configuration's database; what serves PostgreSQL is loaded only for it. */
async function openStore(
  { database }: Config,
  founding: Founding,
  onRestored: (copy: ResumedCopy) => void,
): Promise<Store> {
  if (database.kind === "sqlite") return openSqliteStore(database.file, founding, onRestored);
  const { openPostgresStore } = await import("../core/store/postgres/store.ts");
  return openPostgresStore(database.url, founding);
}

/** Only the operator can put a copy in place, which no gateway sees. */
async function tellOfRestore(audit: Audit, { madeAt: instant, lookedUp, renamed }: ResumedCopy): Promise<void> {
  const madeAt = new Date(instant).toISOString();
  getLogger(["metrika-gateway"]).warn(
    "The database is a copy made at {madeAt}: {lookedUp} files are looked up at Metrika before they are sent, {renamed} that were filling go on under new ids",
    { madeAt, lookedUp, renamed },
  );
  await audit.record({
    ...{ action: "backup.restored", workspaceId: null, actor: OPERATOR, origin: NO_ORIGIN },
    target: { kind: "database", id: null, name: null },
    ...{ before: null, after: { made_at: madeAt, looked_up: lookedUp, renamed } },
  });
}

/** No other process lives beside this one: every claim, and every batch half written, is one of a process that died. */
async function clearUpAfterDeath(store: Store, now: number, config: Config, options: GatewayOptions): Promise<void> {
  const rules = rulesOf(config, options);
  const rawIntakeRules = rawIntakeRulesOf(config, options);
  await store.rawIntakes.freeLapsed(lapsedBefore(Number.MAX_SAFE_INTEGER, now, rawIntakeRules));
  await store.runs.freeLapsed(lapsedRuns(Number.MAX_SAFE_INTEGER, now, runRulesOf(options)));
  await store.maintenance.removeUnsealed(Number.MAX_SAFE_INTEGER);
  await store.uploads.releaseClaims({
    leasesBefore: Number.MAX_SAFE_INTEGER,
    now,
    firstReadBackMs: firstReadBackMs(rules),
  });
}

interface Parts {
  readonly plugins: readonly SourcePlugin[];
  readonly notLoaded: readonly PluginFailure[];
  readonly pluginsInUse: readonly string[];
  readonly store: Store;
  readonly vault: MasterVault;
  readonly keyFile: KeyFile | null;
  readonly now: () => number;
  readonly newUuid: () => string;
}

function wire(config: Config, options: GatewayOptions, parts: Parts): Gateway {
  const { plugins, notLoaded, pluginsInUse, store, vault, keyFile, now, newUuid } = parts;
  const rules = rulesOf(config, options);
  const metrika = connectMetrika(config, options, createRequestBudget(store.quota, rules, now));
  const plans = createLoginPlans(store.quota, rules, now);
  const housekeeping = createHousekeeping(store.leases, crypto.randomUUID());
  const delivery: DeliveryDeps = {
    store,
    metrika,
    vault,
    housekeeping,
    rules,
    plans,
    log: getLogger(["metrika-gateway", "delivery"]),
    filesFolder: prepareFilesFolder(`${config.dataFolder}/uploads`),
    now,
    random: options.random ?? Math.random,
    newUuid,
    breathe: config.role === "worker" ? nextTurn : breathe,
  };
  const { refresh, ...accounts } = wireAccounts(config, options.fetch, { store, vault, metrika, now, newUuid });
  const worker = createWorker(delivery, { tickMs: Math.min(1000, rules.pollMs), wakeMs: 50 }, [refresh]);
  const catalogue = createPluginCatalogue(plugins);
  const openConfig = createOpenConfig(vault, (name) => catalogue.find(name)?.plugin ?? null);
  const registry = createSourceRegistry(store.sources, now);
  const committer = createCommitter(store.intake, MOST_QUEUED_ROWS, () => worker.wake());
  const targets = createKnownTargets(store.goals, now);
  const halfWritten = createHalfWritten(store.intake);
  const rejectedKeptMs = REJECTED_KEPT_MS;
  const accept = createAccept({ store, committer, vault, targets, halfWritten, now, newUuid, rejectedKeptMs });
  const expressions = createExpressions();
  const contexts: ContextDeps = {
    store,
    accept,
    vault,
    fetch: options.pluginFetch ?? createOutgoing(config),
    expressions,
    now,
  };
  const rawIntakeRules = rawIntakeRulesOf(config, options);
  const rawIntakes = createRawIntakeWorker({
    ...contexts,
    ...{ catalogue, openConfig, newUuid, breathe: delivery.breathe, random: delivery.random, rules: rawIntakeRules },
    read: { text: decodeUtf8, form: parseFormBody },
    after: (options.clock ?? systemClock).after,
  });
  const runs = createRunWorker({
    ...contexts,
    ...{ catalogue, openConfig, housekeeping, newUuid, breathe: delivery.breathe, random: delivery.random },
    ...{ rules: runRulesOf(options), after: (options.clock ?? systemClock).after },
  });
  const keepRawIntake = createKeepRawIntake({
    ...{ store, vault, openConfig, now, newUuid, rules: rawIntakeRules },
    onWaiting: rawIntakes.wake,
  });
  async function release(source: SourceRecord): Promise<void> {
    if ((await releaseKept({ store, openConfig, now, breathe: delivery.breathe }, source)) > 0) rawIntakes.wake();
  }
  const sources = createSourceManager({
    ...{ store, metrika, vault, registry, catalogue, now, newUuid, breathe },
    onChanged: release,
  });
  const operatorToken = newSecret();
  const people = wirePeople(config, options.fetch, { store, vault, operatorToken, now, newUuid });
  const limits = {
    maxBytes: config.maxRequestBytes,
    timeoutMs: config.requestTimeoutSeconds * 1000,
    budget: createBodyBudget(LARGE_BODIES_AT_ONCE * config.maxRequestBytes),
  };
  const routeBook = createRouteBook();
  let ready = true;
  const app = createGatewayApp({
    plugins,
    role: config.role,
    identity: people.identity,
    missingPlugins: pluginsInUse.filter((name) => catalogue.find(name) === null),
    sourceRouter: {
      ...contexts,
      registry,
      openConfig,
      keepRawIntake,
      routeBook,
      authorize: people.access.authorize,
      limits: { ...limits, maxConversions: config.maxRequestConversions },
    },
    routes: {
      store,
      vault,
      metrika,
      rules,
      plans,
      sources,
      catalogue,
      notLoaded,
      openConfig,
      routeBook,
      contexts,
      runs,
      ...accounts,
      ...people.access,
      apiKeys: people.apiKeys,
      memberships: people.memberships,
      setupCodes: people.setupCodes,
      audit: people.audit,
      signUp: config.signUp,
      wakeRawIntakes: rawIntakes.wake,
      publicUrl: config.publicUrl,
      limits,
      now,
      newUuid,
      breathe,
    },
    rotation: createRotation({
      ...{ texts: store.sealedTexts, vault, keyFile, now, breathe: delivery.breathe },
      settlingMs: options.settlingMs ?? SETTLING_MS,
      onResealed: registry.forgetAll,
    }),
    trustedProxies: config.trustedProxies,
    isReady: () => ready,
  });
  store.shared?.onChange(({ of, id }) => {
    if (of === "sources") registry.forget(id);
  });
  // The last of all: once it runs, only close() ends it.
  const maintenance = startMaintenance(
    { store: store.maintenance, halfWritten, housekeeping, now },
    config.retentionDays * DAY_MS,
  );
  return {
    app,
    store,
    worker,
    rawIntakes,
    runs,
    sources,
    operatorToken,
    setupCodes: people.setupCodes,
    drain() {
      ready = false;
    },
    async close(graceMs = 5000) {
      ready = false;
      maintenance.stop();
      await Promise.all([rawIntakes.stop(graceMs), runs.stop(graceMs), worker.stop(graceMs)]);
      expressions.close();
      await people.identity?.close();
      await store.close();
    },
  };
}

function connectMetrika(config: Config, options: GatewayOptions, beforeRequest: BeforeRequest): MetrikaClient {
  const timing = options.clock === undefined ? {} : { clock: options.clock };
  // Two of a login's three places are for files, which all gateways count together; one is left for all else that a gateway asks.
  const othersAtOnce = config.database.kind === "postgres" ? { parallelOthersPerKey: 1 } : {};
  return createMetrikaClient({
    apiUrl: config.metrikaApiUrl,
    loginUrl: config.yandexLoginUrl,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    userAgent: `metrika-gateway/${packageJson.version}`,
    limiter: createRateLimiter({ requestsPerSecond: config.metrikaRps, ...othersAtOnce, ...timing }),
    beforeRequest,
    ...timing,
  });
}

const runRulesOf = ({ runRules }: GatewayOptions): RunRules => ({ ...defaultRunRules, ...runRules });

function rawIntakeRulesOf(config: Config, { rawIntakeRules }: GatewayOptions): RawIntakeRules {
  return { ...defaultRawIntakeRules, keptMs: config.rawIntakeHours * HOUR_MS, ...rawIntakeRules };
}

function rulesOf(config: Config, options: GatewayOptions): DeliveryRules {
  return {
    ...defaultRules,
    lingerMs: config.uploadLingerSeconds * 1000,
    maxRows: config.uploadMaxRows,
    pollMs: config.pollIntervalSeconds * 1000,
    readBackMs: config.readBackSeconds.map((seconds) => seconds * 1000),
    goalRecheckMs: config.goalRecheckSeconds * 1000,
    dailyRequests: config.metrikaDailyRequests,
    ...options.rules,
  };
}
