import type { SourcePlugin } from "../plugin/contract.ts";
import { secretPaths } from "../plugin/secret.ts";

/** A plugin that is listed in the configuration. */
export interface ListedPlugin {
  readonly plugin: SourcePlugin;
  /** Where the secrets stand in its config, see `secretPaths`. */
  readonly secrets: readonly string[];
}

/** The plugins of a gateway. */
export interface PluginCatalogue {
  /** By name. */
  readonly list: readonly ListedPlugin[];
  find(name: string): ListedPlugin | null;
}

/** A plugin that the gateway cannot work with; the message names it and says why. */
export class PluginUnfitError extends Error {
  override readonly name = "PluginUnfitError";
}

/** @throws {PluginUnfitError} for two plugins of one name, and for secrets in places where they could be missed */
export function createPluginCatalogue(plugins: readonly SourcePlugin[]): PluginCatalogue {
  const known = new Map<string, ListedPlugin>();
  for (const plugin of plugins) {
    if (known.has(plugin.name)) throw new PluginUnfitError(`Two plugins are named "${plugin.name}".`);
    known.set(plugin.name, { plugin, secrets: secretsOf(plugin) });
  }
  return {
    list: [...known.values()].toSorted((a, b) => (a.plugin.name < b.plugin.name ? -1 : 1)),
    find: (name) => known.get(name) ?? null,
  };
}

function secretsOf({ name, version, config }: SourcePlugin): readonly string[] {
  try {
    return secretPaths(config);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PluginUnfitError(`The config of the plugin ${name} ${version} cannot be kept: ${why}`, { cause });
  }
}
