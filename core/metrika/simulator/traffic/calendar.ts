/** The time of one zone. Instants are Unix seconds. */
export interface Calendar {
  /** `YYYY-MM-DD`. */
  dateOf(second: number): string;
  /** `YYYY-MM-DD HH:MM:SS`, as Metrika writes it. */
  timeOf(second: number): string;
  /** The second at which a day begins. */
  startOf(date: string): number;
}

const DAY = 86_400;
const TWO_DIGITS = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, "0"));

interface UtcDay {
  readonly offset: number;
  /** When the zone changes its clocks on this day, and the offset from then on. */
  readonly change: { readonly at: number; readonly offset: number } | null;
}

/**
 * A calendar that asks Temporal once for each day and reckons the rest itself: a million rows have a million times and a
 * few dozen days.
 *
 * @param timeZone a name of the tz database, or an offset such as `+03:00`.
 */
export function createCalendar(timeZone: string): Calendar {
  const utcDays = new Map<number, UtcDay>();
  const dates = new Map<number, string>();

  function offsetAt(second: number): number {
    const number = Math.floor(second / DAY);
    let day = utcDays.get(number);
    if (day === undefined) {
      day = utcDayOf(number, timeZone);
      utcDays.set(number, day);
    }
    return day.change !== null && second >= day.change.at ? day.change.offset : day.offset;
  }

  function dateOf(number: number): string {
    let date = dates.get(number);
    if (date === undefined) {
      date = new Date(number * DAY * 1000).toISOString().slice(0, 10);
      dates.set(number, date);
    }
    return date;
  }

  return {
    dateOf: (second) => dateOf(Math.floor((second + offsetAt(second)) / DAY)),
    timeOf(second) {
      const local = second + offsetAt(second);
      const number = Math.floor(local / DAY);
      const left = local - number * DAY;
      const hour = TWO_DIGITS[Math.floor(left / 3600)];
      return `${dateOf(number)} ${hour}:${TWO_DIGITS[Math.floor(left / 60) % 60]}:${TWO_DIGITS[left % 60]}`;
    },
    startOf: (date) => Temporal.PlainDate.from(date).toZonedDateTime(timeZone).epochMilliseconds / 1000,
  };
}

function utcDayOf(number: number, timeZone: string): UtcDay {
  const start = Temporal.Instant.fromEpochMilliseconds(number * DAY * 1000).toZonedDateTimeISO(timeZone);
  const next = start.getTimeZoneTransition("next");
  const isToday = next !== null && next.epochMilliseconds < (number + 1) * DAY * 1000;
  return {
    offset: start.offsetNanoseconds / 1e9,
    change: isToday ? { at: next.epochMilliseconds / 1000, offset: next.offsetNanoseconds / 1e9 } : null,
  };
}

/** A calendar day so many days later. */
export function addDays(date: string, days: number): string {
  return Temporal.PlainDate.from(date).add({ days }).toString();
}

/** How many days from the first date to the second, both included; 0 or less when they are in the wrong order. */
export function daysBetween(first: string, last: string): number {
  return Temporal.PlainDate.from(first).until(last, { largestUnit: "days" }).days + 1;
}
