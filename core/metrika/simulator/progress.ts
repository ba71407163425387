import type { SimulatorSettings } from "./settings.ts";
import type { Uploading } from "./uploading.ts";

/** A status and when it begins, counted from the upload. */
export interface StatusStep {
  readonly status: string;
  readonly afterMs: number;
}

// https://yandex.com/dev/metrika/en/management/openapi/offline_conversions/upload_1 names the statuses; their shares of
// the time are our guess.
const WALK = [
  { status: "PREPARED", share: 0 },
  { status: "UPLOADED", share: 0.1 },
  { status: "EXPORTED", share: 0.5 },
  { status: "MATCHED", share: 0.75 },
  { status: "PROCESSED", share: 1 },
] as const;

/** The walk of an uploading: its own script, else the settings' script, else the documented statuses. */
export function stepsOf(
  uploading: Pick<Uploading, "statusScript">,
  settings: SimulatorSettings,
): readonly StatusStep[] {
  const script = uploading.statusScript ?? settings.statusScript;
  if (script !== null) return script;
  const walk = settings.firstStatus === "PREPARED" ? WALK : WALK.slice(1);
  return walk.map(({ status, share }, index) => ({ status, afterMs: index === 0 ? 0 : share * settings.processingMs }));
}

/** The step an uploading has reached at `now` (milliseconds since 1970, UTC). */
export function stepAt(
  uploading: Pick<Uploading, "statusScript" | "createdAt">,
  now: number,
  settings: SimulatorSettings,
): StatusStep {
  const steps = stepsOf(uploading, settings);
  const reached = steps.filter((step) => uploading.createdAt + step.afterMs <= now);
  return reached.at(-1) ?? { status: settings.firstStatus, afterMs: 0 };
}
