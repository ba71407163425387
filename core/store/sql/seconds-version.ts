import { statement, type Work } from "./work.ts";

const bump = statement(
  "insert into watermarks (name, value) values ('seconds', 1) on conflict (name) do update set value = watermarks.value + 1",
);
const read = statement<{ value: number }>("select value from watermarks where name = 'seconds'");

/**
 * Says that rows have left their files, and hold the seconds that they had there no longer. To be called in the transaction in
 * which they leave: who plans may be another process, and remembers which seconds are taken.
 */
export const bumpSecondsVersion = (): Work<void> => bump.send();

/**
 * What the planner remembers of taken seconds is true as long as this stays the same. To be read in the transaction that places
 * rows, before the first second is asked for.
 */
export function* readSecondsVersion(): Work<number> {
  return (yield* read.get())?.value ?? 0;
}
