import type { Params } from "../language.ts";
import type { FindingPhrase } from "./finding-phrases.ts";
import { isoText, offsetText } from "./iso-time.ts";
import { showValue } from "./show-value.ts";

const HOUR = 3600;
/** Up to here a fast clock is likelier than a forgotten offset; real offsets differ by a quarter of an hour at least. */
const FAST_CLOCK = 600;
const FARTHEST_OFFSET = 14 * HOUR;

/**
 * The params of `date_time_in_future`: how far ahead, and the likely reason. A Moscow time read as UTC lies up to three
 * hours ahead, so the hours, rounded up, are taken for what the offset lacks.
 *
 * @param instant Unix seconds as they were understood.
 * @param ahead seconds from now to then.
 * @param offset seconds east of UTC that were assumed or stated; null for Unix seconds.
 */
export function explainFutureTime(instant: number, ahead: number, offset: number | null, value: unknown): Params {
  const minutes = Math.ceil(ahead / 60);
  const params = { value: showValue(value), hours: Math.floor(minutes / 60), minutes: minutes % 60 };
  if (ahead <= FAST_CLOCK) return { ...params, mend: "future_clock" satisfies FindingPhrase };
  const missing = Math.ceil(ahead / HOUR) * HOUR;
  const likely = (offset ?? 0) + missing;
  if (likely > FARTHEST_OFFSET) return { ...params, mend: "future_date" satisfies FindingPhrase };
  if (offset === null) return { ...params, mend: "future_unix" satisfies FindingPhrase };
  const suggestion = isoText(instant + offset) + offsetText(likely);
  return { ...params, mend: "future_offset" satisfies FindingPhrase, offset: `UTC${offsetText(likely)}`, suggestion };
}
