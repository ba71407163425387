import { type ByPath, type ConfigFields, isFields, putIn } from "./config-paths.ts";

/**
 * What a config may mean that its owner gives in place of another: a secret that he left out keeps its value, null takes it away.
 * To a schema, a field without a value is one that is null or one that is not there; so where a secret was taken away there are
 * two readings, of which the first that fits is meant.
 * @param given as its owner gave it
 * @param secrets the values so far; none of a new source
 * @param paths where the plugin's secrets stand
 */
export function revisedConfig(
  given: ConfigFields,
  secrets: ByPath,
  paths: readonly string[],
): readonly [ConfigFields, ...ConfigFields[]] {
  const removed = paths.flatMap((path) => nullOn(given, path.split(".")) ?? []);
  const kept = new Map([...secrets].filter(([path, value]) => typeof value === "string" && isLeftOut(given, path)));
  const without = structuredClone(given);
  for (const way of removed) removeAt(without, way);
  const readings = [putIn(without, kept), putIn(given, kept)] as const;
  return removed.length === 0 ? [readings[0]] : readings;
}

type Way = readonly string[];

/** The way to the first null on a path, as a list of it; null where there is none. */
function nullOn(config: ConfigFields, names: Way): readonly [Way] | null {
  let value: unknown = config;
  for (const [depth, name] of names.entries()) {
    if (!isFields(value) || !Object.hasOwn(value, name)) return null;
    value = value[name];
    if (value === null) return [names.slice(0, depth + 1)];
  }
  return null;
}

/** Whether nothing stands at a path, nor null on the way to it. */
function isLeftOut(config: ConfigFields, path: string): boolean {
  let value: unknown = config;
  for (const name of path.split(".")) {
    if (!isFields(value)) return false;
    if (!Object.hasOwn(value, name)) return true;
    value = value[name];
  }
  return false;
}

function removeAt(config: Record<string, unknown>, [name = "", ...rest]: Way): void {
  const next = config[name];
  if (rest.length === 0) delete config[name];
  else if (isFields(next)) removeAt(next, rest);
}
