import { closest } from "fastest-levenshtein";
import type { SourcePlugin } from "../../core/plugin/contract.ts";
import { bundled } from "../plugins.ts";
import { checkMembers, withoutStop } from "./check-members.ts";
import { type Claims, checkRoutes, type Taken } from "./check-routes.ts";
import { findModule, isFolder } from "./find-module.ts";
import { faultOf, type PluginFailure } from "./plugin-failure.ts";
import { provideContract } from "./provide-contract.ts";

/** Stands for every bundled plugin. */
const ALL = "bundled";

/** The plugins that a gateway works with, and those that it was told of in vain. */
export interface LoadedPlugins {
  readonly plugins: readonly SourcePlugin[];
  readonly notLoaded: readonly PluginFailure[];
}

/**
 * Loads the listed plugins in their order. What fails is told and left out: neither the others nor the start suffer from it, and sources
 * of it wait for a person.
 * @param listed bundled names, packages, and folders (with a slash); `bundled` stands for every bundled one
 * @param cwd where folders begin and packages are looked for
 */
export async function loadPlugins(listed: readonly string[], cwd: string): Promise<LoadedPlugins> {
  const plugins: SourcePlugin[] = [];
  const notLoaded: PluginFailure[] = [];
  const basePaths = new Map<string, string>();
  const operationIds = new Map<string, string>();
  for (const name of new Set(listed.flatMap((it) => (it === ALL ? Object.keys(bundled) : [it])))) {
    const found = await importPlugin(name, cwd);
    const judged = "code" in found ? found : judge(name, found.exported, plugins, { basePaths, operationIds });
    if ("code" in judged) {
      notLoaded.push(judged);
      continue;
    }
    const { plugin, claims } = judged;
    plugins.push(plugin);
    basePaths.set(claims.basePath, plugin.name);
    for (const id of claims.operationIds) operationIds.set(id, plugin.name);
  }
  return { plugins, notLoaded };
}

async function importPlugin(listed: string, cwd: string): Promise<{ readonly exported: unknown } | PluginFailure> {
  if (Object.hasOwn(bundled, listed)) return { exported: bundled[listed as keyof typeof bundled] };
  const file = findModule(listed, cwd);
  if (file === null) return notFound(listed);
  provideContract();
  try {
    const module: object = await import(file);
    return { exported: Reflect.get(module, "default") };
  } catch (error) {
    const problem = { ru: "импорт {file} бросает: {why}", en: "importing {file} throws: {why}" };
    const mend = {
      ru: "Исправьте модуль или установите то, чего ему не хватает",
      en: "Mend the module, or install what it lacks",
    };
    const fault = faultOf("", problem, mend, { file, why: withoutStop(error) });
    return { listed, name: null, code: "plugin_not_imported", faults: [fault] };
  }
}

function notFound(listed: string): PluginFailure {
  const names = Object.keys(bundled);
  const params = { near: closest(listed, names), names: names.join(", ") };
  const fault = isFolder(listed)
    ? faultOf(
        "",
        {
          ru: "там нет package.json с exports и нет index.ts",
          en: "there is no package.json with exports and no index.ts",
        },
        {
          ru: "Проверьте путь: он берётся от рабочей папки шлюза",
          en: "Look at the path: it begins at the gateway's working folder",
        },
      )
    : faultOf(
        "",
        { ru: "встроенные: {names}", en: "bundled are: {names}" },
        {
          ru: "Может быть, {near}? Пакет установите в рабочей папке шлюза (bun add), папку напишите с ./",
          en: "Perhaps {near}? Install a package in the gateway's working folder (bun add), write a folder with ./",
        },
        params,
      );
  return { listed, name: null, code: "plugin_not_found", faults: [fault] };
}

/** A plugin that can be mounted beside the others, and what it takes. */
interface Judged {
  readonly plugin: SourcePlugin;
  readonly claims: Claims;
}

function judge(
  listed: string,
  exported: unknown,
  loaded: readonly SourcePlugin[],
  taken: Taken,
): Judged | PluginFailure {
  const checked = checkMembers(exported);
  if (!checked.ok) return { listed, name: checked.name, code: "plugin_unfit", faults: checked.faults };
  const { plugin } = checked;
  if (loaded.some(({ name }) => name === plugin.name)) {
    const problem = { ru: "плагин «{name}» уже загружен", en: 'a plugin "{name}" is loaded already' };
    const mend = { ru: "Уберите одного из них из GATEWAY_PLUGINS", en: "Take one of them out of GATEWAY_PLUGINS" };
    const faults = [faultOf("name", problem, mend, { name: plugin.name })];
    return { listed, name: plugin.name, code: "plugin_unfit", faults };
  }
  const { claims, faults } = checkRoutes(plugin, taken);
  if (faults.length > 0) return { listed, name: plugin.name, code: "plugin_unfit", faults };
  return { plugin, claims };
}
