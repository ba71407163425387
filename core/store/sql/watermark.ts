import { statement, type Work } from "./work.ts";

/** The watermark of new rows: the last conversion that the planner has placed. Only SQLite keeps it, where ids rise with commits. */
export const PLANNED_UP_TO = "conversions_planned";

const read = statement<{ value: number }, [string]>("select value from watermarks where name = ?1");
const move = statement<never, [string, number]>(
  "insert into watermarks (name, value) values (?1, ?2) on conflict (name) do update set value = excluded.value where excluded.value > watermarks.value",
);

/** A position that only grows: the last id that is done; 0 at first. */
export function* readWatermark(name: string): Work<number> {
  return (yield* read.get(name))?.value ?? 0;
}

/** Moves a watermark up; it never goes back. */
export const moveWatermark = (name: string, to: number): Work<void> => move.send(name, to);
