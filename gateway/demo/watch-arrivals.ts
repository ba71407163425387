import { setTimeout as sleep } from "node:timers/promises";
import type { BatchAnswer, DemoClient } from "./client.ts";
import { isSettled } from "./follow.ts";
import type { Narrator } from "./narrator.ts";
import type { Outcome } from "./story.ts";

const ASKED_EVERY_MS = 500;

/** Tells of the batches that people post by themselves, until the signal. */
export async function watchArrivals(
  client: DemoClient,
  narrator: Narrator,
  { apiKey, webhook }: Outcome,
  signal: AbortSignal,
): Promise<void> {
  const read = () => client.batches(apiKey, webhook);
  const known = new Map((await read()).map((batch) => [batch.batch_id, batch.status]));
  let spokenOf = "";

  function tell(batch: BatchAnswer, before: BatchAnswer["status"] | undefined): void {
    const { batch_id, created_at, status } = batch;
    if (spokenOf !== batch_id) narrator.begin(narrator.say("batch", { batch: batch_id }), Date.parse(created_at));
    spokenOf = batch_id;
    if (before === undefined) narrator.taken(batch);
    if (isSettled(batch)) {
      narrator.settled(batch);
      narrator.remarks(batch);
    } else if (before !== undefined || status !== "pending") narrator.moved(batch);
  }

  while (!signal.aborted) {
    for (const batch of (await read()).toReversed()) {
      const before = known.get(batch.batch_id);
      known.set(batch.batch_id, batch.status);
      if (before !== batch.status) tell(batch, before);
    }
    await sleep(ASKED_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
