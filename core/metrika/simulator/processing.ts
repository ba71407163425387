import { type Link, linkOf } from "./linking.ts";
import { stepAt } from "./progress.ts";
import type { SimulatorSettings } from "./settings.ts";
import type { KeptConversion, Uploading } from "./uploading.ts";
import type { Visits } from "./visits.ts";
import type { Goal } from "./world.ts";

/** What processing an uploading looks at. */
export interface ProcessingContext {
  readonly settings: SimulatorSettings;
  readonly visits: Visits;
  /** The counter's goals as they are now. */
  readonly goals: readonly Goal[];
}

/** The targets that offline conversions can reach: identifiers of goals of type action under the condition exact. */
export function reachableTargets(goals: readonly Goal[]): ReadonlySet<string> {
  const conditions = goals.filter((goal) => goal.type === "action").flatMap((goal) => goal.conditions);
  return new Set(conditions.filter((condition) => condition.type === "exact").map((condition) => condition.url));
}

/**
 * The status an uploading shows at `now`. There is no timer: the first look after its time processes the file, as of
 * the instant at which it fell due.
 */
export function statusOf(uploading: Uploading, now: number, context: ProcessingContext): string {
  if (uploading.result !== null) return uploading.result.status;
  const { status, afterMs } = stepAt(uploading, now, context.settings);
  if (status !== "PROCESSED" && status !== "LINKAGE_FAILURE") return status;
  const nobody: SimulatorSettings = { ...context.settings, visitors: () => false };
  const settings = status === "PROCESSED" ? context.settings : nobody;
  return processUploading(uploading, uploading.createdAt + afterMs, { ...context, settings });
}

function processUploading(uploading: Uploading, processedAt: number, context: ProcessingContext): string {
  const { settings, goals } = context;
  const targets = settings.goalLookup === "upload" ? uploading.goalsAtUpload : reachableTargets(goals);
  const lower = new Set([...targets].map((target) => target.toLowerCase()));
  const exists = (target: string) =>
    settings.targetCase === "sensitive" ? targets.has(target) : lower.has(target.toLowerCase());
  let [linked, goalNotFound, userNotFound, matched] = [0, 0, 0, 0];

  for (const [index, row] of uploading.rows.entries()) {
    const hasGoal = exists(row.target);
    if (!hasGoal) goalNotFound++;
    if (!hasGoal && settings.rowsWithoutGoal === "goal_only") {
      row.outcome = "goal_not_found";
      continue;
    }
    const link = bestLink(row, index, uploading, processedAt, context);
    if (link !== "unknown") matched++;
    if (link === "unknown" || (link === "stray" && settings.strayVisitors === "user_not_found")) userNotFound++;
    const counts = link === "linked" && (hasGoal || settings.rowsWithoutGoal === "linked");
    if (counts) linked++;
    row.outcome = counts ? "linked" : hasGoal ? "user_not_found" : "goal_not_found";
  }

  const failed = (settings.linkageFailure === "no_row_linked" ? linked : matched) === 0;
  const status = failed ? "LINKAGE_FAILURE" : "PROCESSED";
  uploading.result = { status, quantities: { goalNotFound, userNotFound, linked } };
  uploading.rows = [];
  return status;
}

function bestLink(
  row: KeptConversion,
  index: number,
  uploading: Uploading,
  processedAt: number,
  { settings, visits }: ProcessingContext,
): Link {
  const conversionTime = row.dateTime * 1000;
  let best: Link = "unknown";
  for (const identity of [row, ...(uploading.weaker.get(index) ?? [])]) {
    const link = linkOf({ identity, conversionTime, processedAt }, visits, settings.visitors);
    if (link === "linked") return link;
    if (link === "stray") best = link;
  }
  return best;
}
