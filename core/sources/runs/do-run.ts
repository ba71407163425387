import { getLogger } from "@logtape/logtape";
import type { SourcePlugin } from "../../plugin/contract.ts";
import type { ClaimedRun, SourceRecord } from "../../store/store.ts";
import { type CallEnd, type CallingDeps, callWithinLimits } from "../calls/limited-call.ts";
import { dryState } from "../dry-state.ts";
import type { OpenConfig } from "../open-config.ts";
import type { PluginCatalogue } from "../plugin-catalogue.ts";
import { noteFailure } from "../raw-intakes/rest.ts";
import { countEmitted } from "./emitted.ts";
import { holdClaim, type Progress } from "./held-claim.ts";
import { failed, type Outcome, outcomeOf } from "./outcome.ts";
import type { RunRules } from "./rules.ts";
import { runReason } from "./sentences.ts";

const log = getLogger(["metrika-gateway", "runs"]);

/** What runs are done with. */
export interface RunningDeps extends CallingDeps {
  readonly catalogue: Pick<PluginCatalogue, "find">;
  readonly openConfig: OpenConfig;
  readonly rules: RunRules;
  /** In [0, 1). */
  readonly random: () => number;
}

type Run = NonNullable<SourcePlugin["schedule"]>["run"];

/** A run that can be done. */
interface Ready {
  readonly source: SourceRecord;
  readonly config: unknown;
  readonly run: Run;
  /** The plugin with its version. */
  readonly plugin: string;
}

/**
 * Lets the plugin of a source do a run, and writes down what became of it. Whatever the plugin does, this ends within its time limit
 * and harms no other source.
 * @param stopping aborted when the gateway stops and has waited long enough: then the claim is given back
 * @param cancelled aborted when a person cancelled the run here; elsewhere the claim tells it
 * @throws {Error} when the database fails; the claim runs out by itself then
 */
export async function doRun(
  deps: RunningDeps,
  run: ClaimedRun,
  stopping: AbortSignal,
  cancelled: AbortSignal,
): Promise<void> {
  const { store, rules, now } = deps;
  const source = await store.sources.get(run.sourceId);
  if (source === null) throw new Error(`The source of run ${run.uuid} is gone.`);
  const ready = prepare(deps, source, run);
  if ("end" in ready) {
    await close(deps, source, run, ready, { done: 0, total: null });
    return;
  }

  const emitted = countEmitted(store, run);
  let progress: Progress = { done: 0, total: null };
  const held = holdClaim(deps, run, () => progress);
  const limits = {
    ...{ source, config: ready.config, timeLimitMs: rules.timeLimitMs },
    stopping: AbortSignal.any([stopping, cancelled, held.lost]),
    watching: {
      ...{ key: `run:${run.uuid}`, mostFacts: rules.mostFacts, mostAtOnce: rules.mostFactsAtOnce },
      ...{ dryRun: run.kind === "dry_run", took: emitted.took },
    },
    progress(done: number, total?: number) {
      progress = { done: count(done), total: total === undefined ? null : count(total) };
    },
    ...(run.kind === "dry_run" && { state: dryState }),
  };
  const asked = { due: new Date(run.dueAt), dryRun: run.kind === "dry_run" };
  const ended = await callWithinLimits(deps, limits, (context) => ready.run(context, asked)).finally(held.release);
  if (ended === null) {
    if (held.lost.aborted || cancelled.aborted) log.info("Run {runId} was stopped", factsOf(source, run));
    else await store.runs.giveBack(run.id, run.claim, now());
    return;
  }
  const judging = { run, plugin: ready.plugin, rules, now: now(), random: deps.random() };
  const outcome = outcomeOf(ended, judging);
  const end = { ...outcome.end, leftovers: emitted.leftovers(outcome.end.leftovers) };
  const report = outcome.end.to === "waiting" ? null : emitted.report();
  await close(deps, source, run, { end, source: outcome.source }, progress, report, ended);
}

/** What is needed for a run, or why it cannot be done. */
function prepare(deps: RunningDeps, source: SourceRecord, { kind }: ClaimedRun): Ready | Outcome {
  if (!source.isActive && kind !== "dry_run") return failed("source_disabled", runReason("source_disabled"), "unknown");
  const opened = deps.openConfig(source);
  if (!opened.ok) return failed(opened.code, opened.reason, "unknown");
  const found = deps.catalogue.find(source.plugin)?.plugin;
  const plugin = found ? `${found.name} ${found.version}` : source.plugin;
  const schedule = found?.schedule;
  if (!schedule) return failed("schedule_missing", runReason("schedule_missing", { plugin }), "unknown");
  return { source, config: opened.config, run: schedule.run.bind(schedule), plugin };
}

async function close(
  deps: RunningDeps,
  source: SourceRecord,
  run: ClaimedRun,
  { end, source: tells }: Outcome,
  progress: Progress,
  report: ReturnType<ReturnType<typeof countEmitted>["report"]> = null,
  ended: CallEnd | null = null,
): Promise<void> {
  const { store } = deps;
  const now = deps.now();
  tell(source, run, end, ended);
  // Before the claim ends: whoever claims next must find the source at rest.
  if (run.kind !== "dry_run") await noteHealth(deps, source, run, { end, source: tells }, now);
  const isOurs = await store.runs.end({ id: run.id, claim: run.claim, ...end, ...progress, report, now });
  if (!isOurs) log.info("Run {runId} was cancelled or taken over before its end was kept", factsOf(source, run));
}

async function noteHealth(
  { store, rules }: RunningDeps,
  source: SourceRecord,
  { attempts }: ClaimedRun,
  { end, source: tells }: Outcome,
  now: number,
): Promise<void> {
  if (tells === "works") await store.sourceHealth.recordSuccess(source.id, now);
  const { errorCode: code, error: reason } = end;
  if (tells !== "failed" || code === null || reason === null) return;
  const of = { sourceId: source.id, failures: attempts - 1 };
  const resting = await noteFailure(store.sourceHealth, rules, { of, code, reason, now });
  if (resting === null) return;
  const facts = { sourceId: source.uuid, plugin: source.plugin, failures: resting.failures, code };
  log.warn("Source {sourceId} rests after {failures} failures in a row: {code}", facts);
}

function tell(source: SourceRecord, run: ClaimedRun, end: Outcome["end"], ended: CallEnd | null): void {
  const facts = { ...factsOf(source, run), state: end.to, code: end.errorCode };
  if (end.errorCode === null) log.info("Run {runId} of source {sourceId} has {state}", facts);
  else if (ended?.kind === "threw" && end.errorCode === "plugin_error") {
    log.error("Run {runId} met a fault of the plugin {plugin}: {error}", { ...facts, error: ended.error });
  } else log.warn("Run {runId} did not come to its end, attempt {attempts}: {code}", facts);
}

const factsOf = ({ uuid, plugin }: SourceRecord, { uuid: runId, kind, attempts }: ClaimedRun) => ({
  ...{ runId, sourceId: uuid, plugin, kind, attempts },
});

/** A plugin's number as it may be kept. */
const count = (told: number): number =>
  Number.isFinite(told) ? Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.round(told))) : 0;
