/** A value of a row, as both databases give it after {@link plain}. */
type Plain = string | number | boolean | null | readonly unknown[] | object;

const MASK = (1n << 64n) - 1n;

/**
 * A value of SQLite as PostgreSQL will give it back: JSON parsed, and without the character U+0000, which PostgreSQL's texts
 * cannot hold (error messages of others might).
 */
export function plain(value: unknown, isJson: boolean): Plain {
  if (typeof value !== "string") return value as Plain;
  const text = value.includes("\0") ? value.replaceAll("\0", "\uFFFD") : value;
  return isJson ? JSON.parse(text) : text;
}

/** Counts the rows of a table and sums their hashes up, in whatever order they come. */
export class Digest {
  rows = 0;
  private sum = 0n;

  /** @param values in the order of the table's columns */
  add(values: readonly Plain[]): void {
    this.rows++;
    this.sum = (this.sum + BigInt(Bun.hash(JSON.stringify(values.map(sorted))))) & MASK;
  }

  /** Equal for equal rows. */
  toString(): string {
    return `${this.rows} rows, ${this.sum.toString(16).padStart(16, "0")}`;
  }
}

/** PostgreSQL keeps the keys of JSON objects in an order of its own. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
}
