import type { Receipt } from "../../intake/receipt.ts";
import { conversionAnswer } from "../../plugin/answers.ts";
import { batchIdOf } from "../../store/public-id.ts";
import type { ClaimedRun, KeptLeftover, RunBatch, RunEnd, Store } from "../../store/store.ts";
import { limited, MOST_LEFTOVERS, refusals } from "../calls/verdict.ts";

/** Conversions that the report of a dry run shows. */
const MOST_SHOWN = 100;

/** What one attempt has emitted, told receipt by receipt: a run of millions must not hold them all. */
export interface Emitted {
  took(receipt: Receipt): Promise<void>;
  /** What the sink refused, after what the plugin itself could not use. */
  leftovers(returned: readonly KeptLeftover[]): readonly KeptLeftover[];
  /** Null of a run that is not dry. */
  report(): RunEnd["report"];
}

/** Counts what a run emits; each batch of one that is not dry is written down before its plugin hears of it. */
export function countEmitted({ runs, installation }: Pick<Store, "runs" | "installation">, run: ClaimedRun): Emitted {
  const isDry = run.kind === "dry_run";
  const refused: KeptLeftover[] = [];
  const shown: ReturnType<typeof conversionAnswer>[] = [];
  let more = 0;
  let counts = { accepted: 0, duplicates: 0, rejected: 0 };

  return {
    async took(receipt) {
      const found = refusals(receipt);
      const kept = found.slice(0, MOST_LEFTOVERS - refused.length);
      refused.push(...kept);
      more += found.length - kept.length;
      const told = countsOf(receipt);
      if (isDry) {
        counts = {
          accepted: counts.accepted + told.accepted,
          duplicates: counts.duplicates + told.duplicates,
          rejected: counts.rejected + told.rejected,
        };
        const next = receipt.conversions.slice(0, MOST_SHOWN - shown.length);
        shown.push(...next.map(({ conversion }) => conversionAnswer(conversion)));
        return;
      }
      const batchId = receipt.batchUuid === null ? null : batchIdOf(installation.uuid, receipt.batchUuid);
      if (batchId !== null) await runs.addBatch(run.id, { batchId, ...told });
    },
    leftovers: (returned) => limited([...returned, ...refused], more),
    report: () => (isDry ? { told: { conversions: shown }, counts } : null),
  };
}

const countsOf = ({ accepted, duplicates, rejections }: Receipt): Omit<RunBatch, "batchId"> => ({
  accepted,
  duplicates: duplicates.length,
  rejected: rejections.length,
});
