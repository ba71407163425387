import type { SourceRecord } from "../store/store.ts";
import { configContext } from "../vault/secret-context.ts";
import type { Vault } from "../vault/vault.ts";
import { type ByPath, type ConfigFields, isFields, putIn, takeOut } from "./config-paths.ts";
import { currentConfig, storedSecrets } from "./open-config.ts";
import type { ListedPlugin } from "./plugin-catalogue.ts";

/** A config as it is stored: its secrets sealed, apart from the rest. */
export type KeptConfig = Pick<SourceRecord, "config" | "sealedConfig" | "configVersion">;

/** @param whole as its owner gave it, secrets and all; it fits the plugin's schema */
export function keptConfig(
  vault: Pick<Vault, "seal">,
  uuid: string,
  { plugin, secrets }: ListedPlugin,
  whole: ConfigFields,
): KeptConfig {
  const { rest, taken } = takeOut(whole, secrets);
  // What is no text is the schema's word for none.
  const texts = [...taken].filter(([, value]) => typeof value === "string");
  const others = [...taken].filter(([, value]) => typeof value !== "string");
  const sealed = texts.length === 0 ? null : JSON.stringify(Object.fromEntries(texts));
  return {
    config: putIn(rest, new Map(others)),
    sealedConfig: sealed === null ? null : vault.seal(sealed, configContext(uuid)),
    configVersion: plugin.configVersion ?? 1,
  };
}

/** A config as its owner may see it. */
export interface ShownConfig {
  /** In the plugin's version where it can be brought there, without secrets. */
  readonly config: ConfigFields;
  readonly configVersion: number;
  /** The paths of the secrets that have a value. */
  readonly secretsSet: readonly string[];
}

/**
 * @param listed the source's plugin as it is now, which may call a secret what was none when the config was stored; null where
 *   none is listed
 */
export function shownConfig(
  vault: Pick<Vault, "open">,
  source: SourceRecord,
  listed: ListedPlugin | null,
): ShownConfig {
  const stored = storedSecrets(vault, source) ?? new Map<string, string>();
  const current = listed && currentConfig(vault, listed.plugin, source);
  const { rest, taken } = takeOut(current ?? source.config, listed?.secrets ?? []);
  const texts = [...taken].filter(([, value]) => typeof value === "string");
  const others = [...taken].filter(([, value]) => typeof value !== "string");
  return {
    // A migration may have put a secret where the schema has none.
    config: withoutValues(putIn(rest, new Map(others)), [...stored.values()]),
    configVersion: current && listed ? (listed.plugin.configVersion ?? 1) : source.configVersion,
    secretsSet: [...new Set([...texts.map(([path]) => path), ...(current ? [] : stored.keys())])].toSorted(),
  };
}

/** The secrets that a source has now, by the paths of its plugin's schema; those of before where the config cannot be brought there. */
export function currentSecrets(vault: Pick<Vault, "open">, source: SourceRecord, listed: ListedPlugin): ByPath {
  const current = currentConfig(vault, listed.plugin, source);
  const whole = current ?? putIn(source.config, storedSecrets(vault, source) ?? new Map());
  return takeOut(whole, listed.secrets).taken;
}

/** The fields that hold none of these texts, however deep. */
function withoutValues(fields: ConfigFields, secrets: readonly string[]): ConfigFields {
  const isClean = (value: unknown) => typeof value !== "string" || !secrets.some((secret) => value.includes(secret));
  const clean = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.filter(isClean).map(clean);
    return isFields(value) ? withoutValues(value, secrets) : value;
  };
  const kept = Object.entries(fields).filter(([, value]) => isClean(value));
  return Object.fromEntries(kept.map(([name, value]) => [name, clean(value)]));
}
