import { type Params, render } from "../core/language.ts";
import { connect } from "./demo/client.ts";
import { NotAsExpectedError } from "./demo/expected.ts";
import { showHints } from "./demo/hints.ts";
import { createNarrator } from "./demo/narrator.ts";
import { type DemoOptions, DemoUsageError, readDemoOptions, usage } from "./demo/options.ts";
import { type PhraseName, phrases } from "./demo/phrases.ts";
import { type Rig, startRig } from "./demo/rig.ts";
import { tellStory } from "./demo/story.ts";
import { createTerminal, wantsColours } from "./demo/terminal.ts";
import { watchArrivals } from "./demo/watch-arrivals.ts";
import { explainFailure } from "./operator-errors.ts";
import { AddressUnusableError } from "./serve.ts";

/** The story takes about 20 s; what is not settled by then never will be. */
const DEADLINE_MS = 60_000;

/** Something was not settled in time. */
class NotSettledError extends Error {
  override readonly name = "NotSettledError";
}

/** The gateway and a simulated Metrika on this machine, and conversions on their way from one to the other. */
async function main(options: DemoOptions): Promise<number> {
  const stop = stopSignal();
  const rig = await startRig(process.env);
  const failure = await show(rig, options, stop).then(
    () => null,
    (error: unknown) => ({ error }),
  );
  await rig.stop();
  if (failure !== null && !stop.aborted) {
    console.error(`\n${explain(failure.error, options)}\n${sayIn(options, "see_log", { file: rig.logFile })}`);
    return 1;
  }
  await rig.discard();
  if (!stop.aborted) return 0;
  console.log(`\n${sayIn(options, "stopped")}`);
  return options.once ? 1 : 0;
}

/** Tells the story; then, unless it was asked for once, stays up until the signal. */
async function show(rig: Rig, { language, once }: DemoOptions, stop: AbortSignal): Promise<void> {
  const terminal = createTerminal({
    write: (text) => void process.stdout.write(text),
    columns: process.stdout.columns,
    colours: wantsColours(process.stdout.isTTY, process.env),
  });
  const now = Date.now;
  const narrator = createNarrator({ terminal, language, now });
  narrator.opening(rig);

  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const signal = AbortSignal.any([stop, deadline]);
  const story = tellStory({ rig, client: connect(rig.localUrl, language, signal), narrator, now, signal });
  const outcome = await story.catch((cause) => {
    throw deadline.aborted ? new NotSettledError("The deadline has passed", { cause }) : cause;
  });
  if (once) return;

  showHints(terminal, narrator, rig, outcome, now());
  await watchArrivals(connect(rig.localUrl, language, stop), narrator, outcome, stop);
}

/** Aborted when the demo is to end. */
function stopSignal(): AbortSignal {
  const stopper = new AbortController();
  // Never taken off: a terminal's Ctrl-C comes twice, from the terminal and from `bun run`, which passes it on.
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stopper.abort());
  // Nobody reads any more, as after `| head`.
  process.stdout.on("error", () => stopper.abort());
  return stopper.signal;
}

/** What a person has to know is a sentence; everything else keeps its stack. */
function explain(error: unknown, options: DemoOptions): string {
  if (error instanceof NotSettledError) return sayIn(options, "not_settled", { seconds: DEADLINE_MS / 1000 });
  if (error instanceof NotAsExpectedError) return sayIn(options, "not_as_expected", { what: error.message });
  if (error instanceof AddressUnusableError && error.isTaken) return sayIn(options, "port_taken", { port: error.port });
  return explainFailure(error);
}

const sayIn = ({ language }: DemoOptions, name: PhraseName, params?: Params) => render(phrases[name], language, params);

async function start(): Promise<number> {
  let options: DemoOptions;
  try {
    options = readDemoOptions(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof DemoUsageError)) throw error;
    console.error(error.message);
    return 2;
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  return main(options).catch((error) => {
    console.error(explain(error, options));
    return 1;
  });
}

process.exit(await start());
