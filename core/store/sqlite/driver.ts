import type { Database, Statement as Prepared } from "bun:sqlite";
import type { Driver, Param, Work } from "../sql/work.ts";

/** Carries work out on SQLite. */
export interface SqliteDriver extends Driver {
  /** Carries work out at once: inside whatever transaction is open, or each statement by itself. */
  now<T>(work: Work<T>): T;
}

/** Statements are prepared when they are first asked. Every transaction has the database for itself, since there is one process. */
export function createSqliteDriver(sqlite: Database): SqliteDriver {
  const prepared = new Map<object, Prepared<unknown, Param[]>>();

  function now<T>(work: Work<T>): T {
    let step = work.next();
    while (!step.done) {
      const { statement, params, wants } = step.value;
      let ready = prepared.get(statement);
      if (!ready) {
        ready = sqlite.prepare<unknown, Param[]>(statement.text);
        prepared.set(statement, ready);
      }
      const given = params as Param[];
      step = work.next(wants === "rows" ? ready.all(...given) : ready.run(...given).changes);
    }
    return step.value;
  }

  const transaction = sqlite.transaction((work: () => Work<unknown>): unknown => now(work()));
  const inTransaction = async <T>(work: () => Work<T>): Promise<T> => transaction.immediate(work) as T;
  return {
    now,
    async ask(work) {
      return now(work);
    },
    beside: inTransaction,
    alone: inTransaction,
  };
}
