import { isTimeZone } from "../conversion/date-time.ts";
import { type Cancelled, cancelRows, holdSource, releaseSource } from "../delivery/withdraw.ts";
import type { Language } from "../language.ts";
import type { MetrikaClient } from "../metrika/client.ts";
import type { SourceChange, SourceOptions, SourceRecord, Store, Withdrawn } from "../store/store.ts";
import type { Vault } from "../vault/vault.ts";
import type { SourceRegistry } from "./registry.ts";
import { type GrantedAccess, grantAccess, replaceAccess, type SourceAccess } from "./source-access.ts";
import { keptSecret, rotatedSecret, type SourceSecret } from "./source-secret.ts";

/** A source as it is asked for; null where the gateway is to choose. */
export interface NewSourceInput {
  readonly plugin: string;
  /** As the plugin's schema has it. */
  readonly config: SourceRecord["config"];
  /** What its senders prove themselves by. */
  readonly secret: SourceSecret;
  readonly name: string;
  readonly description: string | null;
  readonly counterId: number;
  readonly access: SourceAccess;
  readonly timeZone: string | null;
  readonly defaultCurrency: string | null;
  readonly language: Language;
  readonly options: SourceOptions;
}

/** What sources are managed with. */
export interface SourceManagerDeps {
  readonly store: Store;
  readonly metrika: MetrikaClient;
  readonly vault: Vault;
  readonly registry: SourceRegistry;
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
   * @throws {ProblemError} of an account that cannot be used with the counter, see `checkAccount`
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
   * what is not on its way is cancelled.
   */
  remove(source: SourceRecord, discard: boolean): Promise<void>;
  /** Cancels the rows of a batch or source that are not on their way yet; with `dryRun` only counts them. */
  cancel(of: Withdrawn, dryRun: boolean): Promise<Cancelled>;
}

/** Makes the manager of one process. */
export function createSourceManager(deps: SourceManagerDeps): SourceManager {
  const { store, vault, registry, now } = deps;

  return {
    async create(workspaceId, input) {
      const { counterId } = input;
      const access = await grantAccess(deps, { workspaceId, counterId }, input.access);
      const uuid = deps.newUuid();
      // Resolved once and stored: a zone that followed the counter would give a retried row another second.
      const ofCounter = access.timeZone !== null && isTimeZone(access.timeZone) ? access.timeZone : null;
      const source = await store.sources.create({
        uuid,
        workspaceId,
        plugin: input.plugin,
        name: input.name,
        description: input.description,
        counterId,
        credentialId: access.credentialId,
        config: input.config,
        sealedConfig: null,
        configVersion: 1,
        options: input.options,
        timeZone: input.timeZone ?? ofCounter ?? "Europe/Moscow",
        timeZoneFrom: input.timeZone !== null ? "request" : ofCounter !== null ? "counter" : "default",
        defaultCurrency: input.defaultCurrency ?? "RUB",
        defaultCurrencyFrom: input.defaultCurrency !== null ? "request" : "default",
        language: input.language,
        ...keptSecret(vault, uuid, input.secret),
        isActive: true,
        deliveryPaused: false,
        createdAt: now(),
        updatedAt: now(),
      });
      return { source, access };
    },

    async change(source, change) {
      const changed = await store.sources.update(source.id, change, now());
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
