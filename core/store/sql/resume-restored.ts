import { statement, type Work } from "./work.ts";

/**
 * Ids that are left out after a restore: more than the gateway that was lost can have given out since the backup. The public
 * ids of batches and conversions are derived from them, so that one the senders hold from then is unknown, not another's.
 */
export const LEFT_OUT_IDS = 100_000_000_000;

const IS_UNCLEAR = `(state in ('planned', 'sending', 'uncertain') or (state = 'filling' and uncertain_policy = 'hold' and rows > 0))`;

const noteRestore = statement<never, [now: number]>(
  `insert into upload_attempts (upload_id, kind, started_at, ended_at, outcome)
   select id, 'decision', cast(?1 as bigint), cast(?1 as bigint), 'restored' from uploads where ${IS_UNCLEAR}`,
);
const lookUp = statement<never, [now: number]>(
  `update uploads set state = 'uncertain', sealed_at = coalesce(sealed_at, cast(?1 as bigint)), request_ended_at = cast(?1 as bigint),
     complete_lists = 0, next_attempt_at = cast(?1 as bigint), claim = null, lease_until = null, error_code = null, error_text = null,
     updated_at = cast(?1 as bigint), version = version + 1 where ${IS_UNCLEAR}`,
);
const filling = statement<{ readonly id: number }>("select id from uploads where state = 'filling'");
const rename = statement<never, [id: number, uuid: string, now: number]>(
  "update uploads set uuid = cast(?2 as text), updated_at = cast(?3 as bigint), version = version + 1 where id = cast(?1 as bigint)",
);

/** What was done about the files of a restored copy. */
export interface ResumedFiles {
  /** Files that are looked up at Metrika before anything of them is sent. */
  readonly lookedUp: number;
  /** Files that go on filling, under new ids. */
  readonly renamed: number;
}

/**
 * Whatever the gateway that a copy was made from may have sent since is looked up before it is sent:
 *
 * - `planned`, `sending` and `uncertain` files keep their rows and their comment, so Metrika's list tells: they become
 *   `uncertain`, and the waiting for the list begins anew at `now`, since the last request may be as young as that.
 * - A `filling` file may have grown before the lost gateway sent it, so a file with its comment would prove nothing of what
 *   fills ours from now on, and rows would be lost if we took it for ours. It goes on under a new id, hence a new comment;
 *   rows that it shares with the other one have the same seconds, which Metrika overwrites rather than counts.
 * - Whose policy is `hold` does not rely on that: there it is closed as it is and looked up as well, and a person decides if
 *   it is not found.
 * @param now Unix milliseconds
 */
export function* resumeFiles(now: number): Work<ResumedFiles> {
  yield* noteRestore.run(now);
  const lookedUp = yield* lookUp.run(now);
  const files = yield* filling.all();
  for (const { id } of files) yield* rename.run(id, Bun.randomUUIDv7("hex", now), now);
  return { lookedUp, renamed: files.length };
}
