const QUOTE = 0x22;
const COMMA = 0x2c;
const OPENING_SQUARE = 0x5b;
const BACKSLASH = 0x5c;

/** Deeper documents are refused: ours have four levels, and recursion over a strange one must not exhaust the stack. */
export const MOST_LEVELS = 64;

/**
 * Values of one element of a list, or of all that stands outside of lists, which are parsed at once while everybody waits.
 * Measured: 100,000 fields of different names take 18 ms, a million 300 ms, four million 2.4 s; with exact numbers twice that.
 */
export const MOST_VALUES = 1_000_000;

/** Elements are parsed in groups of this many bytes: a millisecond, eight with exact numbers. */
export const GROUP_BYTES = 131_072;

/** Bytes from one offset up to another, which no longer belongs to them. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Neighbouring elements of a list, with the commas between them. */
export interface ElementGroup extends Stretch {
  /** Which of the lists in {@link JsonCutter.names}. */
  readonly list: number;
  /** Whether it is all that stands in its list: only then may it hold no element. */
  readonly isWhole: boolean;
}

/** Why a document is not cut to its end, and at which byte. */
export interface TooMuch {
  readonly tooMuch: "levels" | "values";
  readonly at: number;
}

/**
 * Cuts a JSON document at the elements of its lists, so that they can be parsed a few hundred at a time. A list is an array
 * that is the document itself or stands in one of its fields.
 *
 * The text is not judged: it is JSON exactly if the rest is JSON, and each group is in square brackets, and none is empty
 * that is not whole.
 */
export class JsonCutter {
  /** What stands outside of the lists; complete after the last group. Put together it is the document with empty lists. */
  readonly rest: Stretch[] = [];
  /** Each list's name, a JSON string, or null for the document itself. In a damaged document it may be anything. */
  readonly names: (Stretch | null)[] = [];
  readonly #bytes: Uint8Array;
  readonly #groupBytes: number;
  #at: number;
  #depth = 0;
  /** The level of the open list's elements; 0 when none is open. */
  #listLevel = 0;
  #restFrom: number;
  #groupFrom = 0;
  #isFirst = true;
  #values = 0;
  #valuesOutside = 0;
  #name: Stretch | null = null;

  /** @param groupBytes a group ends with the first element that ends past so many bytes */
  constructor(bytes: Uint8Array, from: number, groupBytes: number) {
    this.#bytes = bytes;
    this.#groupBytes = groupBytes;
    this.#at = from;
    this.#restFrom = from;
  }

  /** The next group; null after the last one. After a {@link TooMuch} it must not be called again. */
  next(): ElementGroup | TooMuch | null {
    // Locals, since this loop meets every byte: with fields it takes twice the time (measured: 12 ms for 12 MB).
    const bytes = this.#bytes;
    let depth = this.#depth;
    let values = this.#values;
    for (let at = this.#at; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        const opened = at;
        at = endOfString(bytes, at);
        if (depth === 1 && this.#listLevel === 0) this.#name = { from: opened, to: at + 1 };
      } else if (byte === COMMA) {
        if (depth !== this.#listLevel || depth === 0) {
          values++;
          if (values > MOST_VALUES) return { tooMuch: "values", at };
          continue;
        }
        values = 0;
        if (at - this.#groupFrom < this.#groupBytes) continue;
        return this.#cut(at, depth, values, false);
      } else if ((byte | 0x20) === 0x7b) {
        // [ and { differ in this bit alone, and so do ] and }.
        depth++;
        if (depth > MOST_LEVELS) return { tooMuch: "levels", at };
        values++;
        if (values > MOST_VALUES) return { tooMuch: "values", at };
        if (byte === OPENING_SQUARE && (depth === 1 || depth === 2) && this.#listLevel === 0) {
          this.#openList(at, depth, values);
          values = 0;
        }
      } else if ((byte | 0x20) === 0x7d) {
        depth--;
        if (this.#listLevel > 0 && depth < this.#listLevel) return this.#cut(at, depth, this.#valuesOutside, true);
      }
    }
    // Of a list that does not end, the rest has no end either.
    if (this.#listLevel === 0) this.rest.push({ from: this.#restFrom, to: bytes.length });
    return null;
  }

  #openList(at: number, depth: number, values: number): void {
    this.#listLevel = depth;
    this.#valuesOutside = values;
    this.#groupFrom = at + 1;
    this.#isFirst = true;
    this.names.push(depth === 1 ? null : this.#name);
    this.rest.push({ from: this.#restFrom, to: at + 1 });
  }

  /** Ends the open group at a comma or a bracket, which is not part of it. */
  #cut(at: number, depth: number, values: number, isLast: boolean): ElementGroup {
    const group = { list: this.names.length - 1, from: this.#groupFrom, to: at, isWhole: this.#isFirst && isLast };
    this.#at = at + 1;
    this.#depth = depth;
    this.#values = values;
    this.#groupFrom = at + 1;
    this.#isFirst = false;
    if (isLast) {
      this.#listLevel = 0;
      this.#restFrom = at;
    }
    return group;
  }
}

/** Where the string that begins at `from` ends; past the last byte when it does not. */
function endOfString(bytes: Uint8Array, from: number): number {
  let at = from + 1;
  for (; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return at;
}
