import { getLogger } from "@logtape/logtape";
import { every } from "../../delivery/every.ts";
import { noteTrouble } from "../../delivery/trouble.ts";
import type { ClaimedRawIntake } from "../../store/store.ts";
import { createWorkLoop, type WorkLoop } from "../calls/work-loop.ts";
import { type HandlingDeps, handleRawIntake } from "./handle-raw-intake.ts";
import { reasonOf } from "./outcome.ts";
import { type ReleasingDeps, releaseAll } from "./release-kept.ts";
import type { RawIntakeRules } from "./rules.ts";

const log = getLogger(["metrika-gateway", "raw-intakes"]);

/** How often one looks for what became due, for claims of workers that died, and for what can be released. */
const TICK_MS = 1000;
const LAPSED_EACH_MS = 10_000;
const RELEASE_EACH_MS = 60_000;

/** What the loop works with. */
export interface RawIntakeWorkerDeps extends HandlingDeps, Omit<ReleasingDeps, "store"> {
  readonly newUuid: () => string;
}

/** What claims of workers that died are freed with. */
export const lapsedBefore = (leasesBefore: number, now: number, rules: RawIntakeRules) => ({
  ...{ leasesBefore, now, givenUpBefore: now - rules.givenUpAfterMs, expiresAt: now + rules.keptForPeopleMs },
  ...{ errorCode: "interrupted", error: reasonOf("interrupted") },
});

/** Makes the loop that hands raw intakes to their plugins; it stands still until it is started. */
export function createRawIntakeWorker(deps: RawIntakeWorkerDeps): WorkLoop {
  const { store, rules } = deps;
  const trouble = noteTrouble({ log, now: deps.now });
  const freeLapsed = every(LAPSED_EACH_MS, deps.now, async (now) => {
    await store.rawIntakes.freeLapsed(lapsedBefore(now, now, rules));
  });
  const release = every(RELEASE_EACH_MS, deps.now, async () => {
    await releaseAll(deps);
  });
  /** The source whose turn it was last, by its id. */
  let lastSource = 0;

  async function claimBehind(afterSource: number, limit: number): Promise<readonly ClaimedRawIntake[]> {
    const request = { claim: deps.newUuid(), now: deps.now(), leaseMs: rules.leaseMs, limit, afterSource };
    return store.rawIntakes.claimDue(request);
  }

  /** Round robin over sources, so that each has its turn however many there are. */
  async function claim(limit: number): Promise<readonly ClaimedRawIntake[]> {
    if (limit <= 0) return [];
    const behind = await claimBehind(lastSource, limit);
    const more = limit - behind.length;
    const before = more > 0 && lastSource > 0 ? await claimBehind(0, more) : [];
    const claimed = [...behind, ...before];
    lastSource = claimed.at(-1)?.sourceId ?? 0;
    return claimed;
  }

  return createWorkLoop({
    tickMs: TICK_MS,
    breathe: deps.breathe,
    onTrouble: (error) => trouble("raw intakes", error),
    async look({ underWay, begin }) {
      await freeLapsed();
      await release();
      const claimed = await claim(rules.sourcesAtOnce - underWay);
      for (const intake of claimed) begin((stopping) => handleRawIntake(deps, intake, stopping));
      return claimed.length > 0;
    },
  });
}
