import { sigmoid } from "./log-odds.ts";
import { createRandom } from "./random.ts";
import { featureTable } from "./table.ts";
import type { TrainingSet } from "./train.ts";

const DEVICES = ["desktop", "phone", "tablet"];
const SOURCES = ["ad", "direct", "email", "organic", "social"];
const WORTH_OF_SOURCE = [0.3, 0.9, 1.4, 0, -1.2];
const FIRST_VISIT = Date.UTC(2026, 5, 1);
const MINUTE = 60_000;

/** Visits made up for examples: who stays longer, comes by e-mail, or looks at many pages without a phone, buys sooner. */
export function visitExamples(count: number, seed = 1): TrainingSet {
  const random = createRandom(seed);
  const pages = new Float64Array(count);
  const seconds = new Float64Array(count);
  const device = new Int32Array(count);
  const source = new Int32Array(count);
  const noise = new Float64Array(count);
  const labels = new Uint8Array(count);
  const times = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    pages[row] = 1 + Math.floor(-4 * Math.log(1 - random.next()));
    // One visit in ten was not timed, and such visits buy less.
    const isTimed = random.next() > 0.1;
    seconds[row] = isTimed ? Math.round(-120 * Math.log(1 - random.next())) : Number.NaN;
    device[row] = random.below(DEVICES.length);
    source[row] = random.below(SOURCES.length + 1) - 1;
    noise[row] = random.next();
    const isPhone = device[row] === 1;
    const logOdds =
      (isPhone ? 0 : Math.min(pages[row]!, 10) * 0.35) +
      (isTimed ? Math.log1p(seconds[row]!) * 0.4 : -1) +
      (WORTH_OF_SOURCE[source[row]!] ?? 0) -
      4;
    labels[row] = random.next() < sigmoid(logOdds) ? 1 : 0;
    times[row] = FIRST_VISIT + row * MINUTE;
  }
  const devices = { kind: "categorical" as const, name: "device", categories: DEVICES, codes: device };
  const table = featureTable([
    { kind: "numeric", name: "pages", values: pages },
    { kind: "numeric", name: "seconds", values: seconds },
    { kind: "numeric", name: "noise", values: noise },
    devices,
    { kind: "categorical", name: "source", categories: SOURCES, codes: source },
  ]);
  return { table, labels, times, groups: devices };
}
