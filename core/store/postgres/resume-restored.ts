import { LEFT_OUT_IDS, type ResumedFiles, resumeFiles } from "../sql/resume-restored.ts";
import { statement } from "../sql/work.ts";
import type { PostgresDriver } from "./driver.ts";

const skip = ["batch_ids", "conversion_ids"].map((sequence) =>
  statement(`select setval('gateway.${sequence}', nextval('gateway.${sequence}') + ${LEFT_OUT_IDS})`),
);

/**
 * Prepares a database that pg_restore has brought back for work, as `resumeFiles` says; to be called once, before a gateway
 * is started on it.
 * @param now Unix milliseconds
 */
export function resumeRestoredPostgres(driver: PostgresDriver, now: number): Promise<ResumedFiles> {
  return driver.alone(function* () {
    const resumed = yield* resumeFiles(now);
    for (const statement of skip) yield* statement.get();
    return resumed;
  });
}
