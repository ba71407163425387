import { type BenchConversion, newConversions, toBody } from "./conversions.ts";
import type { Traffic } from "./measure.ts";

/** Rows that a sender hands over one after another: nine posts of one conversion, then one of a hundred. */
export const GROUP_ROWS = 109;
export const GROUP_BATCHES = 10;
/** Counters that have stored conversions. Each group is one counter's, in turns. */
export const COUNTERS = 100;
/** Within Metrika's 21 days: a repeat of an older one would be told a warning, which costs more than the repeat. */
const SPAN_SECONDS = 20 * 86_400;
/** A conversion is told up to so many seconds out of order. */
const DISORDER_SECONDS = 3600;
/** Below all new ones. */
const FIRST_CLIENT = 1_600_000_000_000_000;

/** Conversions told over the last twenty days. */
export interface Stored {
  readonly rows: number;
  readonly groups: number;
  readonly fromSecond: number;
}

/** At least so many conversions, in whole groups, as many for each counter. */
export function storedConversions(atLeast: number): Stored {
  const groups = Math.max(1, Math.ceil(atLeast / GROUP_ROWS / COUNTERS)) * COUNTERS;
  return { rows: groups * GROUP_ROWS, groups, fromSecond: Math.floor(Date.now() / 1000) - SPAN_SECONDS };
}

/** The conversion of a number from 0; {@link conversionsInSql} says the same. */
function storedConversion({ rows, fromSecond }: Stored, i: number): BenchConversion {
  const spread = Math.floor((i * (SPAN_SECONDS - DISORDER_SECONDS)) / rows);
  return {
    clientId: FIRST_CLIENT + i,
    dateTime: fromSecond + spread + ((i * 7919) % DISORDER_SECONDS),
    target: "purchase",
    price: 100 + (i % 900),
  };
}

/**
 * The conversions from number `?1` to before number `?2`: number `i`, group `g`, batch within the group `b`, Unix second `at`,
 * `client`, `price`.
 */
export function conversionsInSql({ rows, fromSecond }: Stored): string {
  return `(with recursive n(i) as (select ?1 union all select i + 1 from n where i + 1 < ?2)
    select i, i / ${GROUP_ROWS} as g, min(i % ${GROUP_ROWS}, ${GROUP_BATCHES - 1}) as b,
      ${fromSecond} + i * ${SPAN_SECONDS - DISORDER_SECONDS} / ${rows} + i * 7919 % ${DISORDER_SECONDS} as at,
      cast(${FIRST_CLIENT} + i as text) as client, cast(100 + i % 900 as text) as price from n)`;
}

/** Nine of ten conversions have been told before, anywhere among the stored ones, each by a webhook of its counter. */
export function stormOfRepeats(stored: Stored): Traffic {
  return (senders, rowsPerRequest) => {
    const fresh = newConversions();
    const below = (end: number) => Math.floor(Math.random() * end);
    let told = 0;
    let turn = 0;
    return () => {
      const counter = turn++ % COUNTERS;
      const rows = Array.from({ length: rowsPerRequest }, () => {
        if (told++ % 10 === 0) return fresh(1);
        const group = counter + COUNTERS * below(stored.groups / COUNTERS);
        return [storedConversion(stored, group * GROUP_ROWS + below(GROUP_ROWS))];
      });
      return { sender: senders[counter] ?? senders[0], body: toBody(rows.flat()) };
    };
  };
}
