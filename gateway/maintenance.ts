import { getLogger } from "@logtape/logtape";
import { Cron } from "croner";
import type { Housekeeping } from "../core/delivery/housekeeping.ts";
import type { HalfWritten } from "../core/intake/half-written.ts";
import type { MaintenanceStore } from "../core/store/store.ts";

/** Facts deleted in one transaction: short enough that no request waits for it. */
const PURGE_ROWS = 500;

/** A batch to which nothing is added for so long is one of a gateway that died: a request ends within minutes. */
const UNSEALED_FOR_MS = 15 * 60_000;

/** What house-keeping works with. */
export interface MaintenanceDeps {
  readonly store: MaintenanceStore;
  readonly halfWritten: HalfWritten;
  readonly housekeeping: Pick<Housekeeping, "wasMine">;
  readonly now: () => number;
}

/**
 * House-keeping by the clock: what a failing database left half-written by this gateway each second; by one of the
 * gateways, what a dead one left so every five minutes, expired keys each hour, settled conversions past their retention each
 * night.
 */
export function startMaintenance(
  { store, halfWritten, housekeeping, now }: MaintenanceDeps,
  retentionMs: number,
): { stop(): void } {
  const log = getLogger(["metrika-gateway", "maintenance"]);
  const catching = (error: unknown) => log.warn("House-keeping failed and will be tried again: {error}", { error });
  const options = { catch: catching, protect: true, unref: true } as const;
  const secondly = new Cron("* * * * * *", options, () => halfWritten.discard());
  const hourly = new Cron("17 * * * *", options, async () => {
    if (housekeeping.wasMine()) await store.purgeExpired(now());
  });
  const fiveMinutely = new Cron("*/5 * * * *", options, async () => {
    if (housekeeping.wasMine()) await store.removeUnsealed(now() - UNSEALED_FOR_MS);
  });
  const weeks = new Cron("31 3 * * *", options, async () => {
    if (!housekeeping.wasMine()) return;
    const gone = await store.turnWeeks(now(), now() - retentionMs);
    if (gone > 0) log.info("{gone} settled conversions passed their retention and went with their weeks", { gone });
  });
  const nightly = new Cron("41 3 * * *", options, async () => {
    let gone = 0;
    for (let last = PURGE_ROWS; last === PURGE_ROWS && housekeeping.wasMine(); ) {
      last = await store.purgeSettled(now() - retentionMs, PURGE_ROWS);
      gone += last;
      await new Promise(setImmediate);
    }
    if (gone > 0) log.info("{gone} settled conversions passed their retention and were deleted", { gone });
  });
  return {
    stop() {
      secondly.stop();
      fiveMinutely.stop();
      hourly.stop();
      weeks.stop();
      nightly.stop();
    },
  };
}
