/** Turns the keys of a JSON value from snake_case, as the control surface speaks, to camelCase, as the code does. */
export function toCamel(value: unknown): unknown {
  return mapKeys(value, (key) => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
}

/** Turns the keys of a JSON value from camelCase to snake_case; keys with other characters stay as they are. */
export function toSnake(value: unknown): unknown {
  return mapKeys(value, (key) =>
    /^[a-zA-Z0-9]+$/.test(key) ? key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : key,
  );
}

function mapKeys(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((one) => mapKeys(one, rename));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [rename(key), mapKeys(one, rename)]));
}
