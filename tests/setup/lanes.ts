import { closeSync, openSync } from "node:fs";

/** One command of a lane. */
export interface Step {
  readonly title: string;
  readonly command: readonly string[];
  /** Over the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Steps that follow one another, beside the other lanes. */
export type Lane = readonly Step[];

/** How a step ended. */
export interface Outcome {
  readonly title: string;
  readonly isGood: boolean;
  readonly seconds: number;
}

/** What lanes share. */
export interface LaneOptions {
  /** Where output is kept back. */
  readonly folder: string;
  /** Gets what a step has printed, in one piece, with its title before and how it ended after. */
  readonly print: (text: string) => void;
  /** Ends what is running, and begins nothing more. */
  readonly signal: AbortSignal;
}

/**
 * Runs lanes beside one another, each to its end, whatever becomes of the others and of its own earlier steps.
 * @returns how each step ended, in the order of the lanes
 */
export async function runLanes(lanes: readonly Lane[], options: LaneOptions): Promise<readonly Outcome[]> {
  return (await Promise.all(lanes.map((lane) => runLane(lane, options)))).flat();
}

async function runLane(lane: Lane, { folder, print, signal }: LaneOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { title, command, env } of lane) {
    if (signal.aborted) break;
    const log = `${folder}/${crypto.randomUUID()}.log`;
    // One open file for both streams keeps their lines in the order in which they were written.
    const output = openSync(log, "a");
    const started = performance.now();
    const step = Bun.spawn([...command], {
      stdio: ["ignore", output, output],
      env: { ...process.env, ...env },
      signal,
    });
    const isGood = (await step.exited) === 0;
    closeSync(output);
    const outcome = { title, isGood, seconds: (performance.now() - started) / 1000 };
    outcomes.push(outcome);
    print(`\n== ${title}\n${await Bun.file(log).text()}${lineOf(outcome)}`);
  }
  return outcomes;
}

/** The line that tells how a step ended. */
export function lineOf({ title, isGood, seconds }: Outcome): string {
  return `== ${title}: ${isGood ? "ok" : "FAILED"} (${seconds.toFixed(1)} s)`;
}
