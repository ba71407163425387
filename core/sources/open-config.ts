import * as v from "valibot";
import type { Localized, Params } from "../language.ts";
import { render } from "../language.ts";
import type { SourcePlugin } from "../plugin/contract.ts";
import type { SourceRecord } from "../store/store.ts";
import { configContext } from "../vault/secret-context.ts";
import { type Vault, VaultError } from "../vault/vault.ts";
import { type ConfigFields, isFields, putIn } from "./config-paths.ts";

/** Why a source cannot be used as it is stored, by stable code. None tells a value of the config. */
export const configSentences = {
  plugin_missing: {
    ru: "Источник «{name}» ({source}) ждёт: плагин {plugin} не загружен. Верните его в GATEWAY_PLUGINS или исправьте то, что говорит о нём GET /v1/plugins, и перезапустите шлюз; или удалите источник.",
    en: 'The source "{name}" ({source}) waits: its plugin {plugin} is not loaded. Put it back into GATEWAY_PLUGINS, or mend what GET /v1/plugins says of it, and start the gateway again; or delete the source.',
  },
  config_newer: {
    ru: "Источник «{name}» ({source}) ждёт: его настройки версии {stored}, а плагин {plugin} знает только версию {known}. Верните более новый плагин или сохраните настройки заново запросом PATCH /v1/sources/{source}.",
    en: 'The source "{name}" ({source}) waits: its config is of version {stored}, and the plugin {plugin} knows only version {known}. Put back the newer plugin, or save the config again by PATCH /v1/sources/{source}.',
  },
  config_not_migrated: {
    ru: "Источник «{name}» ({source}) ждёт: плагин {plugin} не смог перевести его настройки с версии {stored} на {known}. Сохраните настройки заново запросом PATCH /v1/sources/{source}.",
    en: 'The source "{name}" ({source}) waits: the plugin {plugin} could not bring its config from version {stored} to {known}. Save the config again by PATCH /v1/sources/{source}.',
  },
  config_field_missing: {
    ru: "Источник «{name}» ({source}) ждёт: плагину {plugin} нужно поле {field}, а в настройках его нет. Задайте его запросом PATCH /v1/sources/{source}.",
    en: 'The source "{name}" ({source}) waits: the plugin {plugin} needs the field {field}, which its config does not have. Set it by PATCH /v1/sources/{source}.',
  },
  config_field_unfit: {
    ru: "Источник «{name}» ({source}) ждёт: поле {field} его настроек не подходит плагину {plugin}. Исправьте его запросом PATCH /v1/sources/{source}.",
    en: 'The source "{name}" ({source}) waits: the field {field} of its config does not fit the plugin {plugin}. Mend it by PATCH /v1/sources/{source}.',
  },
  config_sealed: {
    ru: "Источник «{name}» ({source}) ждёт: секреты его настроек для плагина {plugin} не расшифровываются ключом шлюза. Задайте их заново запросом PATCH /v1/sources/{source}.",
    en: 'The source "{name}" ({source}) waits: the secrets of its config for the plugin {plugin} do not open with the gateway\'s key. Set them again by PATCH /v1/sources/{source}.',
  },
} as const satisfies Record<string, Localized>;

/** A stable code of {@link configSentences}. */
export type ConfigFaultCode = keyof typeof configSentences;

/** A config as its plugin wants it, or why there is none: then the source waits for a person. */
export type OpenedConfig =
  | { readonly ok: true; readonly config: unknown }
  | { readonly ok: false; readonly code: ConfigFaultCode; readonly reason: Localized };

/** Reads the config of a source; what was read lives as long as the record. */
export type OpenConfig = (source: SourceRecord) => OpenedConfig;

/**
 * Reads the configs of all sources. A record is replaced whole when it changes, so what was made of it lives as long as it does.
 * @param find the plugin of a name; null where none is listed
 */
export function createOpenConfig(vault: Pick<Vault, "open">, find: (name: string) => SourcePlugin | null): OpenConfig {
  const known = new WeakMap<SourceRecord, OpenedConfig>();
  return (source) => {
    let opened = known.get(source);
    if (opened === undefined) {
      opened = openConfig(vault, find(source.plugin), source);
      known.set(source, opened);
    }
    return opened;
  };
}

/** Puts the secrets into a stored config, brings it to the plugin's version and checks it by the plugin's schema. */
export function openConfig(
  vault: Pick<Vault, "open">,
  plugin: SourcePlugin | null,
  source: SourceRecord,
): OpenedConfig {
  const fault = (code: ConfigFaultCode, more: Params = {}): OpenedConfig => ({
    ok: false,
    code,
    reason: reasonOf(code, {
      ...{ name: source.name, source: source.uuid, stored: source.configVersion, known: plugin?.configVersion ?? 1 },
      plugin: plugin === null ? source.plugin : `${plugin.name} ${plugin.version}`,
      ...more,
    }),
  });
  if (plugin === null) return fault("plugin_missing");
  if (source.configVersion > (plugin.configVersion ?? 1)) return fault("config_newer");
  if (storedSecrets(vault, source) === null) return fault("config_sealed");
  const current = currentConfig(vault, plugin, source);
  if (current === null) return fault("config_not_migrated");
  const judged = judge(plugin, current);
  if ("config" in judged) return { ok: true, config: judged.config };
  const field = judged.field === "" ? "config" : `config.${judged.field}`;
  return fault(judged.isMissing ? "config_field_missing" : "config_field_unfit", { field });
}

const reasonOf = (code: ConfigFaultCode, params: Params): Localized => ({
  ru: render(configSentences[code], "ru", params),
  en: render(configSentences[code], "en", params),
});

/** The config in the plugin's version, not yet judged by its schema; null where it cannot be read or brought there. */
export function currentConfig(
  vault: Pick<Vault, "open">,
  plugin: SourcePlugin,
  source: SourceRecord,
): ConfigFields | null {
  const secrets = storedSecrets(vault, source);
  if (secrets === null || source.configVersion > (plugin.configVersion ?? 1)) return null;
  return migrated(plugin, putIn(source.config, secrets), source.configVersion);
}

/** The secrets of a stored config by their paths; null where they do not open. */
export function storedSecrets(
  vault: Pick<Vault, "open">,
  { uuid, sealedConfig }: Pick<SourceRecord, "uuid" | "sealedConfig">,
): ReadonlyMap<string, string> | null {
  if (sealedConfig === null) return new Map();
  try {
    return new Map(Object.entries(v.parse(Sealed, JSON.parse(vault.open(sealedConfig, configContext(uuid))))));
  } catch (error) {
    if (error instanceof VaultError) return null;
    throw error;
  }
}

/** What stands in `sources.sealed_config`. */
const Sealed = v.record(v.string(), v.string());

/** The config in the plugin's version; null where it cannot be brought there. */
function migrated(plugin: SourcePlugin, stored: ConfigFields, fromVersion: number): ConfigFields | null {
  if (fromVersion === (plugin.configVersion ?? 1) || !plugin.migrateConfig) return stored;
  try {
    const current = plugin.migrateConfig(stored, fromVersion);
    return isFields(current) ? current : null;
  } catch {
    // What it throws may tell a value, so that nobody hears more of it than that it was thrown.
    return null;
  }
}

type Judged = { readonly config: unknown } | { readonly field: string; readonly isMissing: boolean };

function judge(plugin: SourcePlugin, config: ConfigFields): Judged {
  try {
    const parsed = v.safeParse(plugin.config, config);
    if (parsed.success) return { config: parsed.output };
    const [issue] = parsed.issues;
    return { field: v.getDotPath(issue) ?? "", isMissing: issue.kind === "schema" && issue.input === undefined };
  } catch {
    // A check of the plugin's own that throws.
    return { field: "", isMissing: false };
  }
}
