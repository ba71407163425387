import postgres, { type Sql, type TransactionSql } from "postgres";
import type { Driver, Param, Question, Work } from "../sql/work.ts";
import { translate } from "./translate.ts";

/** The number of the advisory lock by which `alone` keeps everybody else out, and `beside` keeps `alone` out. */
export const STRUCTURE_LOCK = 7_190_001;

/** After so long without a word within a transaction the server ends it: whoever stands still must not hold up all others. */
const LONGEST_SILENCE_MS = 10_000;

/** Compiling a statement that is planned anew takes longer than all of them do: 300 ms where carrying it out takes 5 (measured). */
const NO_JIT = "set_config('jit', 'off', true)";

/** Times that a transaction is begun again where PostgreSQL asks for it, before its error is told. */
const MOST_TRIES = 8;
/** serialization_failure and deadlock_detected, https://www.postgresql.org/docs/15/errcodes-appendix.html */
const ASKS_TO_REPEAT = new Set(["40001", "40P01"]);

/** Either the pool, each question on whichever connection is free, or one transaction. */
export type Asking = Sql | TransactionSql;

/** Carries work out on PostgreSQL. */
export interface PostgresDriver extends Driver {
  readonly sql: Sql;
  /** Whether statements may be prepared: not behind a pooler that hands out a connection for each transaction. */
  readonly prepares: boolean;
  /**
   * One transaction, like `beside`, for what is better said in a few large statements than in many small ones. `work` is called
   * again where PostgreSQL asks to repeat a transaction.
   */
  transact<T>(work: (tx: TransactionSql) => Promise<T>): Promise<T>;
  /** The same, like `alone`. */
  transactAlone<T>(work: (tx: TransactionSql) => Promise<T>): Promise<T>;
  /** Carries work out on a transaction that is under way. */
  within<T>(tx: TransactionSql, work: Work<T>): Promise<T>;
}

/** @param prepares see {@link PostgresDriver.prepares} */
export function createPostgresDriver(sql: Sql, prepares: boolean): PostgresDriver {
  const ask = ({ statement, params, wants }: Question, on: Asking) => {
    const asked = on.unsafe(translate(statement), params as Param[], { prepare: prepares });
    return asked.then((rows) => (wants === "rows" ? rows : rows.count));
  };

  async function carryOut<T>(on: Asking, work: Work<T>): Promise<T> {
    const sent: Promise<unknown>[] = [];
    const failures: unknown[] = [];
    let step = work.next();
    while (!step.done) {
      const answer = ask(step.value, on);
      if (step.value.wants === "nothing") {
        answer.catch((error) => failures.push(error));
        sent.push(answer);
        step = work.next(undefined);
      } else {
        let told: unknown;
        try {
          told = await answer;
        } catch (error) {
          step = work.throw(error);
          continue;
        }
        // The library may have connected anew, outside of this transaction.
        step = failures.length === 0 ? work.next(told) : work.throw(failures[0]);
      }
    }
    // To be awaited before the commit: where a statement has failed, PostgreSQL answers a commit with a rollback, and the library
    // takes that for success.
    await Promise.all(sent);
    return step.value;
  }

  async function transact<T>(lock: string, work: (tx: TransactionSql) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return (await sql.begin(async (tx) => {
          // Not waited for: what follows on this connection waits for it anyway.
          tx.unsafe(
            `select ${lock}(${STRUCTURE_LOCK}), set_config('idle_in_transaction_session_timeout', '${LONGEST_SILENCE_MS}', true), ${NO_JIT}`,
          ).catch(() => {});
          return await work(tx);
        })) as T;
      } catch (error) {
        const repeats = error instanceof postgres.PostgresError && ASKS_TO_REPEAT.has(error.code);
        if (!repeats || tries === MOST_TRIES) throw error;
        await Bun.sleep(Math.random() * 10 * tries);
      }
    }
  }

  const beside = "pg_advisory_xact_lock_shared";
  const alone = "pg_advisory_xact_lock";
  return {
    sql,
    prepares,
    ask: (work) => carryOut(sql, work),
    beside: (work) => transact(beside, (tx) => carryOut(tx, work())),
    alone: (work) => transact(alone, (tx) => carryOut(tx, work())),
    transact: (work) => transact(beside, work),
    transactAlone: (work) => transact(alone, work),
    within: carryOut,
  };
}
