import { getLogger } from "@logtape/logtape";
import type { Receipt } from "../../intake/receipt.ts";
import type { SourcePlugin } from "../../plugin/contract.ts";
import type { ClaimedRawIntake, SourceRecord } from "../../store/store.ts";
import { type CallEnd, type CallingDeps, callWithinLimits } from "../calls/limited-call.ts";
import type { OpenConfig } from "../open-config.ts";
import type { PluginCatalogue } from "../plugin-catalogue.ts";
import { type BodyReader, openContent, toRawIntake } from "./content.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { noteFailure } from "./rest.ts";
import type { RawIntakeRules } from "./rules.ts";

const log = getLogger(["metrika-gateway", "raw-intakes"]);

/** What handling a raw intake works with. */
export interface HandlingDeps extends CallingDeps {
  readonly catalogue: Pick<PluginCatalogue, "find">;
  readonly openConfig: OpenConfig;
  readonly read: BodyReader;
  readonly rules: RawIntakeRules;
  /** In [0, 1). */
  readonly random: () => number;
}

/**
 * Lets the plugin of a raw intake handle it, and writes down what became of it. Whatever the plugin does, this ends within its time
 * limit and harms no other source.
 * @param stopping aborted when the gateway stops and has waited long enough: then the claim is given back
 * @throws {Error} when the database fails; the claim runs out by itself then
 */
export async function handleRawIntake(
  deps: HandlingDeps,
  intake: ClaimedRawIntake,
  stopping: AbortSignal,
): Promise<void> {
  const { store, rules } = deps;
  const source = await store.sources.get(intake.sourceId);
  if (source === null) throw new Error(`The source of raw intake ${intake.uuid} is gone.`);
  const opened = deps.openConfig(source);
  if (!opened.ok) return keepForLater(deps, intake, opened);
  const plugin = deps.catalogue.find(source.plugin)?.plugin;
  if (!plugin) throw new Error(`The plugin ${source.plugin} was there a moment ago.`);

  const call = await callPlugin(deps, { plugin, source, config: opened.config, intake, stopping });
  if (call === null) return store.rawIntakes.giveBack(intake.id, intake.claim);
  const now = deps.now();
  const { installation } = store;
  const judging = { intake, plugin: `${plugin.name} ${plugin.version}`, installation: installation.uuid };
  const outcome = outcomeOf(call.ended, { ...judging, receipts: call.receipts, rules, now, random: deps.random() });
  tell(source, intake, call.ended, outcome);
  // Before the claim ends: whoever claims next must find the source at rest.
  await noteHealth(deps, source, intake, outcome, now);
  const { id, claim } = intake;
  const isOurs = await store.rawIntakes.end({ id, claim, ...outcome.end, now });
  if (!isOurs) log.warn("Raw intake {intakeId} was taken over by another gateway", { intakeId: intake.uuid });
}

async function keepForLater(
  { store, rules, now }: HandlingDeps,
  { id, claim, failures, uuid, sourceId }: ClaimedRawIntake,
  { code, reason }: Extract<ReturnType<OpenConfig>, { ok: false }>,
): Promise<void> {
  log.warn("Raw intake {intakeId} is kept until its source can be used: {code}", { intakeId: uuid, sourceId, code });
  const told = { nextAttemptAt: null, failures, errorCode: code, error: reason, leftovers: [], batches: [] };
  const at = now();
  await store.rawIntakes.end({ id, claim, to: "kept", ...told, expiresAt: at + rules.keptForPeopleMs, now: at });
}

interface Call {
  readonly plugin: SourcePlugin;
  readonly source: SourceRecord;
  readonly config: unknown;
  readonly intake: ClaimedRawIntake;
  readonly stopping: AbortSignal;
}

/** Null when the gateway stopped before the plugin was done. */
async function callPlugin(deps: HandlingDeps, { plugin, source, config, intake, stopping }: Call) {
  const { timeLimitMs, mostFacts } = deps.rules;
  const receipts: Receipt[] = [];
  // A replay asks anew, since it may revive what Metrika never took.
  const key = `raw-intake:${intake.uuid}:${intake.replays}`;
  const watching = { key, mostFacts, took: (receipt: Receipt) => void receipts.push(receipt) };
  const ended = await callWithinLimits(deps, { source, config, timeLimitMs, stopping, watching }, async (context) => {
    const request = toRawIntake(intake, openContent(deps.vault, intake.uuid, intake.sealed), deps.read);
    if (!plugin.handle) throw new Error(`The plugin ${plugin.name} takes raw intakes and has no handle().`);
    return plugin.handle(context, request);
  });
  return ended && { ended, receipts };
}

async function noteHealth(
  { store, rules }: HandlingDeps,
  source: SourceRecord,
  intake: ClaimedRawIntake,
  { source: tells, end }: Outcome,
  now: number,
): Promise<void> {
  if (tells === "works") await store.sourceHealth.recordSuccess(source.id, now);
  const { errorCode: code, error: reason } = end;
  if (tells !== "failed" || code === null || reason === null) return;
  const resting = await noteFailure(store.sourceHealth, rules, { of: intake, code, reason, now });
  if (resting === null) return;
  const facts = { sourceId: source.uuid, plugin: source.plugin, failures: resting.failures, code };
  log.warn("Source {sourceId} rests after {failures} failures in a row: {code}", facts);
}

function tell(source: SourceRecord, intake: ClaimedRawIntake, ended: CallEnd, { end }: Outcome): void {
  const { uuid: intakeId, attempts } = intake;
  const facts = {
    intakeId,
    sourceId: source.uuid,
    plugin: source.plugin,
    state: end.to,
    code: end.errorCode,
    attempts,
  };
  if (end.errorCode === null) log.debug("Raw intake {intakeId} is {state}", facts);
  else if (ended.kind === "threw" && end.errorCode === "plugin_error") {
    log.error("Raw intake {intakeId} met a fault of the plugin {plugin}: {error}", { ...facts, error: ended.error });
  } else log.warn("Raw intake {intakeId} was not handled, attempt {attempts}: {code}", facts);
}
