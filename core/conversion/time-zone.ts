/** Kept clocks; a source has one zone and the world about 450, so this is reached only by nonsense. */
const MOST_CLOCKS = 512;
const clocks = new Map<string, LocalClock>();

const OFFSET_ZONE = /^[+-]\d{2}:?\d{2}$/;
const NAMED_ZONE = /^[A-Za-z][A-Za-z0-9_+/-]*$/;

/** A stretch of local time, in seconds, `to` exclusive, in which one offset leads to one instant. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  /** Seconds to take off the local time; null in a gap, which no clock of the zone shows. */
  readonly offset: number | null;
}

const DAY = 86_400;

/** Whether a text names a time zone: an IANA name ("Europe/Moscow") or a fixed offset ("+03:00"). */
export function isTimeZone(zone: string): boolean {
  if (!OFFSET_ZONE.test(zone) && !NAMED_ZONE.test(zone)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return true;
  } catch {
    return false;
  }
}

/**
 * The clock of a zone, kept between calls.
 *
 * @throws RangeError when the text is not a time zone, see {@link isTimeZone}.
 */
export function clockOf(zone: string): LocalClock {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  if (!isTimeZone(zone)) throw new RangeError(`Not a time zone: ${zone}`);
  const [oldest] = clocks.keys();
  if (clocks.size >= MOST_CLOCKS && oldest !== undefined) clocks.delete(oldest);
  const clock = new LocalClock(zone);
  clocks.set(zone, clock);
  return clock;
}

/**
 * Turns the local time of one zone into UTC. A zone changes its offset a few times a year at most, so each stretch between
 * two changes is asked of Temporal once, and the ordinary conversion is a comparison and a subtraction.
 */
export class LocalClock {
  readonly #zone: string;
  readonly #stretches: Stretch[] = [];
  #last: Stretch = { from: 0, to: 0, offset: null };

  constructor(zone: string) {
    this.#zone = zone;
  }

  /**
   * The seconds to take off a local time to reach UTC; the time in seconds since 1970-01-01T00:00 on the zone's clock. Of
   * the two instants of a time that the clocks show twice it leads to the earlier; null for a time that the clocks skip.
   */
  offsetFor(local: number): number | null {
    if (local < this.#last.from || local >= this.#last.to) {
      this.#last = this.#stretches.find(({ from, to }) => local >= from && local < to) ?? this.#explore(local);
    }
    return this.#last.offset;
  }

  /** The offset from UTC that holds at an instant, both in seconds. */
  offsetAt(utc: number): number {
    return offsetOf(this.#at(utc));
  }

  #explore(local: number): Stretch {
    // No offset reaches a day, so the stretch of that earlier instant is the wanted one or lies before it.
    let found = this.#stretchAt(local - DAY);
    while (local >= found.to) {
      const next = this.#stretchAt(found.end);
      found = local < next.from ? { from: found.to, to: next.from, offset: null, end: next.end } : next;
    }
    this.#stretches.push(found);
    return found;
  }

  #stretchAt(utc: number): Stretch & { readonly end: number } {
    const moment = this.#at(utc);
    const offset = offsetOf(moment);
    const begin = this.#at(utc + 1).getTimeZoneTransition("previous"); // strictly before its moment, hence the second more
    const end = moment.getTimeZoneTransition("next");
    // What the clocks show twice after they are put back belongs to the stretch before: the earlier instant.
    const before = begin === null ? offset : offsetOf(begin.subtract({ seconds: 1 }));
    return {
      from: begin === null ? Number.NEGATIVE_INFINITY : secondsOf(begin) + Math.max(before, offset),
      to: end === null ? Number.POSITIVE_INFINITY : secondsOf(end) + offset,
      offset,
      end: end === null ? Number.POSITIVE_INFINITY : secondsOf(end),
    };
  }

  #at(utc: number): Temporal.ZonedDateTime {
    return Temporal.Instant.fromEpochMilliseconds(utc * 1000).toZonedDateTimeISO(this.#zone);
  }
}

function secondsOf(moment: Temporal.ZonedDateTime): number {
  return moment.epochMilliseconds / 1000;
}

function offsetOf(moment: Temporal.ZonedDateTime): number {
  return moment.offsetNanoseconds / 1e9;
}
