/** A config as it is kept or sent: names and JSON. */
export type ConfigFields = Readonly<Record<string, unknown>>;

/** Values by where they stand in a config, see `secretPaths`: "access.token". */
export type ByPath = ReadonlyMap<string, unknown>;

/** The config without what stands at these paths, and what stood there; a path that leads nowhere gives nothing. */
export function takeOut(
  config: ConfigFields,
  paths: readonly string[],
): { readonly rest: ConfigFields; readonly taken: ByPath } {
  const rest = structuredClone(config);
  const taken = new Map<string, unknown>();
  for (const path of paths) {
    const { holder, name } = walkTo(rest, path, false);
    if (holder === null || !Object.hasOwn(holder, name)) continue;
    taken.set(path, holder[name]);
    delete holder[name];
  }
  return { rest, taken };
}

/**
 * The config with these values put where they belong. Objects on the way are made where there are none; where something else
 * stands on the way, its owner has put it there and the value is left out.
 */
export function putIn(config: ConfigFields, values: ByPath): ConfigFields {
  const whole = structuredClone(config);
  for (const [path, value] of values) {
    const { holder, name } = walkTo(whole, path, true);
    if (holder !== null) holder[name] = value;
  }
  return whole;
}

type Fields = Record<string, unknown>;

/** The object that holds the last name of a path; null where there is none. */
function walkTo(
  config: Fields,
  path: string,
  makeWay: boolean,
): { readonly holder: Fields | null; readonly name: string } {
  const names = path.split(".");
  const name = names.pop() as string;
  let holder = config;
  for (const step of names) {
    if (makeWay && !Object.hasOwn(holder, step)) holder[step] = {};
    const next = Object.hasOwn(holder, step) ? holder[step] : null;
    if (!isFields(next)) return { holder: null, name };
    holder = next;
  }
  return { holder, name };
}

/** Whether a value is an object of names, not a list, a date or the like. */
export function isFields(value: unknown): value is Fields {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
