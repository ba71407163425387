import { quoteValue } from "../../core/language.ts";
import type { SourcePlugin } from "../../core/plugin/contract.ts";
import type { ProblemError } from "../../core/plugin/problem.ts";
import type { SenderVerifier } from "../../core/plugin/verifiers/verifier.ts";
import type { ByPath, ConfigFields } from "../../core/sources/config-paths.ts";
import type { UnseenCounter } from "../../core/sources/counter-access.ts";
import type { ListedPlugin } from "../../core/sources/plugin-catalogue.ts";
import { revisedConfig } from "../../core/sources/revise-config.ts";
import { isCron, SCHEDULE_OFF } from "../../core/sources/schedule.ts";
import type { SourceSecret } from "../../core/sources/source-secret.ts";
import { judgeConfig } from "../http/config-faults.ts";
import { type FieldFault, fieldFault, invalidFields } from "../http/field-faults.ts";
import { sourceChecks } from "./source-fields.ts";

/** A config is stored and read whole with its source; a large list belongs into the CRM. */
const MOST_CONFIG_BYTES = 256 * 1024;
/** A shorter one could be guessed; the longest of a known sender has 64. */
const SHORTEST_SECRET = 16;
const LONGEST_SECRET = 512;

const fault = (field: string, code: keyof typeof sourceChecks, params: FieldFault["params"] = {}): FieldFault => ({
  ...{ field, code, sentence: sourceChecks[code], params },
});

/** A config that fits: as its owner means it, and as its plugin reads it. */
export interface GivenConfig {
  readonly whole: ConfigFields;
  readonly config: unknown;
}

/**
 * The config that a body gives.
 * @param secrets those that the source has so far; none of a new one
 * @throws {ProblemError} `invalid_field` with every fault, by paths that begin with "config"
 */
export function readConfig(listed: ListedPlugin, given: ConfigFields, secrets: ByPath): GivenConfig {
  const bytes = Buffer.byteLength(JSON.stringify(given));
  if (bytes > MOST_CONFIG_BYTES)
    throw invalidFields([fieldFault("config", "too_long", { limit: MOST_CONFIG_BYTES, received: bytes })]);
  const judged = revisedConfig(given, secrets, listed.secrets).map((whole) => ({
    whole,
    ...judgeConfig(listed, whole),
  }));
  const fitting = judged.find((one) => one.ok);
  if (fitting?.ok) return fitting;
  throw invalidFields(judged.flatMap((one, i) => (i === 0 && !one.ok ? one.faults : [])));
}

/**
 * The secret that a source is to have for its senders.
 * @param given the sender's own; undefined where the body has none
 * @returns `isOurs`: whether it must be shown, since nobody else knows it; null where there is none, or none yet
 * @throws {ProblemError} `invalid_field`
 */
export function chooseSecret(
  { name }: SourcePlugin,
  verifier: SenderVerifier | null,
  given: string | undefined,
): { readonly secret: SourceSecret; readonly isOurs: boolean } | null {
  const refuse = (code: keyof typeof sourceChecks, params: FieldFault["params"] = {}) =>
    invalidFields([fault("secret", code, { plugin: name, ...params })]);
  if (verifier === null || verifier.secretFrom === "gateway") {
    if (given !== undefined) throw refuse("secret_not_taken");
  }
  if (verifier === null) return null;
  const { keeps } = verifier;
  if (given === undefined)
    return verifier.secretFrom === "sender" ? null : { secret: { keeps, value: verifier.newSecret() }, isOurs: true };
  if (given.length < SHORTEST_SECRET || given.length > LONGEST_SECRET || !/^[\x21-\x7e]+$/.test(given))
    throw refuse("secret_format", { shortest: SHORTEST_SECRET, longest: LONGEST_SECRET });
  const unfit = (verifier.reads === "body" && verifier.faultOf?.(given)) || null;
  if (unfit !== null) throw refuse("secret_unfit", { fault: unfit });
  return { secret: { keeps, value: given }, isOurs: false };
}

/** The refusal of a rotation for a sender that makes its own secret. */
export const secretOfSender = ({ name }: SourcePlugin): ProblemError =>
  invalidFields([fault("secret", "secret_of_sender", { plugin: name })]);

/**
 * Judges a schedule.
 * @throws {ProblemError} `invalid_field`
 */
export function requireSchedule({ name, schedule }: SourcePlugin, given: string | null | undefined): void {
  if (given === undefined || given === null) return;
  if (schedule === undefined) throw invalidFields([fault("schedule", "schedule_unused", { plugin: name })]);
  if (given === SCHEDULE_OFF || isCron(given)) return;
  throw invalidFields([fault("schedule", "cron_format", { received: quoteValue(given) })]);
}

/** The further counters of a source, each once and without its own. */
export const furtherCounters = (given: readonly number[], own: number): readonly number[] =>
  [...new Set(given)].filter((counterId) => counterId !== own);

/** The refusal of counters that the access does not see; their places are those in the body. */
export const countersUnseen = (unseen: readonly UnseenCounter[], given: readonly number[]): ProblemError =>
  invalidFields(
    unseen.map(({ counterId, text }) =>
      fault(`counters.${Math.max(0, given.indexOf(counterId))}`, "counter_unseen", { received: counterId, text }),
    ),
  );

/** The refusal of a plugin that a new source names. */
export const pluginUnknown = (name: string): ProblemError =>
  invalidFields([fault("plugin", "plugin_unknown", { received: quoteValue(name) })]);
