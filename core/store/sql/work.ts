/**
 * The store's logic, written once for both databases: a step is a generator that yields its questions and is handed the
 * answers. Who drives it decides how they travel: on SQLite at once, inside one synchronous transaction, on PostgreSQL over
 * the network.
 *
 * Statements are in the SQL that both understand:
 * - parameters are numbered (`?1`, `?2`); where PostgreSQL cannot guess a type, it is said: `cast(?1 as bigint)`;
 * - nullable values are compared by `is not distinct from`;
 * - lists of ids or texts come as JSON: {@link ids}, {@link texts}; the greater and lesser of two values are {@link greater}
 *   and {@link lesser};
 * - truth in columns is 1 or 0; a condition is not a number: `count(case when … then 1 end)`, `cast(… as integer)`;
 * - an index that SQLite must be told is named by `indexed by`, which PostgreSQL does not get to see;
 * - no bare column beside an aggregate, no `iif`, no `insert or ignore`, no comma between tables after `from`.
 */

/** What a parameter can be; instants and ids are whole numbers. */
export type Param = string | number | null;

/** One question on its way to the database. */
export interface Question {
  readonly statement: { readonly text: string };
  readonly params: readonly Param[];
  /** Rows, the number of rows changed, or nothing that anybody waits for. */
  readonly wants: "rows" | "changes" | "nothing";
}

/** A step of the store: what it asks, and what it comes to. */
export type Work<T> = Generator<Question, T, unknown>;

/** A statement and the ways to ask it, each to be called with `yield*`. */
export interface Statement<R, P extends readonly Param[]> {
  readonly text: string;
  all(...params: P): Work<readonly R[]>;
  /** The first row, or null. */
  get(...params: P): Work<R | null>;
  /** Returns how many rows it changed. */
  run(...params: P): Work<number>;
  /** Like `run` for whoever needs no answer: over a network the next question does not wait for it. */
  send(...params: P): Work<void>;
}

/** Defines a statement; to be called once for each, at the top of a module, since drivers keep what they prepare by it. */
export function statement<R extends object, P extends readonly Param[] = []>(text: string): Statement<R, P> {
  const self: Statement<R, P> = {
    text,
    *all(...params) {
      return (yield { statement: self, params, wants: "rows" }) as readonly R[];
    },
    *get(...params) {
      const rows = (yield { statement: self, params, wants: "rows" }) as readonly R[];
      return rows[0] ?? null;
    },
    *run(...params) {
      return (yield { statement: self, params, wants: "changes" }) as number;
    },
    *send(...params) {
      yield { statement: self, params, wants: "nothing" };
    },
  };
  return self;
}

/** Who carries work out. */
export interface Driver {
  /** Work that only reads, or that is one statement which guards itself by what it names. */
  ask<T>(work: Work<T>): Promise<T>;
  /**
   * One transaction, all or nothing, that may run beside others of its kind: what they share must be guarded by the statements
   * themselves. Never beside `alone`. `work` is called again where the database asks to repeat a transaction.
   */
  beside<T>(work: () => Work<T>): Promise<T>;
  /** One transaction during which nothing else moves: what it has read stays true to its end. Short steps only. */
  alone<T>(work: () => Work<T>): Promise<T>;
}

/** A list of ids that came as JSON, for `in`: `where id in ${ids("?1")}`. */
export const ids = (param: string) => `(select cast(value as bigint) from json_each(cast(${param} as text)))`;

/** A list of texts that came as JSON, for `in`. */
export const texts = (param: string) => `(select cast(value as text) from json_each(cast(${param} as text)))`;

/** The greater of two values; null if one is. */
export const greater = (a: string, b: string) => `case when ${a} >= ${b} then ${a} when ${a} < ${b} then ${b} end`;

/** The lesser of two values; null if one is. */
export const lesser = (a: string, b: string) => `case when ${a} <= ${b} then ${a} when ${a} > ${b} then ${b} end`;
