import type { TransactionSql } from "postgres";

/** A transaction under way, asked in statements of PostgreSQL's own. */
export interface Tx {
  ask<Row extends object>(text: string, params: readonly (string | number | null)[]): Promise<readonly Row[]>;
  /** How many rows the statement changed. */
  run(text: string, params: readonly (string | number | null)[]): Promise<number>;
  /** Like `run` for whoever needs no answer: what follows does not wait for it, and fails with it. */
  send(text: string, params: readonly (string | number | null)[]): void;
  /** Waits until all that was sent has been done. To be called at the end. */
  settled(): Promise<void>;
}

/** @param prepares see `PostgresDriver.prepares` */
export function createTx(sql: TransactionSql, prepare: boolean): Tx {
  const sent: Promise<unknown>[] = [];
  const failures: unknown[] = [];
  const query = (text: string, params: readonly (string | number | null)[]) =>
    sql.unsafe(text, params as (string | number | null)[], { prepare });
  /** An answer counts only where nothing before it has failed: the library may have connected anew, outside of this transaction. */
  const trusted = <T>(answer: T): T => {
    if (failures.length > 0) throw failures[0];
    return answer;
  };
  return {
    async ask<Row extends object>(text: string, params: readonly (string | number | null)[]) {
      return trusted((await query(text, params)) as unknown as readonly Row[]);
    },
    async run(text, params) {
      return trusted((await query(text, params)).count);
    },
    send(text, params) {
      const answer = query(text, params).catch((error) => {
        failures.push(error);
      });
      sent.push(answer);
    },
    async settled() {
      await Promise.all(sent);
      trusted(null);
    },
  };
}
