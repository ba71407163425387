import { existsSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import * as v from "valibot";

const FOLDER = /^\.{0,2}\//;
const PACKAGE = /^(?:@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*$/;
const ENTRIES = ["index.ts", "index.js", "index.mjs"];

/** The parts of a package.json that say where a package begins. */
const PackageJson = v.object({
  exports: v.optional(v.unknown()),
  module: v.optional(v.string()),
  main: v.optional(v.string()),
});

/** Whether a plugin is named by its place in the file system: "./my-plugin", "/srv/plugins/pay". */
export const isFolder = (listed: string): boolean => FOLDER.test(listed) || isAbsolute(listed);

/**
 * The file that a listed plugin begins with; null where there is none.
 * @param listed a folder or file, from `cwd` on; or a package installed for `cwd`
 */
export function findModule(listed: string, cwd: string): string | null {
  if (isFolder(listed)) return entryOf(resolve(cwd, listed));
  if (!PACKAGE.test(listed)) return null;
  try {
    return Bun.resolveSync(listed, cwd);
  } catch {
    return null;
  }
}

function entryOf(place: string): string | null {
  const found = statSync(place, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (found.isFile()) return place;
  const entries = [...declaredEntries(`${place}/package.json`), ...ENTRIES];
  return entries.map((entry) => join(place, entry)).find((file) => existsSync(file)) ?? null;
}

function declaredEntries(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  try {
    const { exports, module, main } = v.parse(PackageJson, JSON.parse(readFileSync(file, "utf8")));
    return [exportOf(exports), module, main].filter((entry) => entry !== undefined);
  } catch {
    // A package.json that says nothing; the usual names are tried.
    return [];
  }
}

/** "./x.ts", { ".": "./x.ts" }, { ".": { import: "./x.ts" } }: https://nodejs.org/api/packages.html#exports */
function exportOf(exports: unknown): string | undefined {
  if (typeof exports === "string") return exports;
  if (typeof exports !== "object" || exports === null) return undefined;
  const chosen = [".", "bun", "import", "default"].find((name) => Object.hasOwn(exports, name));
  return chosen === undefined ? undefined : exportOf(Reflect.get(exports, chosen));
}
