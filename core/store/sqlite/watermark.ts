import type { Database } from "bun:sqlite";

/** The watermark of new rows: the last conversion that the planner has placed. */
export const PLANNED_UP_TO = "conversions_planned";

/** A position that only grows: up to which id something is done. */
export interface Watermark {
  /** The last id that is done; 0 at first. */
  value(): number;
  move(to: number): void;
}

/** A watermark by its name in the table of them. */
export function prepareWatermark(sqlite: Database, name: string): Watermark {
  const read = sqlite.prepare<{ value: number }, [string]>("select value from watermarks where name = ?");
  const write = sqlite.prepare(
    "insert into watermarks (name, value) values (?, ?) on conflict (name) do update set value = excluded.value where excluded.value > value",
  );
  return {
    value: () => read.get(name)?.value ?? 0,
    move: (to) => void write.run(name, to),
  };
}
