import type { BatchAnswer } from "./client.ts";

/** What a batch's status should say once it is settled. */
export interface ExpectedOutcome {
  readonly total: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly linked: number;
  /** Rows that wait for a goal. */
  readonly waiting: number;
}

/** Something came out otherwise than it should; the message names what. */
export class NotAsExpectedError extends Error {
  override readonly name = "NotAsExpectedError";
}

/** @throws {NotAsExpectedError} naming each number that differs */
export function checkOutcome(batch: BatchAnswer, expected: ExpectedOutcome): void {
  const waiting = batch.set_aside.reduce((rows, aside) => rows + aside.rows, 0);
  const { total, accepted, duplicates, rejected, linked } = batch;
  checkNumbers({ total, accepted, duplicates, rejected, linked, waiting }, { ...expected });
  if (batch.status !== "completed") throw new NotAsExpectedError(`status ${batch.status}, not completed`);
}

/** @throws {NotAsExpectedError} naming each number that differs */
export function checkNumbers<Name extends string>(
  actual: Readonly<Record<Name, number | null>>,
  expected: Readonly<Record<Name, number>>,
): void {
  const names = Object.keys(expected) as Name[];
  const wrong = names.filter((name) => actual[name] !== expected[name]);
  if (wrong.length === 0) return;
  throw new NotAsExpectedError(wrong.map((name) => `${name} ${actual[name]}, not ${expected[name]}`).join("; "));
}
