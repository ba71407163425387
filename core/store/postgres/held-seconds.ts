/** Identities kept in memory before the older half is let go: about 30 MB. */
const MOST_IDENTITIES = 500_000;

/** Counter and second as one text. */
export const secondKey = (counterId: number, second: number) => `${counterId}/${second}`;

/**
 * Which identities hold which seconds of a counter: read from the database once, then kept up to date by whoever places rows,
 * since nobody else does. A file of old sales may tell a hundred thousand of them at midnight.
 */
export class HeldSeconds {
  #recent = new Map<string, Set<number>>();
  #older = new Map<string, Set<number>>();
  #size = 0;

  /** Lets go of what was not asked for lately, when there is too much. To be called between two pages, never within one. */
  trim(): void {
    if (this.#size >= MOST_IDENTITIES) [this.#older, this.#recent, this.#size] = [this.#recent, new Map(), 0];
  }

  forget(): void {
    [this.#older, this.#recent, this.#size] = [new Map(), new Map(), 0];
  }

  /** Null: it is not known who holds this second. */
  at(key: string): ReadonlySet<number> | null {
    const known = this.#recent.get(key);
    if (known) return known;
    const older = this.#older.get(key);
    if (older) this.#keep(key, older);
    return older ?? null;
  }

  /** Says who holds a second, all of them. */
  learn(key: string, identities: readonly number[]): void {
    if (this.at(key) === null) this.#keep(key, new Set(identities));
  }

  /** These hold a second as well now; nothing to note where it is not known who else does. */
  take(key: string, identities: readonly number[]): void {
    if (this.at(key) === null) return;
    const held = this.#recent.get(key) ?? new Set();
    this.#size -= held.size;
    for (const identity of identities) held.add(identity);
    this.#keep(key, held);
  }

  #keep(key: string, held: Set<number>): void {
    this.#recent.set(key, held);
    this.#size += held.size;
  }
}
