import { isTimeZone } from "../conversion/date-time.ts";
import { type Cancelled, cancelRows, holdSource, releaseSource } from "../delivery/withdraw.ts";
import type { Language } from "../language.ts";
import type { MetrikaClient } from "../metrika/client.ts";
import { ProblemError } from "../plugin/problem.ts";
import type { SourceChange, SourceOptions, SourceRecord, Store, Withdrawn } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";
import type { ConfigFields } from "./config-paths.ts";
import { keptConfig } from "./kept-config.ts";
import type { PluginCatalogue } from "./plugin-catalogue.ts";
import { reasonOf } from "./raw-intakes/outcome.ts";
import type { SourceRegistry } from "./registry.ts";
import { nextRunAt } from "./schedule.ts";
import { type GrantedAccess, grantAccess, replaceAccess, type SourceAccess } from "./source-access.ts";
import { keptSecret, rotatedSecret, type SourceSecret } from "./source-secret.ts";

/** A source as it is asked for; null where the gateway is to choose. */
export interface NewSourceInput {
  readonly plugin: string;
  /** As its owner gave it, secrets and all; it fits the plugin's schema. */
  readonly config: ConfigFields;
  /** What its senders prove themselves by; null: there are none, or the secret is still to be told. */
  readonly secret: SourceSecret | null;
  readonly name: string;
  readonly description: string | null;
  readonly counterId: number;
  readonly access: SourceAccess;
  readonly timeZone: string | null;
  readonly defaultCurrency: string | null;
  readonly language: Language;
  readonly options: SourceOptions;
  /** See {@link SourceRecord.schedule}. */
  readonly schedule?: string | null;
}

/** What sources are managed with. */
export interface SourceManagerDeps {
  readonly store: Store;
  readonly metrika: MetrikaClient;
  readonly vault: Vault;
  readonly registry: SourceRegistry;
  readonly catalogue: PluginCatalogue;
  readonly now: () => number;
  readonly newUuid: () => string;
  /** Lets the event loop serve others, see `DeliveryDeps`. */
  readonly breathe: (since: number) => Promise<void>;
  /** Told of each source that was changed, as it is now: one that was enabled or mended goes on with what was kept of it. */
  readonly onChanged: (source: SourceRecord) => Promise<void>;
}

/** Sources as people make and change them. */
export interface SourceManager {
  /**
   * Makes a source.
   * @throws {ProblemError} `plugin_unlisted`; of an account that cannot be used with the counter, see `checkAccount`
   */
  create(
    workspaceId: number,
    input: NewSourceInput,
  ): Promise<{ readonly source: SourceRecord; readonly access: GrantedAccess }>;
  /**
   * When it pauses delivery, the rows are taken out of the files that are not on their way before it resolves; when it resumes
   * it, they are given back to the planner.
   */
  change(source: SourceRecord, change: SourceChange): Promise<SourceRecord>;
  /**
   * Prepares another access, see `replaceAccess`: the source uses it when it is changed to the credential that is told.
   * @throws {ProblemError} as `create` does
   */
  replaceAccess(source: SourceRecord, access: SourceAccess): Promise<GrantedAccess>;
  /** A new secret; the old one stays valid for a day, so that a sender can be changed without loss. */
  rotateSecret(source: SourceRecord, secret: SourceSecret): Promise<{ previousValidUntil: number }>;
  /**
   * What was accepted is still delivered, paused or not, since nobody can resume a deleted source; unless `discard`: then
   * what is not on its way is cancelled, requests that wait to be handled included.
   */
  remove(source: SourceRecord, discard: boolean): Promise<void>;
  /** Cancels the rows of a batch or source that are not on their way yet; with `dryRun` only counts them. */
  cancel(of: Withdrawn, dryRun: boolean): Promise<Cancelled>;
}

const NO_SECRET = { secretHash: null, sealedSecret: null } as const;

const cronOf = (catalogue: PluginCatalogue, plugin: string): string | null =>
  catalogue.find(plugin)?.plugin.schedule?.defaultCron ?? null;

/** Makes the manager of one process. */
export function createSourceManager(deps: SourceManagerDeps): SourceManager {
  const { store, vault, registry, catalogue, now } = deps;

  /** Reckoned anew only where the clock is concerned: any other change would put off what is due. */
  function dueAnew(source: SourceRecord, change: SourceChange): Pick<SourceChange, "nextRunAt"> {
    const { schedule, timeZone, isActive } = change;
    if (schedule === undefined && timeZone === undefined && isActive === undefined) return {};
    // Without its plugin nobody knows when it would be due; it stays so until the plugin is back.
    if (isActive !== false && catalogue.find(source.plugin) === null) return {};
    return { nextRunAt: nextRunAt({ ...source, ...change }, cronOf(catalogue, source.plugin), now()) };
  }

  return {
    async create(workspaceId, input) {
      const { counterId, schedule = null } = input;
      const listed = catalogue.find(input.plugin);
      if (listed === null) throw new ProblemError("plugin_unlisted", { plugin: input.plugin });
      const access = await grantAccess(deps, { workspaceId, counterId }, input.access);
      const uuid = deps.newUuid();
      // Resolved once and stored: a zone that followed the counter would give a retried row another second.
      const ofCounter = access.timeZone !== null && isTimeZone(access.timeZone) ? access.timeZone : null;
      const timeZone = input.timeZone ?? ofCounter ?? "Europe/Moscow";
      const due = { uuid, schedule, timeZone, isActive: true };
      const source = await store.sources.create({
        uuid,
        workspaceId,
        plugin: input.plugin,
        name: input.name,
        description: input.description,
        counterId,
        credentialId: access.credentialId,
        ...keptConfig(vault, uuid, listed, input.config),
        options: input.options,
        timeZone,
        timeZoneFrom: input.timeZone !== null ? "request" : ofCounter !== null ? "counter" : "default",
        defaultCurrency: input.defaultCurrency ?? "RUB",
        defaultCurrencyFrom: input.defaultCurrency !== null ? "request" : "default",
        language: input.language,
        ...(input.secret === null ? NO_SECRET : keptSecret(vault, uuid, input.secret)),
        isActive: true,
        deliveryPaused: false,
        schedule,
        nextRunAt: nextRunAt(due, cronOf(catalogue, input.plugin), now()),
        createdAt: now(),
        updatedAt: now(),
      });
      return { source, access };
    },

    async change(source, change) {
      const changed = await store.sources.update(source.id, { ...change, ...dueAnew(source, change) }, now());
      registry.forget(source.uuid);
      if (change.deliveryPaused === true) await holdSource(deps, source.id);
      if (change.deliveryPaused === false) await releaseSource(deps, source.id);
      await deps.onChanged(changed);
      return changed;
    },

    replaceAccess: (source, access) => replaceAccess(deps, source, access),

    async rotateSecret(source, secret) {
      const rotated = rotatedSecret(vault, source, secret, now());
      await this.change(source, rotated);
      return { previousValidUntil: rotated.previousSecretExpiresAt };
    },

    async remove(source, discard) {
      if (discard) {
        // Deleted last: what a crash interrupts can then be asked for again, while a deleted webhook is found no more.
        await this.change(source, { isActive: false });
        const given = { errorCode: "source_discarded", error: reasonOf("source_discarded") };
        await store.rawIntakes.giveUp(source.id, { ...given, expiresAt: now(), now: now() });
        await cancelRows(deps, { sourceId: source.id }, false);
      }
      await store.sources.remove(source.id, now());
      registry.forget(source.uuid);
      await releaseSource(deps, source.id);
    },

    async cancel(of, dryRun) {
      return cancelRows(deps, of, dryRun);
    },
  };
}
