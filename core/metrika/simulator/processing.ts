import { type Link, linkOf, NOBODY } from "./linking.ts";
import type { OfflineGoals } from "./offline-goals.ts";
import { stepAt } from "./progress.ts";
import type { SimulatorSettings } from "./settings.ts";
import type { KeptConversion, Uploading } from "./uploading.ts";
import type { Visits } from "./visits.ts";
import type { Goal } from "./world.ts";

/** What processing an uploading looks at. */
export interface ProcessingContext {
  readonly settings: SimulatorSettings;
  readonly visits: Visits;
  /** Takes the goals that rows reach in visits. */
  readonly offlineGoals: OfflineGoals;
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
  const known = new Set([...targets].map((target) => spelled(target, settings)));
  const exists = (target: string) => known.has(spelled(target, settings));
  const goalIds = goalIdsOf(goals, settings);
  let [linked, goalNotFound, userNotFound, matched] = [0, 0, 0, 0];

  for (const [index, row] of uploading.rows.entries()) {
    const hasGoal = exists(row.target);
    if (!hasGoal) goalNotFound++;
    if (!hasGoal && settings.rowsWithoutGoal === "goal_only") {
      row.outcome = "goal_not_found";
      continue;
    }
    const link = bestLink(row, index, uploading, processedAt, context);
    const { outcome } = link;
    if (outcome !== "unknown") matched++;
    if (outcome === "unknown" || (outcome === "stray" && settings.strayVisitors === "user_not_found")) userNotFound++;
    const counts = outcome === "linked" && (hasGoal || settings.rowsWithoutGoal === "linked");
    if (counts) linked++;
    const goalId = goalIds.get(spelled(row.target, settings));
    if (counts && goalId !== undefined && link.visit?.visitId !== undefined) {
      const { dateTime, price, currency } = row;
      const goal = { goalId, dateTime, price, currency, processedAt };
      context.offlineGoals.keep(row.counterId, link.visit.visitId, goal);
    }
    row.outcome = counts ? "linked" : hasGoal ? "user_not_found" : "goal_not_found";
  }

  const failed = (settings.linkageFailure === "no_row_linked" ? linked : matched) === 0;
  const status = failed ? "LINKAGE_FAILURE" : "PROCESSED";
  uploading.result = { status, quantities: { goalNotFound, userNotFound, linked } };
  uploading.rows = [];
  return status;
}

function goalIdsOf(goals: readonly Goal[], settings: SimulatorSettings): ReadonlyMap<string, number> {
  const targetsOf = (goal: Goal) => [...reachableTargets([goal])].map((target) => spelled(target, settings));
  // The first of several goals with one identifier wins, as in a search from the beginning.
  return new Map(goals.toReversed().flatMap((goal) => targetsOf(goal).map((target) => [target, goal.id] as const)));
}

function spelled(target: string, { targetCase }: SimulatorSettings): string {
  return targetCase === "sensitive" ? target : target.toLowerCase();
}

function bestLink(
  row: KeptConversion,
  index: number,
  uploading: Uploading,
  processedAt: number,
  { settings, visits }: ProcessingContext,
): Link {
  const conversionTime = row.dateTime * 1000;
  let best = NOBODY;
  for (const identity of [row, ...(uploading.weaker.get(index) ?? [])]) {
    const link = linkOf({ identity, conversionTime, processedAt }, visits, settings.visitors);
    if (link.outcome === "linked") return link;
    if (link.outcome === "stray") best = link;
  }
  return best;
}
