import { Cron } from "croner";
import type { SourceRecord } from "../store/store.ts";

/** In place of a cron: nothing is done by the clock. */
export const SCHEDULE_OFF = "off";

/** Five fields and nothing else: croner also takes instants, seconds, names such as @daily, and "?" for the present. */
const FIVE_FIELDS = /^[\w*,/#-]+(?: [\w*,/#-]+){4}$/;
const SPREAD_SECONDS = 3600;
const OFFSET = /^([+-])(\d{2}):?(\d{2})$/;

/** Whether a text is a cron of five fields that ever comes about: not "0 0 30 2 *". */
export function isCron(text: string): boolean {
  try {
    return FIVE_FIELDS.test(text) && clockwork(text, "UTC").nextRun(new Date(0)) !== null;
  } catch {
    return false;
  }
}

/**
 * When a source is due next, in Unix milliseconds; null: never. The plugin's default is kept apart for each source by as much as
 * an hour, always the same for one source, so that a thousand of them do not ask one CRM at once; a cron that a person chose is
 * kept to the minute.
 * @param defaultCron the plugin's; null: it does nothing by the clock
 * @param after Unix milliseconds
 */
export function nextRunAt(
  { uuid, schedule, timeZone, isActive }: Pick<SourceRecord, "uuid" | "schedule" | "timeZone" | "isActive">,
  defaultCron: string | null,
  after: number,
): number | null {
  if (defaultCron === null || !isActive || schedule === SCHEDULE_OFF) return null;
  const late = schedule === null ? spreadOf(uuid) : 0;
  const next = clockwork(schedule ?? defaultCron, timeZone).nextRun(new Date(after - late));
  return next === null ? null : next.getTime() + late;
}

/** Milliseconds within an hour that belong to a source. */
const spreadOf = (uuid: string): number => Number(Bun.hash(uuid) % BigInt(SPREAD_SECONDS)) * 1000;

function clockwork(cron: string, zone: string): Cron {
  const [, sign, hours, minutes] = OFFSET.exec(zone) ?? [];
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === "-" ? -1 : 1);
  // An offset of nought is none to croner, which would then take the machine's own zone.
  const at = sign === undefined ? { timezone: zone } : offset === 0 ? { timezone: "UTC" } : { utcOffset: offset };
  return new Cron(cron, { mode: "5-part", ...at });
}
