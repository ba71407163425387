import { setTimeout as sleep } from "node:timers/promises";
import type { BatchAnswer } from "./client.ts";

const ASKED_EVERY_MS = 200;

/** What is asked, and when the asking ends. */
export interface Following<Answer> {
  readonly read: () => Promise<Answer>;
  /** What may change on the way. */
  readonly stage: (answer: Answer) => string;
  /** The stage that is known already. */
  readonly from: string;
  readonly isOver: (answer: Answer) => boolean;
  readonly onMove: (answer: Answer) => void;
  readonly signal: AbortSignal;
}

/** Asks again and again until it is over, and tells of each new stage on the way. */
export async function follow<Answer>({
  read,
  stage,
  from,
  isOver,
  onMove,
  signal,
}: Following<Answer>): Promise<Answer> {
  for (let known = from; ; ) {
    const answer = await read();
    if (isOver(answer)) return answer;
    if (stage(answer) !== known) onMove(answer);
    known = stage(answer);
    await sleep(ASKED_EVERY_MS, undefined, { signal });
  }
}

/** Metrika has said all it will say about what it was given; rows that wait for a goal may still follow. */
export const isSettled = ({ status }: BatchAnswer): boolean => status === "completed" || status === "error";
